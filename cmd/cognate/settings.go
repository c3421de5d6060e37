package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cognate/config"
)

const flagConfig = "config"

// defaultListen is where a server listens and where the command line looks for one, unless told otherwise.
const defaultListen = "127.0.0.1:8229"

// addSettings declares a flag for each setting that may be one in the mode. Flags that aren't given have no say, so the
// defaults stand here for the help only; what the settings mean is told at config.Config.
func addSettings(f *pflag.FlagSet, mode config.Mode) {
	f.SortFlags = false
	f.String(flagConfig, "", "YAML `file` with settings (COGNATE_CONFIG)")
	f.String("listen", defaultListen, "`host:port` to listen on; port 0 takes a free one")
	if mode == config.Dev {
		f.Bool("expose", false, "listen beyond loopback, though any access key is accepted")
	}
	f.String("public-url", "", "where clients reach the server (default the address listened on)")
	f.String("tls-cert", "", "PEM `file` with a certificate chain: speak HTTPS")
	f.String("tls-key", "", "PEM `file` with the certificate's private key")
	switch mode {
	case config.Dev:
		f.String("data", "", "`folder` to keep data in (default in memory)")
	case config.Serve:
		f.String("data", "", "`folder` to keep data in (default \"cognate-data\")")
	}
	f.String("database-url", "", "postgres:// `URL` to keep data at instead")
	f.String("master-key-file", "", "`file` with the master key; see cognate master-key (or COGNATE_MASTER_KEY, the key itself)")
	f.String("old-master-keys-file", "", "`file` with master keys that are being replaced, one a line")
	f.String("account", "000000000000", "`id` of the account that owns what is created, 12 digits")
	if mode == config.Dev {
		f.String("region", "us-east-1", "region of requests that name none")
		f.String("seed", "", "YAML `file` with pools, clients and users to begin with")
	}
	f.String("lambda-endpoint", "", "`URL` at which the functions of triggers are invoked, as of AWS Lambda")
	f.String("log-format", map[config.Mode]string{config.Dev: "text", config.Serve: "json"}[mode], "text or json, on standard error")
	f.String("log-level", "info", "debug, info, warn or error")
	f.Duration("drain", 0, "how long to go on answering after SIGTERM, not ready")
	addSending(f)
}

// addSending declares the settings by which messages leave the server.
func addSending(f *pflag.FlagSet) {
	f.String("email-sender", "", "what sends emails: smtp, ses or webhook")
	f.String("email-from", "", "`address` that emails of pools without one of their own come from")
	f.String("sms-sender", "", "what sends text messages: sns or webhook")
	f.String("smtp-address", "", "mail server, `host:port`")
	f.String("smtp-tls", "starttls", "starttls, implicit or none")
	f.String("smtp-user", "", "name by which the mail server knows us")
	f.String("smtp-password-file", "", "`file` with the password (or COGNATE_SMTP_PASSWORD, the password itself)")
	f.String("smtp-ca-file", "", "PEM `file` with authorities that may have signed the mail server's certificate")
	f.String("ses-region", "", "region of SES, unless a pool names another (default the AWS environment's)")
	f.String("ses-endpoint", "", "`URL` of SES instead of Amazon's")
	f.String("sns-region", "", "region of SNS, unless a pool names another (default the AWS environment's)")
	f.String("sns-endpoint", "", "`URL` of SNS instead of Amazon's")
	f.Bool("sns-assume-roles", false, "send a pool's text messages in the role that it names")
	f.String("sts-endpoint", "", "`URL` of STS, which gives roles, instead of Amazon's")
	f.String("webhook-url", "", "`URL` that messages are posted to")
	f.String("webhook-secret-file", "", "`file` with the secret that signs them (or COGNATE_WEBHOOK_SECRET, the secret itself)")
}

// loadSettings reads the settings of a command that addSettings gave its flags.
func loadSettings(cmd *cobra.Command, mode config.Mode) (*config.Config, error) {
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
	return config.Load(s)
}
