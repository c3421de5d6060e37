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
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cognate"
	"cognate/internal/outgoing"
	"cognate/notify"
	"cognate/notify/amazon"
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
type Transport struct {
	client *amazon.Client
	sts    *sts.Client // nil if AssumeRoles is not set

	mu    sync.Mutex
	roles map[role]aws.CredentialsProvider
}

// role is the IAM role that sends a pool's messages.
type role struct {
	arn        cognate.ARN
	externalID string
}

// New returns a transport. It does not connect yet. Errors: of the AWS configuration in the environment.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{Service: "sns", Host: "sns", Region: c.Region, Endpoint: c.Endpoint, Outgoing: c.Outgoing, Now: c.Now})
	if err != nil {
		return nil, fmt.Errorf("reach SNS: %w", err)
	}
	t := &Transport{client: client, roles: make(map[role]aws.CredentialsProvider)}
	if c.AssumeRoles {
		t.sts = sts.NewFromConfig(client.Settings, func(o *sts.Options) {
			if c.STSEndpoint != "" {
				o.BaseEndpoint = &c.STSEndpoint
			}
		})
	}
	return t, nil
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
	request := amazon.Request{
		Path: "/", ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()), Region: sender.Region,
	}
	if t.sts != nil && sender.Role != (cognate.ARN{}) {
		request.Credentials = t.credentials(role{sender.Role, sender.ExternalID})
	}
	return classify(t.client.Post(ctx, request))
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

// maxRoles limits how many roles' credentials are cached, because administrators of pools name the roles.
const maxRoles = 256

// credentials returns the credentials of a role. They are fetched when needed and cached until they expire.
func (t *Transport) credentials(r role) aws.CredentialsProvider {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, ok := t.roles[r]; ok {
		return kept
	}
	if len(t.roles) == maxRoles { // an arbitrary role is dropped
		for old := range t.roles {
			delete(t.roles, old)
			break
		}
	}
	t.roles[r] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(t.sts, r.arn.String(), func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "cognate"
		if r.externalID != "" {
			o.ExternalID = &r.externalID
		}
	}))
	return t.roles[r]
}
