// Package eums sends text messages with AWS End User Messaging SMS.
//
// It does not retry; package outbox does.
package eums

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate/api"
	"cognate/internal/amazon"
	"cognate/internal/outgoing"
	"cognate/notify"
)

// Config holds the settings. Credentials come from the AWS SDK's default chain: environment, profile, role of the machine.
type Config struct {
	// Endpoint and STSEndpoint, if set, replace the URLs of the service and of STS.
	Endpoint, STSEndpoint string
	// AssumeRoles sends each pool's messages with the role and ExternalId of its EumsSms. Without it, messages are sent with the
	// server's own credentials and the role has no effect.
	AssumeRoles bool
	// Outgoing is for connections to the regions of pools. Nil means the rules of `cognate serve`.
	Outgoing *outgoing.Rules
	Now      func() time.Time
}

// Transport sends messages with AWS End User Messaging SMS. Make it with New.
type Transport struct{ client *amazon.Client }

// New returns a transport. It does not connect yet. Errors: of the AWS configuration in the environment.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{
		Service: "sms-voice", Host: "sms-voice", Endpoint: c.Endpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.AssumeRoles,
		Outgoing: c.Outgoing, Now: c.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("reach AWS End User Messaging: %w", err)
	}
	return &Transport{client}, nil
}

// sendTextMessage is the request. Source: API reference of AWS End User Messaging SMS, SendTextMessage.
type sendTextMessage struct {
	DestinationPhoneNumber       string
	MessageBody                  string
	MessageType                  string
	OriginationIdentity          string            `json:",omitzero"`
	ConfigurationSetName         string            `json:",omitzero"`
	DestinationCountryParameters map[string]string `json:",omitzero"`
}

// Deliver sends a text message as the pool's EumsSms says, in the region of the pool. If the service rejects the message itself,
// the error is notify.Refused. Source: docs/behaviour.md §5.11.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	sender, err := p.EndUserMessagingSender()
	if err != nil {
		return err
	}
	in := sendTextMessage{
		DestinationPhoneNumber: p.Destination, MessageBody: p.Body,
		MessageType:         "TRANSACTIONAL", // codes are urgent
		OriginationIdentity: sender.Origination, ConfigurationSetName: sender.ConfigurationSet,
	}
	for name, value := range map[string]string{"IN_ENTITY_ID": sender.EntityID, "IN_TEMPLATE_ID": sender.TemplateID} {
		if value == "" {
			continue
		}
		if in.DestinationCountryParameters == nil {
			in.DestinationCountryParameters = make(map[string]string)
		}
		in.DestinationCountryParameters[name] = value
	}
	document, err := api.Marshal(in)
	if err != nil {
		return notify.Refused(fmt.Errorf("encode message: %w", err))
	}
	return classify(t.client.Send(ctx, amazon.Request{
		Path: "/", ContentType: "application/x-amz-json-1.0", Target: "PinpointSMSVoiceV2.SendTextMessage", Body: document,
		Region: sender.Region, Role: sender.Role, ExternalID: sender.ExternalID,
	}))
}

// classify marks an error about the message itself as notify.Refused.
func classify(err error) error {
	if fault, ok := errors.AsType[*amazon.Fault](err); ok && fault.Code == "ValidationException" {
		return notify.Refused(err)
	}
	return err
}
