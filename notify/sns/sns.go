// Package sns hands text messages to Amazon SNS.
//
// Retrying is package outbox's.
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

	"cognate/api"
	"cognate/notify"
	"cognate/notify/amazon"
)

// Config says how to reach SNS. Credentials are those that every AWS tool finds: environment, profile, role of the machine.
type Config struct {
	// Region is where messages are sent of pools that name none; empty means the environment's.
	Region string
	// Endpoint is used instead of the region's own address, when set; STSEndpoint likewise, for roles.
	Endpoint, STSEndpoint string
	// AssumeRoles sends each pool's messages in the role of its SmsConfiguration, with its ExternalId. Without it they are
	// sent with the server's own credentials, and the role has no effect.
	AssumeRoles bool
	Now         func() time.Time
}

// Transport sends by SNS. It is made by New.
type Transport struct {
	client *amazon.Client
	sts    *sts.Client // nil unless roles are assumed

	mu    sync.Mutex
	roles map[role]aws.CredentialsProvider
}

// role is who a pool's messages are sent as.
type role struct{ arn, externalID string }

// New returns a transport. It connects to nothing yet. Errors: of the AWS configuration that the environment names.
func New(ctx context.Context, c Config) (*Transport, error) {
	client, err := amazon.New(ctx, amazon.Config{Service: "sns", Host: "sns", Region: c.Region, Endpoint: c.Endpoint, Now: c.Now})
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

// Deliver sends a text message, in the region and role that the pool names. What SNS finds wrong with the message itself is
// notify.Refused. Source: API reference, SmsConfigurationType; SNS API reference, Publish.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	form := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "PhoneNumber": {p.Destination}, "Message": {p.Body},
		// Codes can't wait: the dearer and more reliable way.
		"MessageAttributes.entry.1.Name":              {"AWS.SNS.SMS.SMSType"},
		"MessageAttributes.entry.1.Value.DataType":    {"String"},
		"MessageAttributes.entry.1.Value.StringValue": {"Transactional"},
	}
	request := amazon.Request{Path: "/", ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode())}
	t.as(p.Pool.SMSConfiguration, &request)
	return judged(t.client.Post(ctx, request))
}

// judged reads the code of a fault, which stands in the XML of the answer.
func judged(err error) error {
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

// as has a request made in the region and role of a pool.
func (t *Transport) as(c *api.SmsConfigurationType, r *amazon.Request) {
	if c == nil {
		return
	}
	r.Region = c.SnsRegion
	if t.sts != nil && c.SnsCallerArn != "" {
		r.Credentials = t.credentials(role{c.SnsCallerArn, c.ExternalId})
	}
}

// maxRoles bounds how many roles' credentials are kept: whoever may change pools names them.
const maxRoles = 256

// credentials returns a role's, which are fetched when they are needed and kept while they last.
func (t *Transport) credentials(r role) aws.CredentialsProvider {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, ok := t.roles[r]; ok {
		return kept
	}
	if len(t.roles) == maxRoles { // an arbitrary one makes room
		for old := range t.roles {
			delete(t.roles, old)
			break
		}
	}
	t.roles[r] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(t.sts, r.arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "cognate"
		if r.externalID != "" {
			o.ExternalID = &r.externalID
		}
	}))
	return t.roles[r]
}
