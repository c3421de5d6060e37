// Package config reads the settings of a server into one struct and validates them. The layers are defaults, a YAML file,
// the environment, and flags; a later layer overrides an earlier one. A setting has the same name in each layer: public_url
// in the file, COGNATE_PUBLIC_URL in the environment, --public-url as a flag.
//
// The package opens no database and listens on no port. Of the files that settings name, it reads only those with secrets.
package config

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Mode is the command that settings are for.
type Mode string

// The modes. Load rejects a setting that has no effect in the mode.
const (
	Dev   Mode = "dev"
	Serve Mode = "serve"
)

// Config holds every setting of a server. A field whose comment names no default defaults to its zero value.
type Config struct {
	// Mode is set by Load.
	Mode Mode `koanf:"-"`
	// Unread is set by Inspect if the settings file cannot be read.
	Unread bool `koanf:"-"`

	// Listen is the TCP address to listen on, as host:port. Port 0 selects a free port. Default 127.0.0.1:8229.
	Listen string `koanf:"listen"`
	// MetricsListen is the TCP address, as host:port, of the listener that answers /metrics, over HTTP. The counters tell what
	// the server did for other callers, so clients must not reach it. Port 0 selects a free port, which the log names. If it
	// is empty, Serve has no /metrics, and Dev answers it at Listen. Default: 127.0.0.1:8230 in Serve, empty in Dev.
	MetricsListen string `koanf:"metrics_listen"`
	// Pprof lets the listener of MetricsListen answer /debug/pprof/, which profiles the server. Requires MetricsListen.
	Pprof bool `koanf:"pprof"`
	// Expose allows `cognate dev`, which accepts any access key, to listen on other addresses than loopback. In Dev only.
	Expose bool `koanf:"expose"`
	// ExitWithParent stops the server when its parent process ends, or when standard input is a pipe and is closed. In Dev
	// only. On Windows, standard input must be a pipe.
	ExitWithParent bool `koanf:"exit_with_parent"`
	// PublicURL is the URL at which clients reach the server, as http(s)://host[:port][/path] without a slash at the end.
	// Discovery documents contain it, and tokens if Issuer is public. Default: the address of Listen. Required in Serve if
	// Listen is every address.
	PublicURL string `koanf:"public_url"`
	// HostNames lists further host names and addresses, without a port, at which clients reach the server, for example the
	// name of its container. A discovery document that is read there names the keys at this host.
	HostNames Hosts `koanf:"host_names"`
	// TrustedProxies lists the addresses and prefixes of the reverse proxies in front of the server. The server believes only
	// their X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto headers, or their Forwarded headers.
	TrustedProxies Hosts `koanf:"trusted_proxies"`
	// ProxyProtocol lets the addresses in TrustedProxies start a connection with a header of the PROXY protocol, version 1 or
	// 2, which names the client's address. Requires TrustedProxies.
	ProxyProtocol bool `koanf:"proxy_protocol"`
	// Issuer decides the issuer of user pools: IssuerPublic or IssuerAWS. Default IssuerPublic.
	Issuer string `koanf:"issuer"`
	// LoginPages is a folder with templates, texts and CSS that replace those of the login pages (docs/managed-login.md). A file
	// that is invalid stops the start.
	LoginPages string `koanf:"login_pages"`
	// DefaultLoginStyle shows managed login for clients without a login style, with the default one. Default: they have no
	// pages, as at the service.
	DefaultLoginStyle bool `koanf:"default_login_style"`
	// TLSSelfSigned lets the server accept only HTTPS, with a certificate that it makes itself. In Dev only. TLSSelfSigned
	// and TLSCert exclude each other.
	TLSSelfSigned bool `koanf:"tls_self_signed"`
	// TLSCert and TLSKey are PEM files with a certificate chain and its private key; both or neither. With them the server
	// accepts only HTTPS.
	TLSCert string `koanf:"tls_cert"`
	TLSKey  string `koanf:"tls_key"`
	// TLSDomains is a folder with the certificates of further host names, such as custom domains of pools: NAME.crt, a PEM file
	// with a chain, and NAME.key, its private key. Requires another certificate, for all other host names.
	TLSDomains string `koanf:"tls_domains"`

	// ACMESettings holds the settings of certificates from a certificate authority.
	ACMESettings `koanf:",squash"`

	// Data is the folder of the SQLite database. The server creates it if it does not exist. Default: in memory in Dev;
	// ./cognate-data in Serve, unless DatabaseURL is set. Data and DatabaseURL exclude each other.
	Data string `koanf:"data"`
	// DatabaseURL is the postgres:// URL of a database. It may name several hosts, with target_session_attrs=read-write. Do not put the
	// password in a flag, because other processes can read flags: put it in the file, in the environment, or in PostgreSQL's own password
	// file (PGPASSFILE).
	DatabaseURL Secret `koanf:"database_url"`
	// DatabaseConnections is how many connections the server opens to the database at DatabaseURL at most. Default 32.
	DatabaseConnections int `koanf:"database_connections"`
	// DatabasePooler is PoolerTransaction if a pooler between the server and the database at DatabaseURL gives a connection to
	// another client after each transaction. Used by all commands.
	DatabasePooler string `koanf:"database_pooler"`

	// Migrate is MigrateAuto or MigrateManual: whether the server runs pending migrations when it starts. Default MigrateAuto. In
	// Serve only.
	Migrate string `koanf:"migrate"`

	// SQLiteCache is the greatest size of SQLite's page caches together, in MB. Default 16. It has no effect with DatabaseURL.
	SQLiteCache int `koanf:"sqlite_cache"`

	// MasterKeyFile is a file with the master key, which unseals the secrets in the database. Required in Serve, and with
	// DatabaseURL, unless MasterKey is set. With Data in Dev it defaults to a file in that folder, which the first start
	// creates.
	MasterKeyFile string `koanf:"master_key_file"`
	// MasterKey is the master key itself, in the environment only; or the name of a key in a service or program, which can also be in
	// the file: awskms://KEY, hashivault://KEY or exec:PROGRAM. Not together with MasterKeyFile. Load sets it from MasterKeyFile.
	MasterKey Secret `koanf:"master_key"`
	// OldMasterKeysFile is a file with the previous master keys or their names, one per line, while a key is being replaced.
	OldMasterKeysFile string `koanf:"old_master_keys_file"`
	// OldMasterKeys holds the keys of OldMasterKeysFile. Set by Load.
	OldMasterKeys []Secret `koanf:"-"`

	// Account is the AWS account ID of what Dev creates, and of the access keys of Serve that name no account: 12 digits.
	// Default 000000000000.
	Account string `koanf:"account"`
	// Seed is a YAML file with the pools, clients and users that Dev creates at its start (docs/testing.md). In Dev only.
	Seed string `koanf:"seed"`
	// Region is where Dev creates user pools for requests that name no region. Default us-east-1. In Dev only: in Serve
	// every administrator's request is signed for a region.
	Region string `koanf:"region"`
	// AccessKeys are the keys that may sign requests of administrators, besides those in the database. In Serve and in the file
	// only.
	AccessKeys []AccessKey `koanf:"access_keys"`

	// LambdaEndpoint is the URL of an AWS Lambda API that invokes the functions of triggers, as http(s)://host[:port]. In
	// Serve, http is for loopback only. If it is empty, only the functions in Functions can be invoked. The credentials are
	// those of the AWS SDK's default chain.
	LambdaEndpoint string `koanf:"lambda_endpoint"`
	// Functions lists the functions that are not invoked at LambdaEndpoint. In the file only.
	Functions []Function `koanf:"functions"`
	// KMSEndpoint is the URL of AWS KMS, or of a server with its API, as http(s)://host[:port]. Its keys encrypt codes for the
	// functions of custom senders. In Serve, http is for loopback only. If it is empty, only the keys in CodeKeys encrypt
	// codes. The credentials are those of the AWS SDK's default chain.
	KMSEndpoint string `koanf:"kms_endpoint"`
	// CodeKeys lists the keys for codes that are not at KMSEndpoint. In the file only.
	CodeKeys []CodeKey `koanf:"code_keys"`

	// OutgoingAllow lists further hosts to which the server connects if API input names them: host names, addresses, and
	// prefixes in CIDR notation. Without it the server connects to public addresses by HTTPS only; in Dev also to loopback and
	// private addresses, and there by HTTP too. It does not limit the endpoints in other settings.
	OutgoingAllow Hosts `koanf:"outgoing_allow"`

	// ResourceQuotas is aws, which enforces the quotas of AWS on user pools, app clients, groups and other resources, or off,
	// which enforces none. Default aws.
	ResourceQuotas string `koanf:"resource_quotas"`
	// AuthEventRetention is how long the events of threat protection are kept, and AuthEventsPerUser how many of a user, the
	// newest ones. Defaults 17520h (two years) and 10000.
	AuthEventRetention time.Duration `koanf:"auth_event_retention"`
	AuthEventsPerUser  int           `koanf:"auth_events_per_user"`
	// CompromisedPasswords is a file or a folder with the hashes of compromised passwords, in the format of Have I Been Pwned
	// (docs/risk.md). If it is empty, threat protection finds no compromised password, and Serve warns at its start.
	CompromisedPasswords string `koanf:"compromised_passwords"`
	// GeoIPDatabase is a file in the MaxMind DB format with the countries or cities of addresses. If it is empty, the places of
	// addresses are unknown.
	GeoIPDatabase string `koanf:"geoip_database"`

	// LimitMaximum is the highest rate that an account can choose for a category of operations (UpdateProvisionedLimit), in requests
	// per second. The default rate of a category can always be chosen. Default 0: only the default rates.
	LimitMaximum int `koanf:"limit_maximum"`

	// LimitSettings holds the limits on requests.
	LimitSettings `koanf:",squash"`

	// ReplicaRegions lists the Regions in which user pools can have replicas. Empty: no pool can have one.
	ReplicaRegions ReplicaRegions `koanf:"replica_regions"`

	// SigningKeyAge is how long a key signs the tokens of its pool before the next key does: at least 48 hours, or 0 for keys that
	// only `cognate rotate-signing-keys` replaces. Default 0.
	SigningKeyAge time.Duration `koanf:"signing_key_age"`

	// OTLPEndpoint is the URL of the OpenTelemetry collector that gets traces, without /v1/traces. Empty means no traces.
	OTLPEndpoint string `koanf:"otlp_endpoint"`

	// LogFormat is text, logfmt or json. Text is for people in Dev, and the same as logfmt in Serve. Default json in Serve. In
	// Dev the default is empty: text on a terminal, otherwise logfmt.
	LogFormat string `koanf:"log_format"`
	// LogLevel is the lowest level that is logged: debug, info, warn or error. Default info.
	LogLevel slog.Level `koanf:"log_level"`
	// Drain is how long the server still answers requests after SIGTERM. During this time /readyz reports that the server
	// is not ready, so a load balancer can stop using it. At most 5 minutes.
	Drain time.Duration `koanf:"drain"`

	// Sending holds the settings for sending messages.
	Sending `koanf:",squash"`
	// AuditSettings holds the settings of audit records.
	AuditSettings `koanf:",squash"`
	// LogSettings holds the settings for the delivery of log records.
	LogSettings `koanf:",squash"`
}

// The values of Config.Issuer.
const (
	// IssuerPublic makes the issuer of a pool its address at the server: PublicURL + "/" + pool ID.
	IssuerPublic = "public"
	// IssuerAWS keeps the issuer that a pool of this ID has in the service.
	IssuerAWS = "aws"
)

// The values of Config.Migrate.
const (
	// MigrateAuto runs pending migrations at the start.
	MigrateAuto = "auto"
	// MigrateManual leaves them to `cognate migrate up`. A server does not start if migrations are pending.
	MigrateManual = "manual"
)

// AccessKey is a key that signs requests of administrators (AWS Signature Version 4).
type AccessKey struct {
	// ID is the access key ID: 3 to 128 letters, digits and underscores.
	ID string `koanf:"id"`
	// Secret is the secret access key, at least 16 characters. Load sets it from SecretFile.
	Secret Secret `koanf:"secret"`
	// SecretFile is a file with the secret, instead of Secret.
	SecretFile string `koanf:"secret_file"`
	// Account is the account that the key administers, 12 digits. Default Config.Account.
	Account string `koanf:"account"`
	// Name is the name of the key, which errors and events show: that of an IAM user. Default ID.
	Name string `koanf:"name"`
	// PolicyFile is a file with the policy of the key, or the name of a ready policy. Default: the key may do everything.
	PolicyFile string `koanf:"policy_file"`
}

// Function is a function of triggers. It is at a URL or is a program on this machine: one of URL and Command.
type Function struct {
	// ARN is the ARN by which pools name the function.
	ARN string `koanf:"arn"`
	// URL is the address that events are posted to: https, or http on loopback; in Dev also http to a private address.
	URL string `koanf:"url"`
	// Secret signs the posted events, at least 16 characters. Required with URL. Load sets it from SecretFile.
	Secret Secret `koanf:"secret"`
	// SecretFile is a file with the secret, instead of Secret.
	SecretFile string `koanf:"secret_file"`
	// Command is a program, by its absolute path, with its arguments. It reads the event from standard input.
	Command []string `koanf:"command"`
}

// CodeKey is a key that encrypts the codes of pools for the functions of their custom senders. It is in a file or in a KMS: one
// of KeyFile and KMSEndpoint.
type CodeKey struct {
	// KMSKeyID is the ARN by which pools name the key.
	KMSKeyID string `koanf:"kms_key_id"`
	// Format is the format of the codes. Default EncryptionSDK.
	Format CodeFormat `koanf:"format"`
	// KeyFile is a file with the key: 32 bytes in base64.
	KeyFile string `koanf:"key_file"`
	// Key is the key itself. Set by Load.
	Key Secret `koanf:"-"`
	// KMSEndpoint is the URL of the KMS that has the key, as Config.KMSEndpoint.
	KMSEndpoint string `koanf:"kms_endpoint"`
}

// CodeFormat is a format of encrypted codes.
type CodeFormat string

// The formats.
const (
	// EncryptionSDK is the message format of the AWS Encryption SDK, as in the service.
	EncryptionSDK CodeFormat = "aws-encryption-sdk"
	// Cognate1 is Cognate's first format (docs/triggers.md). Only a key in a file can have it.
	Cognate1 CodeFormat = "cognate-1"
)

// Secret is a text that must not be shown. It never shows its content when it is printed, logged or marshalled.
type Secret string

// String returns "(secret)", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(secret)"
}

// Format uses String for every verb: %d would show the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The values of ResourceQuotas.
const (
	QuotasAWS = "aws"
	QuotasOff = "off"
)

const (
	defaultData  = "cognate-data"
	databaseFile = "cognate.db"
)

// defaults returns the first layer of settings.
func defaults(mode Mode) map[string]any {
	d := map[string]any{
		"listen": "127.0.0.1:8229", "account": "000000000000", "log_level": slog.LevelInfo.String(), "log_format": "json",
		"resource_quotas": QuotasAWS, "auth_event_retention": "17520h", "auth_events_per_user": 10_000,
		"audit_retention":    "2160h",
		"log_delivery_queue": 10_000,
		"sqlite_cache":       16, "database_connections": 32,
		"issuer":           IssuerPublic,
		"rate_limits":      LimitsOff,
		"address_limits":   LimitsOff,
		"address_requests": 50, "address_burst": 100, "address_sign_ups": 20, "address_failures": 100, "address_names": 20,
		"pool_limit": 500, "max_connections": 10_000,
	}
	switch mode {
	case Dev:
		d["region"] = "us-east-1"
		d["audit"] = AuditOff
		d["log_format"] = ""
	case Serve:
		d["metrics_listen"] = "127.0.0.1:8230"
		d["migrate"] = MigrateAuto
		d["audit"] = AuditChanges
		d["address_limits"] = LimitsOn
		d["deleted_retention"] = "168h"
		d["acme_directory"] = letsEncrypt
	}
	return d
}

// DomainKeys returns the paths of the private keys in TLSDomains, in their order.
func (c *Config) DomainKeys() ([]string, error) {
	if c.TLSDomains == "" {
		return nil, nil
	}
	files, err := os.ReadDir(c.TLSDomains)
	if err != nil {
		return nil, fmt.Errorf("tls_domains: %w", err)
	}
	var keys []string
	for _, file := range files { // in the order of their names
		if name := file.Name(); filepath.Ext(name) == ".key" && !strings.HasPrefix(name, ".") {
			keys = append(keys, filepath.Join(c.TLSDomains, name))
		}
	}
	return keys, nil
}

// DatabaseName returns the database without a user and a password, for the log: the path of a file, the hosts and the name of a
// PostgreSQL database, or "memory".
func (c *Config) DatabaseName() string {
	if c.DatabaseURL == "" {
		return cmp.Or(c.StoreURL(), "memory")
	}
	u, err := url.Parse(string(c.DatabaseURL))
	if err != nil {
		return "postgres"
	}
	return "postgres://" + cmp.Or(u.Host, u.Query().Get("host")) + u.EscapedPath()
}

// ManualMigrations reports whether commands must not run migrations.
func (c *Config) ManualMigrations() bool { return c.Migrate == MigrateManual }

// StoreURL returns the database in the form that package store takes: a postgres:// URL, the path of a file, or "" for
// memory.
func (c *Config) StoreURL() string {
	switch {
	case c.DatabaseURL != "" && c.DatabasePooler == PoolerTransaction:
		return withoutPreparedStatements(string(c.DatabaseURL))
	case c.DatabaseURL != "":
		return string(c.DatabaseURL)
	case c.Data != "":
		return filepath.Join(c.Data, databaseFile)
	default:
		return ""
	}
}
