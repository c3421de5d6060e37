package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"cognate"
	"cognate/api"
	"cognate/config"
	"cognate/internal/outgoing"
	"cognate/notify"
	"cognate/notify/eums"
	"cognate/notify/ses"
	"cognate/notify/smtp"
	"cognate/notify/sns"
	"cognate/notify/webhook"
)

// transports deliver messages, by medium.
type transports = map[api.DeliveryMediumType]notify.Transport

// newTransports returns the transports of the settings. They do not connect yet. Errors: if the default From address could not
// be used in any message.
func newTransports(ctx context.Context, c *config.Config, now func() time.Time) (transports, error) {
	if _, err := cognate.ParseNamedEmailAddress(c.EmailFrom); c.EmailFrom != "" && err != nil {
		return nil, fmt.Errorf("email_from: %q: %w", c.EmailFrom, err)
	}
	made := make(transports)
	for medium, sender := range map[api.DeliveryMediumType]config.Sender{
		api.DeliveryMediumTypeEmail: c.EmailSender, api.DeliveryMediumTypeSms: c.SMSSender,
	} {
		if sender == config.NoSender {
			continue
		}
		t, err := newTransport(ctx, sender, c, now)
		if err != nil {
			return nil, err
		}
		made[medium] = t
	}
	return made, nil
}

func newTransport(ctx context.Context, sender config.Sender, c *config.Config, now func() time.Time) (notify.Transport, error) {
	switch sender {
	case config.SMTP:
		return newSMTP(&c.Sending, now)
	case config.SES:
		return ses.New(ctx, ses.Config{
			Region: c.SESRegion, Endpoint: c.SESEndpoint, From: c.EmailFrom, Outgoing: outgoingRules(c), Now: now,
		})
	case config.SNS:
		return newSMS(ctx, c, now)
	default: // config allows no other
		return webhook.New(webhook.Config{
			URL: c.WebhookURL, Secret: []byte(c.WebhookSecret), From: c.EmailFrom, Client: outgoing.Operator(), Now: now,
		}), nil
	}
}

// newSMS returns the transport for text messages by AWS. A pool names the service.
func newSMS(ctx context.Context, c *config.Config, now func() time.Time) (notify.Transport, error) {
	simple, err := sns.New(ctx, sns.Config{
		Region: c.SNSRegion, Endpoint: c.SNSEndpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.SNSAssumeRoles,
		Outgoing: outgoingRules(c), Now: now,
	})
	if err != nil {
		return nil, err
	}
	endUser, err := eums.New(ctx, eums.Config{
		Endpoint: c.EUMSEndpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.SNSAssumeRoles, Outgoing: outgoingRules(c), Now: now,
	})
	if err != nil {
		return nil, err
	}
	return &notify.SMSTransports{SNS: simple, EndUserMessaging: endUser}, nil
}

// outgoingRules returns the rules for connections to hosts that API input names, from the settings.
func outgoingRules(c *config.Config) *outgoing.Rules {
	return &outgoing.Rules{
		Private: c.Mode == config.Dev, Prefixes: c.OutgoingAllow.Prefixes(), Hosts: c.OutgoingAllow.Names(),
	}
}

func newSMTP(c *config.Sending, now func() time.Time) (notify.Transport, error) {
	host, port := c.SMTPServer()
	var roots *x509.CertPool
	if c.SMTPCAFile != "" {
		pem, err := os.ReadFile(c.SMTPCAFile)
		if err != nil {
			return nil, fmt.Errorf("smtp_ca_file: %w", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("smtp_ca_file: %s contains no PEM certificate", c.SMTPCAFile)
		}
	}
	return smtp.New(smtp.Config{
		Host: host, Port: port, Security: smtp.Security(c.SMTPTLS), User: c.SMTPUser, Password: string(c.SMTPPassword),
		Roots: roots, From: c.EmailFrom, Now: now,
	})
}
