package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cognate/api"
	"cognate/config"
	"cognate/doctor"
	"cognate/iam"
	"cognate/internal/lazyregexp"
	"cognate/notify"
	"cognate/store"
	"cognate/tokens"
)

// doctorTimeout limits all checks together.
const doctorTimeout = 2 * time.Minute

func newDoctor() *cobra.Command {
	d := &doctorCommand{}
	var asJSON bool
	var backupAge string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the settings, files, keys, database, clock, mail, certificates and backups of a server",
		Long: `Check the installation of cognate serve: the settings, also misspelt environment variables; who can read the files; the master key
and the access keys; the database with its schema, its replication and its last backup; the clocks; the connection to the mail
server; the certificates; and the issuer that applications see at public_url. The command changes nothing, and the servers
continue to run. With --send-to it sends a message.

The exit status is 0 if everything is in order, 1 if there are warnings, and 2 if a check has failed.

The command reads the settings of serve, from the same file, the same environment variables and the same flags.`,
		Example: `  cognate doctor --config cognate.yaml
  cognate doctor --config cognate.yaml --send-to ann@example.com
  cognate doctor --config cognate.yaml --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			age, err := config.ParseDuration(backupAge)
			if err != nil || age < 0 {
				return usageError{fmt.Errorf("--max-backup-age %q is not a duration such as 48h or 7d", backupAge)}
			}
			if err := d.checkRecipient(); err != nil {
				return usageError{err}
			}
			d.source, d.backupAge = settingsSource(cmd, config.Serve), age
			ctx, stop := context.WithTimeout(cmd.Context(), doctorTimeout)
			defer stop()
			report := d.examine(ctx)
			write := report.WriteText
			if asJSON {
				write = report.WriteJSON
			}
			if err := write(cmd.OutOrStdout()); err != nil {
				return err
			}
			return exitWith(report.ExitStatus())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&asJSON, "json", false, "print one JSON object with the status and the findings")
	f.StringVar(&d.sendTo, "send-to", "", "email `address` or phone number (+…) that gets a test message")
	f.StringVar(&backupAge, "max-backup-age", "48h", "greatest age of the last backup: a `duration` such as 48h or 7d; 0 if another program makes the backups")
	addSettings(f, config.Serve)
	completeSettings(cmd, config.Serve)
	return cmd
}

// doctorCommand examines an installation.
type doctorCommand struct {
	source    config.Source
	sendTo    string
	backupAge time.Duration
}

var phoneNumber = lazyregexp.New(`^\+[0-9]{1,15}$`)

// medium returns the medium of the test message.
func (d *doctorCommand) medium() api.DeliveryMediumType {
	if strings.HasPrefix(d.sendTo, "+") {
		return api.DeliveryMediumTypeSms
	}
	return api.DeliveryMediumTypeEmail
}

func (d *doctorCommand) checkRecipient() error {
	if d.sendTo == "" || phoneNumber.MatchString(d.sendTo) {
		return nil
	}
	if a, err := mail.ParseAddress(d.sendTo); err != nil || a.Address != d.sendTo {
		return fmt.Errorf("--send-to %q is neither an email address nor a phone number such as +12065550100", d.sendTo)
	}
	return nil
}

// examine runs all checks. Checks that depend on settings that cannot be read are left out.
func (d *doctorCommand) examine(ctx context.Context) *doctor.Report {
	report := new(doctor.Report)
	c, err := config.Inspect(d.source)
	problems, _ := errors.AsType[config.Problems](err)
	if err != nil && len(problems) == 0 {
		problems = config.Problems{err.Error()}
	}
	with, isValid := new(parts), err == nil
	switch {
	case isValid:
		log := slog.New(slog.DiscardHandler)
		n := &node{config: c, reloads: newReloader(c, log), log: log}
		problems = n.readParts(ctx, with)
	case c != nil:
		problems, _ = errors.AsType[config.Problems](config.WithProblems(problems, invalidFiles(c)))
	}
	report.Settings(problems, d.source.Environ, config.Variables())
	if c == nil || c.Unread {
		return report
	}
	report.Files(d.files(c))
	db, err := store.OpenInspection(c.StoreURL())
	if err != nil {
		report.Settings([]string{err.Error()}, nil, nil)
		return report
	}
	defer func() { _ = db.Close() }() // it has only read
	answers := report.Database(ctx, db)
	found := db
	if answers {
		report.Schema(ctx, db)
		report.Replication(ctx, db)
		report.Backup(ctx, db, doctor.Backups{IsRecorded: c.Audit != config.AuditOff, MaxAge: d.backupAge, Now: time.Now()})
	} else {
		found = nil
	}
	masters, _ := parseMasterKeys(c) // the settings are valid, or the problem is reported
	report.Keys(ctx, found, doctor.Keys{Masters: masters, Configured: d.configuredKeys(), Now: time.Now()})
	report.Clock(ctx, found, time.Now, clockIsSynchronized)
	if isValid {
		report.Mail(ctx, d.senders(c, with.transports))
	}
	if c.ACME() {
		report.Issued(ctx, found, c.ACMEDirectory, c.ACMEDomains.Lower(), time.Now())
	}
	if pairs := certificatesOf(c); len(pairs) > 0 || !c.ACME() {
		report.Certificates(pairs, time.Now())
	}
	report.Issuer(ctx, found, doctor.Issuer{
		PublicURL: c.PublicURL, Possible: tokens.Issuer{PublicURL: c.PublicURL, AWS: c.Issuer == config.IssuerAWS}.Possible,
		Client: direct(&tls.Config{MinVersion: tls.VersionTLS12}), Now: time.Now(),
	})
	return report
}

// configuredKeys returns the valid access keys of the settings. Others are problems of the settings.
func (d *doctorCommand) configuredKeys() []iam.AccessKey {
	listed, _ := config.AccessKeysOf(d.source)
	configured, _ := configuredKeys(listed.Valid)
	keys := make([]iam.AccessKey, len(configured))
	for i, k := range configured {
		keys[i] = k.key
	}
	return keys
}

func (d *doctorCommand) files(c *config.Config) doctor.Files {
	f := doctor.Files{
		Settings: d.source.SettingsFile(), Secrets: c.SecretFiles(), Written: []string{c.AuditFile, c.LogDeliveryFile}, MasterKey: c.MasterKeyFile,
	}
	if c.DatabaseURL == "" {
		f.Data = c.Data
	}
	return f
}

// senders returns how the messages of the settings are tried.
func (d *doctorCommand) senders(c *config.Config, made transports) doctor.Senders {
	s := doctor.Senders{Email: string(c.EmailSender), SMS: string(c.SMSSender), SendTo: d.sendTo}
	if server, ok := made[api.DeliveryMediumTypeEmail].(interface{ Connect(context.Context) error }); ok {
		s.Connect = server.Connect
	}
	s.Send = func(ctx context.Context) error {
		transport, ok := made[d.medium()]
		if !ok {
			return fmt.Errorf("the settings name no sender for %s messages, or are invalid", d.medium())
		}
		return transport.Deliver(ctx, notify.NewTest(d.medium(), d.sendTo))
	}
	return s
}

// certificatesOf returns the certificate files of the settings.
func certificatesOf(c *config.Config) []doctor.Certificate {
	host := ""
	if u, err := url.Parse(c.PublicURL); err == nil {
		host = u.Hostname()
	}
	var pairs []doctor.Certificate
	if c.TLSCert != "" {
		pairs = append(pairs, doctor.Certificate{Cert: c.TLSCert, Key: c.TLSKey, Host: host})
	}
	keys, _ := c.DomainKeys() // the settings are valid, or the problem is reported
	for _, key := range keys {
		pairs = append(pairs, doctor.Certificate{Cert: certificateFile(key), Key: key})
	}
	return pairs
}
