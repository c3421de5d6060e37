package amazon

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cognate"
)

// roles provides the credentials of the IAM roles that send the requests of pools. Make it with newRoles.
type roles struct {
	sts *sts.Client

	mu    sync.Mutex
	known map[role]aws.CredentialsProvider
}

type role struct {
	arn        cognate.ARN
	externalID string
}

// newRoles returns the roles that the server's own credentials may assume. The endpoint, if set, replaces the URL of STS in the
// region of the settings.
func newRoles(settings aws.Config, endpoint string) *roles {
	return &roles{known: make(map[role]aws.CredentialsProvider), sts: sts.NewFromConfig(settings, func(o *sts.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})}
}

// maxRoles limits how many roles' credentials are cached, because administrators of pools name the roles.
const maxRoles = 256

// credentials returns the credentials of a role, or nil for nil roles or a zero ARN: then the client's own credentials count.
// They are fetched when needed and cached until they expire.
func (t *roles) credentials(arn cognate.ARN, externalID string) aws.CredentialsProvider {
	if t == nil || arn == (cognate.ARN{}) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := role{arn, externalID}
	if kept, ok := t.known[r]; ok {
		return kept
	}
	if len(t.known) == maxRoles { // an arbitrary role is dropped
		for old := range t.known {
			delete(t.known, old)
			break
		}
	}
	t.known[r] = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(t.sts, r.arn.String(), func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "cognate"
		if r.externalID != "" {
			o.ExternalID = &r.externalID
		}
	}))
	return t.known[r]
}
