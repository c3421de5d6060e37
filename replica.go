package cognate

import (
	"context"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// Replica makes a user pool usable in a second Region. Its data is that of the pool.
type Replica struct {
	Region string
	// Active lets users sign in through the second Region.
	Active    bool
	Tags      map[string]string
	CreatedAt time.Time
}

// ReplicaRegion is a Region in which user pools can have replicas.
type ReplicaRegion struct {
	Region string // "eu-west-1"
	// Host is the host name of the server for clients of the Region, in lower case and without a port; "" if it has none.
	Host string
}

// Errors of replicas.
// Assumed: the texts for requests that the feature plan, the key, the Region or the status of a replica forbids.
var (
	ErrReplicaNotFound = api.ResourceNotFoundException("User pool replica does not exist.")
	ErrReplicaExists   = api.LimitExceededException("A user pool can have only one replica.")
	ErrReplicaActive   = api.InvalidParameterException("An active replica cannot be deleted. Set its status to INACTIVE first.")
	ErrReplicaOnly     = api.InvalidParameterException("A replica can be deleted only in the primary Region of the user pool.")
	ErrReplicaRegion   = api.InvalidParameterException("User pools cannot have replicas in this Region.")
	errReplicaTier     = api.FeatureUnavailableInTierException("Replicas are not available in the LITE pricing tier.")
	errReplicaKey      = api.InvalidParameterException("A replica requires KeyConfiguration with a multi-Region customer managed key.")
)

// CheckReplica returns an error if the settings of the pool do not allow a replica. Source: docs/behaviour.md §5.12.
// Assumed: an unset feature plan is ESSENTIALS, and a multi-Region key is one whose ID starts with mrk-.
func (p *UserPool) CheckReplica() error {
	switch k := p.KeyConfiguration; {
	case p.Tier == api.UserPoolTierTypeLite:
		return errReplicaTier
	case k == nil || k.KeyType != api.EncryptionKeyTypeCustomerManagedKey || !strings.Contains(k.KmsKeyArn, ":key/mrk-"):
		return errReplicaKey
	default:
		return nil
	}
}

// CheckTags checks the tags of the replica. Those that hold a setting belong to the pool.
// Assumed: the text for a tag of a replica with the prefix of Cognate.
func (r *Replica) CheckTags() error {
	for key := range r.Tags {
		if strings.HasPrefix(key, cognateTagPrefix) {
			return api.InvalidParameterException("A replica has no settings: " + key)
		}
	}
	return checkTags(r.Tags)
}

// checkReplica returns an error if a pool with a replica has settings that do not allow one.
func (p *UserPool) checkReplica() error {
	if p.Replica == nil {
		return nil
	}
	if err := p.Replica.CheckTags(); err != nil {
		return err
	}
	return p.CheckReplica()
}

// IsReplicatedTo reports whether the pool has a replica in a Region.
func (p *UserPool) IsReplicatedTo(region string) bool {
	return p.Replica != nil && p.Replica.Region == region
}

// Enables reports whether requests in the Region of the replica may call an operation. Source: docs/behaviour.md §5.12.
func (r *Replica) Enables(operation string) bool {
	return slices.Contains(inactiveReplica, operation) || r.Active && slices.Contains(activeReplica, operation)
}

// inactiveReplica are the operations that an inactive replica has.
var inactiveReplica = []string{
	"AdminGetDevice", "AdminGetUser", "AdminListDevices", "AdminListGroupsForUser", "AdminListUserAuthEvents",
	"CreateUserPoolDomain", "DeleteUserPoolDomain", "DeleteUserPoolReplica", "DescribeIdentityProvider",
	"DescribeManagedLoginBranding", "DescribeManagedLoginBrandingByClient", "DescribeResourceServer",
	"DescribeRiskConfiguration", "DescribeTerms", "DescribeUserPool", "DescribeUserPoolClient", "DescribeUserPoolDomain",
	"GetGroup", "GetLogDeliveryConfiguration", "GetSigningCertificate", "GetUICustomization", "GetUserPoolMfaConfig",
	"ListGroups", "ListIdentityProviders", "ListResourceServers", "ListTagsForResource", "ListTerms", "ListUserPoolClients",
	"ListUserPoolClientSecrets", "ListUserPoolReplicas", "ListUserPools", "ListUsers", "ListUsersInGroup",
	"SetLogDeliveryConfiguration", "SetRiskConfiguration", "SetUserPoolMfaConfig", "TagResource", "UntagResource",
	"UpdateUserPool", "UpdateUserPoolDomain", "UpdateUserPoolReplica",
}

// activeReplica are the operations that only an active replica has.
var activeReplica = []string{
	"AdminInitiateAuth", "AdminRespondToAuthChallenge", "AdminUpdateAuthEventFeedback", "AdminUserGlobalSignOut", "GetDevice",
	"GetIdentityProviderByIdentifier", "GetTokensFromRefreshToken", "GetUser", "GetUserAuthFactors", "GlobalSignOut", "InitiateAuth",
	"ListDevices", "ListWebAuthnCredentials", "RespondToAuthChallenge", "RevokeToken", "UpdateAuthEventFeedback",
}

type replicaKey struct{}

// WithReplica returns the context of a request in the Region of a replica.
func WithReplica(ctx context.Context) context.Context {
	return context.WithValue(ctx, replicaKey{}, true)
}

// InReplica reports whether a request is in the Region of a replica.
func InReplica(ctx context.Context) bool {
	in, _ := ctx.Value(replicaKey{}).(bool)
	return in
}
