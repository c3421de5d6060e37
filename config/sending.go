package config

import (
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
)

// Sender is the service that sends the messages of a medium.
type Sender string

// The senders. Without a sender `cognate serve` rejects messages of the medium, and `cognate dev` only stores them.
const (
	NoSender Sender = ""
	SMTP     Sender = "smtp"
	SES      Sender = "ses"
	SNS      Sender = "sns"
	Webhook  Sender = "webhook"
)

// Security of a connection to a mail server.
const (
	StartTLS    = "starttls"
	ImplicitTLS = "implicit"
	NoTLS       = "none"
)

// Sending holds the settings for sending messages. The credentials for Amazon's services come from the AWS SDK's default
// chain (environment, profile, role of the machine).
type Sending struct {
	// EmailSender is the sender of emails: smtp, ses or webhook.
	EmailSender Sender `koanf:"email_sender"`
	// EmailFrom is the From address for pools that set none: a@example.com, or Name <a@example.com>. Required with
	// EmailSender.
	EmailFrom string `koanf:"email_from"`
	// SMSSender is the sender of text messages: sns or webhook.
	SMSSender Sender `koanf:"sms_sender"`

	// SMTPAddress is the mail server as host[:port]. The port defaults to 587, 465 or 25, depending on SMTPTLS. Required
	// with smtp.
	SMTPAddress string `koanf:"smtp_address"`
	// SMTPTLS is starttls (required of the server), implicit (TLS from the first byte) or none. Default starttls.
	SMTPTLS string `koanf:"smtp_tls"`
	// SMTPUser and SMTPPassword log in to the mail server; both or neither, and not without TLS.
	SMTPUser string `koanf:"smtp_user"`
	// SMTPPassword is the password itself. In the environment only. Load sets it from SMTPPasswordFile.
	SMTPPassword Secret `koanf:"smtp_password"`
	// SMTPPasswordFile is a file with the password.
	SMTPPasswordFile string `koanf:"smtp_password_file"`
	// SMTPCAFile is a PEM file with the certificate authorities to trust for the mail server. Default: the system's.
	SMTPCAFile string `koanf:"smtp_ca_file"`

	// SESRegion is the region of SES, for pools that name no identity in another region. SESEndpoint replaces Amazon's URL.
	// Defaults come from the environment.
	SESRegion   string `koanf:"ses_region"`
	SESEndpoint string `koanf:"ses_endpoint"`
	// SNSRegion is the region of SNS, for pools that name none. SNSEndpoint replaces Amazon's URL. Defaults come from the
	// environment.
	SNSRegion   string `koanf:"sns_region"`
	SNSEndpoint string `koanf:"sns_endpoint"`
	// EUMSEndpoint replaces the URL of AWS End User Messaging SMS, for pools with EumsSms. The region is that of the pool.
	EUMSEndpoint string `koanf:"eums_endpoint"`
	// SNSAssumeRoles sends a pool's text messages with the role and ExternalId of its SmsConfiguration or EumsSms, which STS
	// returns credentials for. STSEndpoint replaces Amazon's URL.
	SNSAssumeRoles bool   `koanf:"sns_assume_roles"`
	STSEndpoint    string `koanf:"sts_endpoint"`

	// WebhookURL is the address that the webhook sender posts messages to: https, or http on loopback. Required with
	// webhook.
	WebhookURL string `koanf:"webhook_url"`
	// WebhookSecret signs the posted messages, at least 16 characters. In the environment only. Load sets it from
	// WebhookSecretFile.
	WebhookSecret Secret `koanf:"webhook_secret"`
	// WebhookSecretFile is a file with the secret.
	WebhookSecretFile string `koanf:"webhook_secret_file"`
}

var smtpPorts = map[string]string{StartTLS: "587", ImplicitTLS: "465", NoTLS: "25"}

// derive sets the defaults that depend on other settings.
func (s *Sending) derive() {
	if s.EmailSender == SMTP && s.SMTPTLS == "" {
		s.SMTPTLS = StartTLS
	}
	if s.SMTPAddress == "" {
		return
	}
	if _, _, err := net.SplitHostPort(s.SMTPAddress); err != nil && smtpPorts[s.SMTPTLS] != "" {
		s.SMTPAddress = net.JoinHostPort(strings.Trim(s.SMTPAddress, "[]"), smtpPorts[s.SMTPTLS])
	}
}

// SMTPServer returns the host and port of SMTPAddress.
func (s *Sending) SMTPServer() (host string, port int) {
	host, text, _ := net.SplitHostPort(s.SMTPAddress)
	port, _ = strconv.Atoi(text) // Load has checked it
	return host, port
}

func (s *Sending) checkSending(p *Problems) {
	switch s.EmailSender {
	case NoSender, SMTP, SES, Webhook:
	default:
		p.add("email_sender: %q is neither smtp, ses nor webhook", s.EmailSender)
	}
	switch s.SMSSender {
	case NoSender, SNS, Webhook:
	default:
		p.add("sms_sender: %q is neither sns nor webhook", s.SMSSender)
	}
	s.checkFrom(p)
	s.checkSMTP(p)
	s.checkWebhook(p)
	s.checkAmazon(p)
	s.checkUnused(p)
}

func (s *Sending) checkFrom(p *Problems) {
	if s.EmailSender == NoSender && s.EmailFrom == "" {
		return
	}
	if _, err := mail.ParseAddress(s.EmailFrom); err != nil {
		p.add("email_from: %q is not an email address; emails need a From address", s.EmailFrom)
	}
}

func (s *Sending) checkSMTP(p *Problems) {
	if s.EmailSender != SMTP {
		return
	}
	if host, err := splitHostPort(s.SMTPAddress); err != nil || host == "" {
		p.add("smtp_address: %q is not host:port", s.SMTPAddress)
	}
	if smtpPorts[s.SMTPTLS] == "" {
		p.add("smtp_tls: %q is neither starttls, implicit nor none", s.SMTPTLS)
	}
	hasPassword := s.SMTPPassword != "" || s.SMTPPasswordFile != ""
	if (s.SMTPUser != "") != hasPassword {
		p.add("smtp_user, smtp_password_file: set both or neither")
	}
	if s.SMTPPassword != "" && s.SMTPPasswordFile != "" {
		p.add("smtp_password_file, %sSMTP_PASSWORD: set only one of them", EnvPrefix)
	}
	if s.SMTPUser != "" && s.SMTPTLS == NoTLS {
		p.add("smtp_tls: with none, the password would be sent unencrypted")
	}
}

func (s *Sending) checkWebhook(p *Problems) {
	if s.EmailSender != Webhook && s.SMSSender != Webhook {
		return
	}
	p.checkWebhook("webhook", "https://messages.example.com/send", "messages", s.WebhookURL, s.WebhookSecret, s.WebhookSecretFile)
}

// checkWebhook adds the problems of a webhook: of its address, and of the secret that signs what it gets. The names of its settings
// begin with the prefix, such as "audit_webhook".
func (p *Problems) checkWebhook(prefix, example, signed, address string, secret Secret, secretFile string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		p.add("%s_url: not a URL such as %s (https, or http on loopback, without a password)", prefix, example)
	}
	variable := EnvPrefix + strings.ToUpper(prefix) + "_SECRET"
	switch {
	case secret == "" && secretFile == "":
		p.add("%s_secret_file: required to sign %s", prefix, signed)
	case secret != "" && secretFile != "":
		p.add("%s_secret_file, %s: set only one of them", prefix, variable)
	case secret != "" && len(secret) < minSecretSize:
		p.add("%s: shorter than %d characters", variable, minSecretSize)
	}
}

func (s *Sending) checkAmazon(p *Problems) {
	for _, r := range []struct{ name, region string }{{"ses_region", s.SESRegion}, {"sns_region", s.SNSRegion}} {
		if r.region != "" && !regionPattern.MatchString(r.region) {
			p.add("%s: %q is not a region like us-east-1", r.name, r.region)
		}
	}
	for _, e := range []struct{ name, endpoint string }{
		{"ses_endpoint", s.SESEndpoint},
		{"sns_endpoint", s.SNSEndpoint},
		{"eums_endpoint", s.EUMSEndpoint},
		{"sts_endpoint", s.STSEndpoint},
	} {
		u, err := url.Parse(e.endpoint)
		if e.endpoint != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			p.add("%s: %q is not a URL", e.name, e.endpoint)
		}
	}
}

// checkUnused reports settings of senders that are not selected.
func (s *Sending) checkUnused(p *Problems) {
	webhook := s.EmailSender == Webhook || s.SMSSender == Webhook
	for _, setting := range []struct {
		name, value string
		used        bool
		needs       string
	}{
		{"email_from", s.EmailFrom, s.EmailSender != NoSender, "email_sender"},
		{"smtp_address", s.SMTPAddress, s.EmailSender == SMTP, "email_sender: smtp"},
		{"smtp_tls", s.SMTPTLS, s.EmailSender == SMTP, "email_sender: smtp"},
		{"smtp_user", s.SMTPUser, s.EmailSender == SMTP, "email_sender: smtp"},
		{"smtp_password_file", s.SMTPPasswordFile, s.EmailSender == SMTP, "email_sender: smtp"},
		{"smtp_ca_file", s.SMTPCAFile, s.EmailSender == SMTP, "email_sender: smtp"},
		{"ses_region", s.SESRegion, s.EmailSender == SES, "email_sender: ses"},
		{"ses_endpoint", s.SESEndpoint, s.EmailSender == SES, "email_sender: ses"},
		{"sns_region", s.SNSRegion, s.SMSSender == SNS, "sms_sender: sns"},
		{"sns_endpoint", s.SNSEndpoint, s.SMSSender == SNS, "sms_sender: sns"},
		{"eums_endpoint", s.EUMSEndpoint, s.SMSSender == SNS, "sms_sender: sns"},
		{"webhook_url", s.WebhookURL, webhook, "email_sender or sms_sender: webhook"},
		{"webhook_secret_file", s.WebhookSecretFile, webhook, "email_sender or sms_sender: webhook"},
	} {
		if setting.value != "" && !setting.used {
			p.add("%s: has no effect without %s", setting.name, setting.needs)
		}
	}
}

// readSecrets reads the secrets from the files that settings name.
func (s *Sending) readSecrets(p *Problems) {
	if s.SMTPPasswordFile != "" && s.SMTPPassword == "" {
		s.SMTPPassword = readSecret(p, "smtp_password_file", s.SMTPPasswordFile)
	}
	if s.WebhookSecretFile == "" || s.WebhookSecret != "" {
		return
	}
	s.WebhookSecret = readSecret(p, "webhook_secret_file", s.WebhookSecretFile)
	checkSecretSize(p, "webhook_secret_file", s.WebhookSecret)
}
