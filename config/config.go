// Package config reads the settings of a server into one struct (defaults, then a YAML file, then the environment, then
// flags) and checks them. A setting is called the same everywhere: public_url in the file, COGNATE_PUBLIC_URL in the
// environment, --public-url as a flag.
//
// It opens no database and listens on nothing; of the files that settings name it reads those that hold secrets.
package config

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"
)

// Mode is the command that settings are for.
type Mode string

// The modes. A setting that has no effect in a mode is refused there.
const (
	Dev   Mode = "dev"
	Serve Mode = "serve"
)

// Config is every setting of a server. A field without a comment on its default defaults to its zero value.
type Config struct {
	// Mode is set by Load.
	Mode Mode `koanf:"-"`

	// Listen is the TCP address to listen on, as host:port. Port 0 takes a free one. Default 127.0.0.1:8229.
	Listen string `koanf:"listen"`
	// Expose lets `cognate dev`, which takes any access key, listen beyond loopback. In Dev only.
	Expose bool `koanf:"expose"`
	// PublicURL is where clients reach the server, as http(s)://host[:port][/path] without a slash at the end: tokens
	// name it as their issuer. Empty means the address listened on; required in Serve when that is every address.
	PublicURL string `koanf:"public_url"`
	// TLSCert and TLSKey are files with a certificate chain and its private key, in PEM; both or neither. With them the
	// server speaks HTTPS, and only that.
	TLSCert string `koanf:"tls_cert"`
	TLSKey  string `koanf:"tls_key"`

	// Data is the folder of the SQLite database; it is made when it isn't there. Empty keeps the data in memory in Dev
	// and means ./cognate-data in Serve, unless DatabaseURL is set; both can't be.
	Data string `koanf:"data"`
	// DatabaseURL is the postgres:// URL of a database. Keep the password out of flags, which any process can read: it
	// can be in the file, in the environment, or in PostgreSQL's own password file (PGPASSFILE).
	DatabaseURL Secret `koanf:"database_url"`

	// MasterKeyFile holds the master key, which unseals the secrets in the database. Required in Serve, and with
	// DatabaseURL, unless MasterKey is set; with Data in Dev it defaults to a file in there, made at the first start.
	MasterKeyFile string `koanf:"master_key_file"`
	// MasterKey is the master key itself. In the environment only, and not together with MasterKeyFile. Load sets it
	// from MasterKeyFile.
	MasterKey Secret `koanf:"master_key"`
	// OldMasterKeysFile holds the master keys that came before, one a line, while a key is being replaced.
	OldMasterKeysFile string `koanf:"old_master_keys_file"`
	// OldMasterKeys is what OldMasterKeysFile holds. Set by Load.
	OldMasterKeys []Secret `koanf:"-"`

	// Account owns what Dev creates, and the access keys of Serve that name no account: 12 digits. Default 000000000000.
	Account string `koanf:"account"`
	// Seed is a YAML file with the pools, clients and users that Dev begins with (docs/testing.md). In Dev only.
	Seed string `koanf:"seed"`
	// Region is where Dev creates user pools for requests that name no region. Default us-east-1. In Dev only: in Serve
	// every administrator's request is signed for a region.
	Region string `koanf:"region"`
	// AccessKeys may sign requests of administrators. Required in Serve; in Serve and in the file only.
	AccessKeys []AccessKey `koanf:"access_keys"`

	// LambdaEndpoint is where the functions of triggers are invoked by the API of AWS Lambda, as http(s)://host[:port]; http
	// in Serve for this machine only. Empty: functions that Functions doesn't name can't be invoked. The credentials are
	// those of the AWS SDK's default chain.
	LambdaEndpoint string `koanf:"lambda_endpoint"`
	// Functions says where functions are that are not at LambdaEndpoint. In the file only.
	Functions []Function `koanf:"functions"`
	// CodeKeys are the keys under which codes go to the functions of custom senders. In the file only.
	CodeKeys []CodeKey `koanf:"code_keys"`

	// LogFormat is text or json. Default text in Dev, json in Serve.
	LogFormat string `koanf:"log_format"`
	// LogLevel is the least level that is logged: debug, info, warn or error. Default info.
	LogLevel slog.Level `koanf:"log_level"`
	// Drain is how long the server goes on answering after SIGTERM, while /readyz says that it isn't ready, so that a
	// load balancer can turn away from it. At most 5 minutes.
	Drain time.Duration `koanf:"drain"`

	// Sending says how messages leave the server.
	Sending `koanf:",squash"`
}

// AccessKey is a key that signs requests of administrators (AWS Signature Version 4).
type AccessKey struct {
	// ID is the public part: 3 to 128 letters, digits and underscores.
	ID string `koanf:"id"`
	// Secret is the secret part, at least 16 characters. Load sets it from SecretFile.
	Secret Secret `koanf:"secret"`
	// SecretFile is a file that holds the secret, instead of Secret.
	SecretFile string `koanf:"secret_file"`
	// Account is the account that the key administers, 12 digits. Default Config.Account.
	Account string `koanf:"account"`
}

// Function is a function of triggers, which is at an address or is a program on this machine: one of URL and Command.
type Function struct {
	// ARN is what pools call the function.
	ARN string `koanf:"arn"`
	// URL is where events are posted to: https, or http for this machine itself.
	URL string `koanf:"url"`
	// Secret signs what is posted, at least 16 characters. Required with URL. Load sets it from SecretFile.
	Secret Secret `koanf:"secret"`
	// SecretFile is a file that holds the secret, instead of Secret.
	SecretFile string `koanf:"secret_file"`
	// Command is a program, by its absolute path, with its arguments. It gets the event on standard input.
	Command []string `koanf:"command"`
}

// CodeKey is the key under which the codes of pools go to the functions of their custom senders.
type CodeKey struct {
	// KMSKeyID is what pools call the key.
	KMSKeyID string `koanf:"kms_key_id"`
	// KeyFile holds the key: 32 bytes in base64.
	KeyFile string `koanf:"key_file"`
	// Key is the key itself. Set by Load.
	Key Secret `koanf:"-"`
}

// Secret is a text that must not be shown. However it is printed, logged or marshalled, it shows nothing of itself.
type Secret string

// String returns "(secret)", or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(secret)"
}

// Format keeps every verb to String: %d would show the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

const (
	defaultData  = "cognate-data"
	databaseFile = "cognate.db"
)

// defaults returns the first layer.
func defaults(mode Mode) map[string]any {
	d := map[string]any{
		"listen": "127.0.0.1:8229", "account": "000000000000", "log_level": slog.LevelInfo.String(), "log_format": "json",
	}
	if mode == Dev {
		d["region"] = "us-east-1"
		d["log_format"] = "text"
	}
	return d
}

// StoreURL is the database in the form that package store takes: a postgres:// URL, the path of a file, or empty for
// memory.
func (c *Config) StoreURL() string {
	switch {
	case c.DatabaseURL != "":
		return string(c.DatabaseURL)
	case c.Data != "":
		return filepath.Join(c.Data, databaseFile)
	default:
		return ""
	}
}
