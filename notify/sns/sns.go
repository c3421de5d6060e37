// Package sns hands text messages to Amazon SNS.
//
// Retrying is package outbox's.
package sns

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cognate/api"
	"cognate/notify"
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
}

// Transport sends by SNS. It is made by New.
type Transport struct {
	client *sns.Client
	sts    *sts.Client // nil unless roles are assumed

	mu    sync.Mutex
	roles map[role]aws.CredentialsProvider
}

// role is who a pool's messages are sent as.
type role struct{ arn, externalID string }

// New returns a transport. It connects to nothing yet. Errors: of the AWS configuration that the environment names.
func New(ctx context.Context, c Config) (*Transport, error) {
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(c.Region))
	if err != nil {
		return nil, fmt.Errorf("configure SNS: %w", err)
	}
	t := &Transport{roles: make(map[role]aws.CredentialsProvider)}
	t.client = sns.NewFromConfig(settings, func(o *sns.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = &c.Endpoint
		}
	})
	if c.AssumeRoles {
		t.sts = sts.NewFromConfig(settings, func(o *sts.Options) {
			if c.STSEndpoint != "" {
				o.BaseEndpoint = &c.STSEndpoint
			}
		})
	}
	return t, nil
}

// Deliver sends a text message, in the region that the pool names. What SNS finds wrong with the message itself is
// notify.Refused. Source: API reference, SmsConfigurationType; SNS API reference, Publish.
func (t *Transport) Deliver(ctx context.Context, p *notify.Parcel) error {
	in := &sns.PublishInput{
		PhoneNumber: &p.Destination, Message: &p.Body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			// Codes can't wait: the dearer and more reliable way.
			"AWS.SNS.SMS.SMSType": {DataType: aws.String("String"), StringValue: aws.String("Transactional")},
		},
	}
	_, err := t.client.Publish(ctx, in, t.as(p.Pool.SMSConfiguration))
	if _, malformed := errors.AsType[*types.InvalidParameterException](err); malformed {
		return notify.Refused(err)
	}
	return err
}

// as has a request made in the region and role of a pool.
func (t *Transport) as(c *api.SmsConfigurationType) func(*sns.Options) {
	return func(o *sns.Options) {
		if c == nil {
			return
		}
		if c.SnsRegion != "" {
			o.Region = c.SnsRegion
		}
		if t.sts != nil && c.SnsCallerArn != "" {
			o.Credentials = t.credentials(role{c.SnsCallerArn, c.ExternalId})
		}
	}
}

// credentials returns a role's, which are fetched when they are needed and kept while they last.
func (t *Transport) credentials(r role) aws.CredentialsProvider {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept, ok := t.roles[r]; ok {
		return kept
	}
	t.roles[r] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(t.sts, r.arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "cognate"
		if r.externalID != "" {
			o.ExternalID = &r.externalID
		}
	}))
	return t.roles[r]
}
