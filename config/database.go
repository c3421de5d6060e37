package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PoolerTransaction is the value of DatabasePooler for poolers such as PgBouncer with pool_mode=transaction.
const PoolerTransaction = "transaction"

// The least and the greatest DatabaseConnections.
const (
	minDatabaseConnections = 2
	maxDatabaseConnections = 1000
)

func (c *Config) checkDatabase(p *Problems) {
	if c.DatabaseConnections < minDatabaseConnections || c.DatabaseConnections > maxDatabaseConnections {
		p.add("database_connections: %d is not between %d and %d", c.DatabaseConnections, minDatabaseConnections, maxDatabaseConnections)
	}
	switch {
	case c.DatabasePooler == "":
	case c.DatabasePooler != PoolerTransaction:
		p.add("database_pooler: %q is not %s; leave it out without a pooler, or with one that keeps a connection for a whole session",
			c.DatabasePooler, PoolerTransaction)
	case c.DatabaseURL == "":
		p.add("database_pooler: has no effect without database_url")
	}
	if c.DatabaseURL == "" {
		return
	}
	if c.Data != "" {
		p.add("data, database_url: set only one of them")
	}
	if err := checkPostgres(string(c.DatabaseURL)); err != nil {
		p.add("database_url: %v", err)
	}
}

var errNotPostgres = errors.New("not a URL such as postgres://user@host/database")

// checkPostgres returns an error that does not quote the text, because it may contain a password.
func checkPostgres(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errNotPostgres
	}
	_, err = pgx.ParseConfig(text)
	if err == nil {
		return nil
	}
	_, reason, quotes := strings.Cut(err.Error(), "`: ") // behind the text
	if !quotes {
		return errNotPostgres
	}
	return errors.New(reason)
}

// withoutPreparedStatements returns the URL of a database with which the driver sends each statement as a whole, because the next one may
// reach another session of the database.
func withoutPreparedStatements(text string) string {
	u, err := url.Parse(text)
	if err != nil { // checkDatabase has reported it
		return text
	}
	query := u.Query()
	query.Set("default_query_exec_mode", "exec")
	u.RawQuery = query.Encode()
	return u.String()
}

// DatabaseOf returns the settings of the database of a server: Data or DatabaseURL, with the default of Serve, and Migrate. It uses no
// other settings, checks no others, and reads no file but the settings file. Errors: Problems.
func DatabaseOf(s Source) (*Config, error) {
	c, unread, err := s.databaseSettings()
	if err != nil {
		return nil, err
	}
	var p Problems
	c.checkDatabase(&p)
	c.checkMigrate(&p)
	if unread != nil {
		p = slices.Concat(unread, s.certain(p))
	}
	if len(p) > 0 {
		return nil, p
	}
	c.derive()
	return c, nil
}

// SealedDatabaseOf is DatabaseOf with the master keys, which unseal the secrets in the database. Errors: as Load in Serve.
func SealedDatabaseOf(s Source) (*Config, error) {
	c, unread, err := s.databaseSettings()
	if err != nil {
		return nil, err
	}
	var p Problems
	c.checkDatabase(&p)
	c.checkMigrate(&p)
	c.checkMasterKey(&p)
	c.derive()
	exposed := readable(c.secretFiles())
	p = append(append(p, c.readSecrets()...), exposed...)
	if unread != nil {
		p = slices.Concat(unread, s.certain(p))
	}
	switch {
	case len(exposed) > 0:
		return c, &Readable{p}
	case len(p) > 0:
		return c, p
	default:
		return c, nil
	}
}

// databaseSettings returns the settings of the database and of its master keys, unchecked, and no others. unread says why the settings file
// cannot be read.
func (s Source) databaseSettings() (c *Config, unread Problems, err error) {
	s.Mode = Serve
	fromFile, unread := s.readFile()
	k, err := s.layers(fromFile)
	if err != nil {
		return nil, nil, err
	}
	return &Config{
		Mode: Serve, Data: k.String("data"), DatabaseURL: Secret(k.String("database_url")),
		DatabaseConnections: k.Int("database_connections"), DatabasePooler: k.String("database_pooler"),
		Migrate:       k.String("migrate"),
		MasterKeyFile: k.String("master_key_file"), MasterKey: Secret(k.String("master_key")),
		OldMasterKeysFile: k.String("old_master_keys_file"),
	}, unread, nil
}

// AccountOf returns the setting account, unchecked.
func AccountOf(s Source) string {
	s.Mode = Serve
	fromFile, _ := s.readFile() // the function that reads the other settings reports it
	k, err := s.layers(fromFile)
	if err != nil {
		return ""
	}
	return k.String("account")
}
