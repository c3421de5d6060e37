// Package ses hands emails to Amazon SES, by version 2 of its API.
//
// Retrying is package outbox's.
package ses

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"cognate/notify"
)

// Config says how to reach SES. Credentials are those that every AWS tool finds: environment, profile, role of the machine.
type Config struct {
	// Region is where emails are sent of pools that name no identity in another; empty means the environment's.
	Region string
	// Endpoint is used instead of the region's own address, when set.
	Endpoint string
	// From is the address that emails of pools without one of their own come from.
	From string
}

// Transport sends by SES. It is made by New.
type Transport struct {
	client *sesv2.Client
	from   string
}

// New returns a transport. It connects to nothing yet. Errors: of the AWS configuration that the environment names.
func New(ctx context.Context, c Config) (*Transport, error) {
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(c.Region))
	if err != nil {
		return nil, fmt.Errorf("configure SES: %w", err)
	}
	client := sesv2.NewFromConfig(settings, func(o *sesv2.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = &c.Endpoint
		}
	})
	return &Transport{client: client, from: c.From}, nil
}

const charset = "UTF-8"

// Deliver sends an email, under the identity and configuration set that the pool names, in that identity's region. What
// SES finds wrong with the message itself is notify.Refused.
// Source: API reference, EmailConfigurationType; SES API v2 reference, SendEmail.
func (t *Transport) Deliver(ctx context.Context, p *notify.Parcel) error {
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(p.From(t.from)),
		Destination:      &types.Destination{ToAddresses: []string{p.Destination}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: &p.Subject, Charset: aws.String(charset)},
			Body:    &types.Body{Html: &types.Content{Data: &p.Body, Charset: aws.String(charset)}},
		}},
	}
	if replyTo := p.ReplyTo(); replyTo != "" {
		in.ReplyToAddresses = []string{replyTo}
	}
	var options []func(*sesv2.Options)
	if c := p.Pool.EmailConfiguration; c != nil {
		in.ConfigurationSetName = optional(c.ConfigurationSet)
		in.FromEmailAddressIdentityArn = optional(c.SourceArn)
		options = inRegionOf(c.SourceArn)
	}
	_, err := t.client.SendEmail(ctx, in, options...)
	return judged(err)
}

func judged(err error) error {
	_, rejected := errors.AsType[*types.MessageRejected](err)
	_, malformed := errors.AsType[*types.BadRequestException](err)
	if rejected || malformed {
		return notify.Refused(err)
	}
	return err
}

// inRegionOf has a request go to the region of an ARN, arn:aws:ses:REGION:...; an empty one changes nothing.
func inRegionOf(arn string) []func(*sesv2.Options) {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 || parts[3] == "" {
		return nil
	}
	return []func(*sesv2.Options){func(o *sesv2.Options) { o.Region = parts[3] }}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
