package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cognate/config"
	"cognate/logdelivery"
	"cognate/risk"
)

const flagConfig = "config"

// defaultListen is the default address of a server, and of the server that the command line calls.
const defaultListen = "127.0.0.1:8229"

// defaultMetricsListen is the default address of /metrics in serve.
const defaultMetricsListen = "127.0.0.1:8230"

// addSettings declares a flag for each setting that can be a flag in the mode. The defaults here are only for the help,
// because flags that are not set have no effect. config.Config documents the settings.
func addSettings(f *pflag.FlagSet, mode config.Mode) {
	f.SortFlags = false
	f.String(flagConfig, "", "YAML `file` with settings (COGNATE_CONFIG)")
	f.String("listen", defaultListen, "`host:port` to listen on; port 0 selects a free port")
	f.String("metrics-listen", map[config.Mode]string{config.Serve: defaultMetricsListen}[mode],
		"`host:port` of a separate listener for /metrics; "+
			map[config.Mode]string{config.Dev: "empty puts it on the one listener", config.Serve: "empty turns it off"}[mode])
	addChecked(f, onOrOff, "pprof", "false", "show profiles of the server at /debug/pprof/ of the listener for /metrics")
	if mode == config.Dev {
		addChecked(f, onOrOff, "expose", "false", "listen on other addresses than loopback, although any access key is accepted")
		addChecked(f, onOrOff, "exit-with-parent", "false", "stop when the parent process ends, or when standard input is a pipe and is closed")
	}
	f.String("public-url", "", "`URL` of the server for clients (default the listen address)")
	f.String("host-names", "", "further host `names` of the server for clients, separated by commas")
	f.String("trusted-proxies", "", "`addresses` or CIDRs, separated by commas, of proxies whose X-Forwarded-* or Forwarded headers count")
	addChecked(f, onOrOff, "proxy-protocol", "false", "connections from trusted proxies may start with a header of the PROXY protocol")
	f.String("issuer", config.IssuerPublic, "issuer of pools in tokens: public (at the public URL) or aws (as in the service)")
	f.String("login-pages", "", "`folder` with templates, texts and CSS of the operator for the login pages")
	addChecked(f, onOrOff, "default-login-style", "false", "show the pages of managed login also for clients without a login style")
	if mode == config.Dev {
		addChecked(f, onOrOff, "tls-self-signed", "false", "speak HTTPS with a certificate that the server makes; the log names its file")
	}
	f.String("tls-cert", "", "PEM `file` with a certificate chain, for HTTPS")
	f.String("tls-key", "", "PEM `file` with the certificate's private key")
	f.String("tls-domains", "", "`folder` with certificates of further host names: NAME.crt and NAME.key")
	if mode == config.Serve {
		addACME(f)
	}
	switch mode {
	case config.Dev:
		f.String("data", "", "`folder` of the database (default in memory)")
	case config.Serve:
		f.String("data", "", "`folder` of the database (default \"cognate-data\")")
	}
	f.String("database-url", "", "postgres:// `URL` of the database, instead of a folder")
	addChecked(f, wholeNumber, "database-connections", "32", "greatest `number` of connections to the database at database-url")
	f.String("database-pooler", "", "transaction, if a pooler with pool_mode=transaction is in front of the database at database-url")
	if mode == config.Serve {
		f.String("migrate", config.MigrateAuto, "auto, or manual: do not start if migrations are pending")
	}
	addChecked(f, wholeNumber, "sqlite-cache", "16", "greatest `size` of SQLite's page caches together, in MB")
	f.String("master-key-file", "", "`file` with the master key; see cognate master-key (or COGNATE_MASTER_KEY, the key itself)")
	f.String("old-master-keys-file", "", "`file` with master keys that are being replaced, one per line")
	f.String("account", "000000000000", "AWS account `ID` of created resources, 12 digits")
	if mode == config.Dev {
		f.String("region", "us-east-1", "region of requests that name none")
		f.String("seed", "", "YAML `file` with pools, clients and users to create at the start")
	}
	f.String("lambda-endpoint", "", "`URL` of the AWS Lambda API that invokes the functions of triggers")
	f.String("kms-endpoint", "", "`URL` of AWS KMS, whose keys encrypt codes for the functions of custom senders")
	f.String("outgoing-allow", "", "further `hosts` or CIDRs, separated by commas, to which the server connects if pools name them")
	f.String("resource-quotas", "aws", "aws, or off for no quotas on user pools, groups and other resources")
	f.String("rate-limits", config.LimitsOff, "rates of operations by category: off, aws, or `rates` such as UserRead=300, separated by commas")
	f.String("address-limits", map[config.Mode]string{config.Dev: config.LimitsOff, config.Serve: config.LimitsOn}[mode],
		"on or off: limits on unsigned requests by the address of the client, and by user pool")
	f.String("address-limits-exempt", "", "`addresses` or CIDRs, separated by commas, whose requests are not counted")
	addChecked(f, wholeNumber, "address-requests", "50", "`number` of unsigned requests per second from an address")
	addChecked(f, wholeNumber, "address-burst", "100", "`number` of unsigned requests at the same time from an address")
	addChecked(f, wholeNumber, "address-sign-ups", "20", "`number` of sign-ups per hour from an address")
	addChecked(f, wholeNumber, "address-failures", "100", "`number` of wrong passwords and codes per hour from an address")
	addChecked(f, wholeNumber, "address-names", "20", "`number` of usernames that may fail to sign in from an address in ten minutes")
	addChecked(f, wholeNumber, "pool-limit", "500", "`number` of unsigned requests per second of a user pool")
	addChecked(f, wholeNumber, "max-connections", "10000", "greatest `number` of connections of clients at the same time")
	addChecked(f, duration, "unconfirmed-retention", "0", "how long users who have not confirmed their sign-up are kept; 0 means forever")
	f.String("deleted-retention", map[config.Mode]string{config.Dev: "0", config.Serve: "7d"}[mode],
		"`duration` for which deleted users, app clients and user pools can be restored, such as 7d; 0 deletes them for good")
	f.String("replica-regions", "", "`regions` in which user pools can have replicas, separated by commas, each with =HOST if it has its own host")
	addChecked(f, wholeNumber, "limit-maximum", "0", "highest `rate` that UpdateProvisionedLimit accepts, in requests per second (default the rates of AWS)")
	addChecked(f, duration, "signing-key-age", "0", "how long a key signs tokens before the next key does, at least 48h; 0 means forever")
	addChecked(f, duration, "auth-event-retention", risk.MaxAge.String(), "how long events of threat protection are kept")
	addChecked(f, wholeNumber, "auth-events-per-user", strconv.Itoa(risk.MaxPerUser), "`number` of events of threat protection that are kept of each user")
	f.String("compromised-passwords", "", "`file` or folder with hashes of compromised passwords, in the format of Have I Been Pwned")
	f.String("geoip-database", "", "MaxMind DB `file` with the countries or cities of addresses")
	f.String("otlp-endpoint", "", "`URL` of the OpenTelemetry collector that gets traces, without /v1/traces")
	f.String("log-format", map[config.Mode]string{config.Serve: "json"}[mode], map[config.Mode]string{
		config.Dev: "text, logfmt or json, on standard error (default text on a terminal, otherwise logfmt)", config.Serve: "logfmt or json, on standard error",
	}[mode])
	f.String("log-level", "info", "debug, info, warn or error")
	addChecked(f, duration, "drain", "0", "how long to answer requests after SIGTERM, while /readyz reports not ready")
	addAudit(f, mode)
	addSending(f)
	addLogDelivery(f)
}

// checkedText is the value of a flag whose text config checks. If the flag checked it, an invalid value would hide the problems of other
// settings.
type checkedText struct {
	text string
	kind string // as in the help of pflag
}

// The kinds of checkedText.
const (
	onOrOff     = "bool"
	wholeNumber = "int"
	duration    = "duration"
)

func (v *checkedText) String() string { return v.text }
func (v *checkedText) Type() string   { return v.kind }

// Set accepts every text.
func (v *checkedText) Set(text string) error {
	v.text = text
	return nil
}

// addChecked declares a flag with a checkedText. A flag of the kind onOrOff needs no value.
func addChecked(f *pflag.FlagSet, kind, name, defaultText, usage string) {
	flag := f.VarPF(&checkedText{defaultText, kind}, name, "", usage)
	if kind == onOrOff {
		flag.NoOptDefVal = "true"
	}
}

// addACME declares the flags for certificates from a certificate authority.
func addACME(f *pflag.FlagSet) {
	f.String("acme-domains", "", "host `names`, separated by commas, whose certificates come from a certificate authority (ACME)")
	f.String("acme-email", "", "mail `address` of the operator for the certificate authority")
	f.String("acme-directory", "", "`URL` of the directory of the certificate authority (default that of Let's Encrypt)")
	f.String("acme-http-listen", "", "`host:port` that is reached at port 80: answers http-01 challenges, and redirects to HTTPS")
}

// addAudit declares the flags for audit records.
func addAudit(f *pflag.FlagSet, mode config.Mode) {
	level := map[config.Mode]string{config.Dev: config.AuditOff, config.Serve: config.AuditChanges}[mode]
	f.String("audit", level, "audit records in the database: off, changes, sign-ins (changes and sign-ins) or all (also reads)")
	f.String("audit-retention", "90d", "`duration` for which audit records are kept, such as 90d or 36h; 0 means forever")
	f.String("audit-file", "", "`file` that gets the audit records of this server, as JSON Lines")
	addChecked(f, onOrOff, "audit-file-required", "false", "refuse changes while the audit file cannot be written")
	f.String("audit-webhook-url", "", "`URL` that audit records are posted to")
	f.String("audit-webhook-secret-file", "", "`file` with the secret that signs them (or COGNATE_AUDIT_WEBHOOK_SECRET, the secret itself)")
}

// addSending declares the flags for sending messages.
func addSending(f *pflag.FlagSet) {
	f.String("email-sender", "", "sender of emails: smtp, ses or webhook")
	f.String("email-from", "", "From `address` for pools that set none")
	f.String("sms-sender", "", "sender of text messages: sns or webhook")
	f.String("smtp-address", "", "mail server, `host:port`")
	f.String("smtp-tls", "starttls", "starttls, implicit or none")
	f.String("smtp-user", "", "`name` of the user at the mail server")
	f.String("smtp-password-file", "", "`file` with the password (or COGNATE_SMTP_PASSWORD, the password itself)")
	f.String("smtp-ca-file", "", "PEM `file` with certificate authorities to trust for the mail server")
	f.String("ses-region", "", "region of SES, unless a pool names another (default the AWS environment's)")
	f.String("ses-endpoint", "", "`URL` of SES instead of Amazon's")
	f.String("sns-region", "", "region of SNS, unless a pool names another (default the AWS environment's)")
	f.String("sns-endpoint", "", "`URL` of SNS instead of Amazon's")
	f.String("eums-endpoint", "", "`URL` of AWS End User Messaging SMS instead of Amazon's")
	addChecked(f, onOrOff, "sns-assume-roles", "false", "send a pool's text messages with the IAM role that it names")
	f.String("sts-endpoint", "", "`URL` of STS (for IAM roles) instead of Amazon's")
	f.String("webhook-url", "", "`URL` that messages are posted to")
	f.String("webhook-secret-file", "", "`file` with the secret that signs them (or COGNATE_WEBHOOK_SECRET, the secret itself)")
}

// addLogDelivery declares the flags for the delivery of log records.
func addLogDelivery(f *pflag.FlagSet) {
	f.String("log-delivery", "log", "`sink` of the log records of user pools: log, file, otlp or aws; ARN=SINK for one destination")
	f.String("log-delivery-file", "", "`file` that gets the log records, as JSON Lines")
	f.String("log-delivery-otlp-endpoint", "", "`URL` of the OpenTelemetry collector that gets the log records, without /v1/logs")
	f.String("log-delivery-aws-endpoint", "", "`URL` of CloudWatch Logs, Firehose and S3 instead of Amazon's")
	addChecked(f, onOrOff, "log-delivery-assume-roles", "false", "write the log of a user import with the IAM role that its job names")
	addChecked(f, wholeNumber, "log-delivery-queue", strconv.Itoa(logdelivery.DefaultCapacity), "`number` of log records that can wait for their delivery")
}

// completeSettings declares the values of flags that have a fixed set of values, for completion.
func completeSettings(cmd *cobra.Command, mode config.Mode) {
	logFormats := []string{"text", "logfmt", "json"}
	if mode == config.Serve {
		logFormats = logFormats[1:] // text is the same as logfmt
	}
	words := map[string][]string{
		"audit":           {config.AuditOff, config.AuditChanges, config.AuditSignIns, config.AuditAll},
		"email-sender":    {"smtp", "ses", "webhook"},
		"address-limits":  {config.LimitsOn, config.LimitsOff},
		"issuer":          {config.IssuerPublic, config.IssuerAWS},
		"log-delivery":    {string(config.LogToLog), string(config.LogToFile), string(config.LogToOTLP), string(config.LogToAWS)},
		"log-format":      logFormats,
		"log-level":       {"debug", "info", "warn", "error"},
		"rate-limits":     {config.LimitsOff, config.LimitsAWS},
		"resource-quotas": {config.QuotasAWS, config.QuotasOff},
		"sms-sender":      {"sns", "webhook"},
		"smtp-tls":        {"starttls", "implicit", "none"},
	}
	if mode == config.Serve {
		words["migrate"] = []string{config.MigrateAuto, config.MigrateManual}
	}
	for name, values := range words {
		err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic(err) // the command has no such flag
		}
	}
}

// loadSettings loads the settings of a command whose flags addSettings declared. Errors: as config.Load, also with the problems of files
// that the settings name.
func loadSettings(cmd *cobra.Command, mode config.Mode) (*config.Config, error) {
	c, err := config.Inspect(settingsSource(cmd, mode))
	if err != nil && c != nil {
		return nil, config.WithProblems(err, invalidFiles(c))
	}
	return c, err
}

// settingsSource returns the sources of the settings of a command.
func settingsSource(cmd *cobra.Command, mode config.Mode) config.Source {
	s := config.Source{Mode: mode, Environ: os.Environ(), Flags: make(map[string]any)}
	names := make(map[string]bool)
	for _, name := range config.Names() {
		names[name] = true
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch name := strings.ReplaceAll(f.Name, "-", "_"); {
		case f.Name == flagConfig:
			s.File = f.Value.String()
		case names[name]:
			s.Flags[name] = f.Value.String()
		}
	})
	return s
}
