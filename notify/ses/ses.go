// Package ses sends emails with Amazon SES, through version 2 of its API.
//
// It does not retry; package outbox does.
package ses

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/api"
	"cognate/internal/amazon"
	"cognate/internal/outgoing"
	"cognate/notify"
)

// Config holds the settings. Credentials come from the AWS SDK's default chain: environment, profile, role of the machine.
type Config struct {
	// Region is the region for pools that name no identity in another. Empty means the environment's.
	Region string
	// Endpoint, if set, replaces the region's URL.
	Endpoint string
	// From is the From address for pools that set none.
	From string
	// Outgoing is for connections to regions that pools name. Nil means the rules of `cognate serve`.
	Outgoing *outgoing.Rules
	Now      func() time.Time
}

// Transport sends emails with SES. Make it with New.
type Transport struct {
	client *amazon.Client
	from   string
}

// New returns a transport. It does not connect yet. Errors: of the AWS configuration in the environment.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{Service: "ses", Host: "email", Region: c.Region, Endpoint: c.Endpoint, Outgoing: c.Outgoing, Now: c.Now})
	if err != nil {
		return nil, fmt.Errorf("reach SES: %w", err)
	}
	return &Transport{client: client, from: c.From}, nil
}

// The request of SendEmail. Source: SES API v2 reference.
type (
	sendEmail struct {
		FromEmailAddress            string
		FromEmailAddressIdentityARN string `json:"FromEmailAddressIdentityArn,omitzero"`
		Destination                 destination
		ReplyToAddresses            []string `json:",omitzero"`
		ConfigurationSetName        string   `json:",omitzero"`
		Content                     content
	}
	destination struct{ ToAddresses []string }
	content     struct{ Simple simple }
	simple      struct {
		Subject text
		Body    body
	}
	body struct {
		HTML text  `json:"Html"`
		Text *text `json:",omitzero"`
	}
	text struct{ Charset, Data string }
)

const charset = "UTF-8"

// Deliver sends an email with the identity and configuration set that the pool names, in that identity's region. If SES
// rejects the message itself, the error is notify.Refused. Source: API reference, EmailConfigurationType; SES API v2
// reference, SendEmail.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	sender, err := p.EmailSender(t.from)
	if err != nil {
		return err
	}
	in := sendEmail{
		FromEmailAddress: sender.From.String(), Destination: destination{[]string{p.Destination}},
		FromEmailAddressIdentityARN: sender.Identity.String(), ConfigurationSetName: sender.ConfigurationSet,
		Content: content{simple{Subject: text{charset, p.Subject}, Body: body{HTML: text{charset, p.Body}}}},
	}
	if p.Text != "" {
		in.Content.Simple.Body.Text = &text{charset, p.Text}
	}
	if sender.ReplyTo != (cognate.EmailAddress{}) {
		in.ReplyToAddresses = []string{sender.ReplyTo.String()}
	}
	document, err := api.Marshal(in)
	if err != nil {
		return notify.Refused(fmt.Errorf("encode message: %w", err))
	}
	return classify(t.client.Send(ctx, amazon.Request{
		Path: "/v2/email/outbound-emails", ContentType: "application/json", Body: document,
		Region: sender.Identity.Region(),
	}))
}

func classify(err error) error {
	fault, ok := errors.AsType[*amazon.Fault](err)
	if ok && (fault.Code == "MessageRejected" || fault.Code == "BadRequestException") {
		return notify.Refused(err)
	}
	return err
}
