package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/config"
)

func TestSending(t *testing.T) {
	t.Parallel()
	s := serve(t, "email_sender: smtp\nemail_from: People <people@example.com>\nsmtp_address: mail.example.com\nsmtp_user: cognate\n"+
		"smtp_password_file: "+mustWrite(t, "password", "correct horse\n")+"\n"+
		"sms_sender: webhook\nwebhook_url: http://127.0.0.1:9/send\n")
	s.Environ = append(s.Environ, "COGNATE_WEBHOOK_SECRET=a secret of some size")
	c := mustLoad(t, s)
	if host, port := c.SMTPServer(); host != "mail.example.com" || port != 587 || c.SMTPTLS != config.StartTLS {
		t.Errorf("mail server = %s port %d by %s, want port 587 by STARTTLS", host, port, c.SMTPTLS)
	}
	if c.SMTPPassword != "correct horse" || c.WebhookSecret != "a secret of some size" {
		t.Error("the secrets were not read")
	}
}

func TestSMTPPorts(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"smtp_address: \"mail:2525\"":                     "mail:2525",
		"smtp_address: mail\nsmtp_tls: implicit":          "mail:465",
		"smtp_address: mail\nsmtp_tls: none":              "mail:25",
		"smtp_address: \"[2001:db8::1]\"\nsmtp_tls: none": "[2001:db8::1]:25",
	} {
		c := mustLoad(t, serve(t, "email_sender: smtp\nemail_from: a@example.com\n"+settings+"\n"))
		if c.SMTPAddress != want {
			t.Errorf("%q: smtp_address = %s, want %s", settings, c.SMTPAddress, want)
		}
	}
}

func TestSendingRejects(t *testing.T) {
	t.Parallel()
	const from = "email_from: a@example.com\n"
	tests := []struct {
		yaml string
		want []string
	}{
		{"email_sender: pigeon\nsms_sender: smtp\n" + from, []string{
			`email_sender: "pigeon" is neither smtp, ses nor webhook`, `sms_sender: "smtp" is neither sns nor webhook`,
		}},
		{"email_sender: ses\nses_region: Mars\nses_endpoint: nowhere\n", []string{
			`email_from: "" is not an email address; emails need a From address`,
			`ses_region: "Mars" is not a region like us-east-1`, `ses_endpoint: "nowhere" is not a URL`,
		}},
		{"email_sender: smtp\nsmtp_tls: ssl\nsmtp_user: u\n" + from, []string{
			`smtp_address: "" is not host:port`, `smtp_tls: "ssl" is neither starttls, implicit nor none`,
			"smtp_user, smtp_password_file: set both or neither",
		}},
		{"email_sender: smtp\nsmtp_address: mail\nsmtp_tls: none\nsmtp_user: u\nsmtp_password_file: f\n" + from, []string{
			"smtp_tls: with none, the password would be sent unencrypted",
		}},
		{"sms_sender: webhook\nwebhook_url: http://example.com/\n", []string{
			"webhook_url: not a URL such as https://messages.example.com/send (https, or http on loopback, without a password)",
			"webhook_secret_file: required to sign messages",
		}},
		{"smtp_address: mail\nsns_region: us-east-1\nwebhook_url: https://example.com/\n", []string{
			"smtp_address: has no effect without email_sender: smtp", "sns_region: has no effect without sms_sender: sns",
			"webhook_url: has no effect without email_sender or sms_sender: webhook",
		}},
	}
	for _, tt := range tests {
		_, err := config.Load(serve(t, tt.yaml))
		problems, _ := errors.AsType[config.Problems](err)
		if diff := cmp.Diff(config.Problems(tt.want), without(problems, "smtp_password_file: open")); diff != "" {
			t.Errorf("Load(%q) (-want +got):\n%s", tt.yaml, diff)
		}
	}
	_, err := config.Load(serve(t, "smtp_password: shown\nwebhook_secret: shown\n"))
	if err == nil || strings.Count(err.Error(), "put it in a separate file") != 2 || strings.Contains(err.Error(), "shown") {
		t.Errorf("Load(secrets in the file) = %v, want problems for both", err)
	}
}

// without removes the problems with the prefix, because their text contains an error of the operating system.
func without(problems config.Problems, prefix string) config.Problems {
	var rest config.Problems
	for _, p := range problems {
		if !strings.HasPrefix(p, prefix) {
			rest = append(rest, p)
		}
	}
	return rest
}
