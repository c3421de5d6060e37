// Package ses hands emails to Amazon SES, by version 2 of its API.
//
// Retrying is package outbox's.
package ses

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cognate/api"
	"cognate/notify"
	"cognate/notify/amazon"
)

// Config says how to reach SES. Credentials are those that every AWS tool finds: environment, profile, role of the machine.
type Config struct {
	// Region is where emails are sent of pools that name no identity in another; empty means the environment's.
	Region string
	// Endpoint is used instead of the region's own address, when set.
	Endpoint string
	// From is the address that emails of pools without one of their own come from.
	From string
	Now  func() time.Time
}

// Transport sends by SES. It is made by New.
type Transport struct {
	client *amazon.Client
	from   string
}

// New returns a transport. It connects to nothing yet. Errors: of the AWS configuration that the environment names.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{Service: "ses", Host: "email", Region: c.Region, Endpoint: c.Endpoint, Now: c.Now})
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
		HTML text `json:"Html"`
	}
	text struct{ Charset, Data string }
)

const charset = "UTF-8"

// Deliver sends an email, under the identity and configuration set that the pool names, in that identity's region. What
// SES finds wrong with the message itself is notify.Refused.
// Source: API reference, EmailConfigurationType; SES API v2 reference, SendEmail.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	in := sendEmail{
		FromEmailAddress: p.From(t.from), Destination: destination{[]string{p.Destination}},
		Content: content{simple{Subject: text{charset, p.Subject}, Body: body{text{charset, p.Body}}}},
	}
	if replyTo := p.ReplyTo(); replyTo != "" {
		in.ReplyToAddresses = []string{replyTo}
	}
	if c := p.Pool.EmailConfiguration; c != nil {
		in.FromEmailAddressIdentityARN, in.ConfigurationSetName = c.SourceArn, c.ConfigurationSet
	}
	document, err := api.Marshal(in)
	if err != nil {
		return notify.Refused(fmt.Errorf("encode message: %w", err))
	}
	return judged(t.client.Post(ctx, amazon.Request{
		Path: "/v2/email/outbound-emails", ContentType: "application/json", Body: document,
		Region: regionOf(in.FromEmailAddressIdentityARN),
	}))
}

func judged(err error) error {
	fault, ok := errors.AsType[*amazon.Fault](err)
	if ok && (fault.Code == "MessageRejected" || fault.Code == "BadRequestException") {
		return notify.Refused(err)
	}
	return err
}

// regionOf returns the region of an ARN, arn:aws:ses:REGION:...; empty for what is none.
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}
