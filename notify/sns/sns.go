// Package sns sends text messages with Amazon SNS.
//
// It does not retry; package outbox does.
package sns

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cognate/internal/amazon"
	"cognate/internal/outgoing"
	"cognate/notify"
)

// Config holds the settings. Credentials come from the AWS SDK's default chain: environment, profile, role of the machine.
type Config struct {
	// Region is the region for pools that name none. Empty means the environment's.
	Region string
	// Endpoint and STSEndpoint, if set, replace the URLs of SNS and of STS in the region.
	Endpoint, STSEndpoint string
	// AssumeRoles sends each pool's messages with the role and ExternalId of its SmsConfiguration. Without it, messages are
	// sent with the server's own credentials and the role has no effect.
	AssumeRoles bool
	// Outgoing is for connections to regions that pools name. Nil means the rules of `cognate serve`.
	Outgoing *outgoing.Rules
	Now      func() time.Time
}

// Transport sends messages with SNS. Make it with New.
type Transport struct{ client *amazon.Client }

// New returns a transport. It does not connect yet. Errors: of the AWS configuration in the environment.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{
		Service: "sns", Host: "sns", Region: c.Region, Endpoint: c.Endpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.AssumeRoles,
		Outgoing: c.Outgoing, Now: c.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("reach SNS: %w", err)
	}
	return &Transport{client}, nil
}

// Deliver sends a text message in the region and with the role that the pool names. If SNS rejects the message itself, the
// error is notify.Refused. Source: API reference, SmsConfigurationType; SNS API reference, Publish.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	sender, err := p.SMSSender()
	if err != nil {
		return err
	}
	form := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "PhoneNumber": {p.Destination}, "Message": {p.Body},
		// Codes are urgent: transactional messages are more expensive and more reliable.
		"MessageAttributes.entry.1.Name":              {"AWS.SNS.SMS.SMSType"},
		"MessageAttributes.entry.1.Value.DataType":    {"String"},
		"MessageAttributes.entry.1.Value.StringValue": {"Transactional"},
	}
	return classify(t.client.Send(ctx, amazon.Request{
		Path: "/", ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()), Region: sender.Region,
		Role: sender.Role, ExternalID: sender.ExternalID,
	}))
}

// classify reads the fault's code from the XML of the answer, and marks an error about the message itself as
// notify.Refused.
func classify(err error) error {
	fault, ok := errors.AsType[*amazon.Fault](err)
	if !ok {
		return err
	}
	var answer struct {
		Code string `xml:"Error>Code"`
	}
	if xml.Unmarshal(fault.Body, &answer) == nil {
		fault.Code = answer.Code
	}
	if fault.Code == "InvalidParameter" {
		return notify.Refused(err)
	}
	return err
}
