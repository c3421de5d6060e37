package store

import (
	"context"
	"errors"
	"io/fs"
	"slices"
)

// Column is a column of a table in the schema.
type Column struct {
	Table, Name, Type string
	PrimaryKey        int // position in the primary key, from 1; 0 for other columns
}

// Schema returns the columns of all tables of a SQLite store.
func (s *Store) Schema(ctx context.Context) (columns []Column, err error) {
	rows, err := s.write.QueryContext(ctx, `SELECT t.name, c.name, c.type, c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'goose_%'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Table, &c.Name, &c.Type, &c.PrimaryKey); err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, rows.Err()
}

// Known returns the entry of a table in allTables: its key, and the columns with bytes.
func Known(name string) (key, bytes []string, ok bool) {
	i := slices.IndexFunc(allTables, func(t table) bool { return t.name == name })
	if i < 0 {
		return nil, nil, false
	}
	return allTables[i].key, slices.Concat(allTables[i].sealed, allTables[i].plain), true
}

// UndecidedTables returns the tables with transient rows whose declaration does not say what a restore does with them.
func UndecidedTables() (names []string) {
	for _, tb := range allTables {
		if tb.role == roleTransient && tb.restoring == restoreByRole {
			names = append(names, tb.name)
		}
	}
	return names
}

// MigrateTo migrates an empty database to a version of the schema.
func MigrateTo(ctx context.Context, url string, version int64) (err error) {
	d := dialectOf(url)
	read, write, err := d.open(Config{URL: url})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, read.Close(), write.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := newMigrator(ctx, d, write, files, goMigrations()...)
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// RunningTables returns the names of the tables that are in no backup.
func RunningTables() []string { return runningTables[:] }

// Tables returns the names of the tables of pools and of accounts.
func Tables() []string {
	var names []string
	for _, tb := range slices.Concat(poolTables, accountTables) {
		names = append(names, tb.name)
	}
	return names
}

// NotInTrash returns the names of the tables of pools whose rows do not go to the trash.
func NotInTrash() []string {
	var names []string
	for _, tb := range poolTables {
		if !tb.inTrash {
			names = append(names, tb.name)
		}
	}
	return names
}

// Unsealed returns the unsealed columns of a row of a table, without those that are empty.
func (s *Store) Unsealed(name string, columns []string, values []any) (map[string][]byte, error) {
	tables := slices.Concat(poolTables, accountTables)
	tb := &tables[slices.IndexFunc(tables, func(t table) bool { return t.name == name })]
	r, open := row{columns, values}, make(map[string][]byte)
	for _, column := range tb.sealed {
		sealed, _ := (*r.at(column)).([]byte)
		plain, err := s.unsealOptional(sealed, r.aad(tb, column))
		if err != nil {
			return nil, err
		}
		if plain != nil {
			open[column] = plain
		}
	}
	return open, nil
}

// Documents returns an empty document of each kind.
func Documents() []any {
	return []any{
		new(userPoolDocument), new(identityProviderDocument), new(providerDetailsDocument), new(appClientDocument), new(userDocument), new(passwordDocument), new(softwareTokensDocument),
		new(credentialDocument), new(credentialKeyDocument), new(deviceVerifierDocument), new(customSignInDocument),
		new(resourceServerDocument), new(clientSecretsDocument),
		new(domainDocument), new(uiCustomizationDocument), new(termsDocument), new(authEventDocument), new(loginStyleDocument),
	}
}

// Decode fills one of Documents from stored text.
func Decode(text string, into any) error { return decode("test", text, into.(document)) }
