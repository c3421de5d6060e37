package cognate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// UserPool is one directory of users with its settings. Settings that no rule interprets have the shapes of the API. The
// settings of one concern are in one file (pool_*.go), with their checks.
type UserPool struct {
	ID         string // "<region>_<9 letters or digits>"
	AccountID  string // 12 digits
	Name       string
	CreatedAt  time.Time
	ModifiedAt time.Time
	// KeysVersion is a random number that changes whenever the signing keys of the pool change.
	KeysVersion int64

	Schema []api.SchemaAttributeType // standard attributes in the service's order, then custom attributes
	PoolUsernames
	PoolVerification

	AdminCreateOnly bool // SignUp is switched off
	PasswordPolicy  PasswordPolicy
	// FirstFactors are the factors that can start a choice-based sign-in. PASSWORD is always one of them.
	FirstFactors []api.AuthFactorType
	MFA          MFAConfig
	// LambdaConfig names the functions that the pool calls; nil if it calls none.
	LambdaConfig *api.LambdaConfigType
	PoolMessages

	DeletionProtection bool
	Tags               map[string]string
	Tier               api.UserPoolTierType // the feature plan
	AdvancedSecurity   *api.UserPoolAddOnsType
	Risk               *RiskConfiguration // nil if it was never set
	LogDelivery        []LogConfiguration // at most one of each source
	DeviceTracking     *api.DeviceConfigurationType
	UserSessions       UserSessionSettings
	Replica            *Replica // nil without one

	DCRConfiguration    *api.DcrConfigurationType
	KeyConfiguration    *api.KeyConfigurationType
	IssuerConfiguration *api.IssuerConfigurationType
	ACRConfiguration    map[string]api.AcrLevelConfigType
}

// Check returns an error for the first rule that the settings of a new pool break. The order of the checks is visible to
// clients.
// Errors: InvalidParameterException, FeatureUnavailableInTierException. Source: docs/behaviour.md §1.5, §4.7, §5.5. The
// texts were recorded from the service, except where a comment says that they are assumed.
func (p *UserPool) Check() error { return p.CheckChange(new(UserPool)) }

// CheckChange is Check for a pool that a request has changed. A caller that changes a pool calls it before it saves the pool.
// stored is a copy of the pool before the change. A structure of the settings that both share was not in the request:
// CheckChange does not parse the addresses in it, so a value that an earlier version stored does not prevent other changes.
func (p *UserPool) CheckChange(stored *UserPool) error {
	for _, check := range []func() error{
		p.PoolUsernames.check, p.checkFirstFactors, p.checkMFA, p.checkVerification, p.checkRecovery, p.PoolMessages.check,
		p.checkTriggers, func() error { return p.checkFunctions(stored) }, p.checkTier, p.checkTags,
		func() error { return p.checkAddresses(stored) }, func() error { return p.checkTemplates(stored) },
		func() error { return p.checkNewer(stored) }, p.checkReplica,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkAddresses parses the ARNs, regions and email addresses in the structures that stored does not share, except
// LambdaConfig.
func (p *UserPool) checkAddresses(stored *UserPool) error {
	if p.EmailConfiguration != stored.EmailConfiguration {
		if _, err := p.EmailSender(); err != nil {
			return err
		}
		if err := p.checkFrom(); err != nil {
			return err
		}
	}
	if p.SMSConfiguration != stored.SMSConfiguration {
		if err := p.checkSMSKind(); err != nil {
			return err
		}
		if _, err := p.SMSSender(); err != nil {
			return err
		}
	}
	if p.KeyConfiguration != stored.KeyConfiguration {
		return p.checkKey()
	}
	return nil
}

// checkKey checks the kind of key in KeyConfiguration and the ARN of a key of the customer.
// Assumed: the texts for an invalid, a missing and a superfluous KmsKeyArn.
func (p *UserPool) checkKey() error {
	c := p.KeyConfiguration
	if c == nil {
		return nil
	}
	switch owned := c.KeyType != api.EncryptionKeyTypeCustomerManagedKey; {
	case owned && c.KmsKeyArn != "":
		return api.InvalidParameterException("KmsKeyArn requires the KeyType CUSTOMER_MANAGED_KEY")
	case owned:
		return nil
	case c.KmsKeyArn == "":
		return api.InvalidParameterException("The KeyType CUSTOMER_MANAGED_KEY requires KmsKeyArn")
	}
	if _, err := ParseARN(KMSKeyARN, c.KmsKeyArn); err != nil {
		return api.InvalidParameterException("Invalid KmsKeyArn: " + c.KmsKeyArn)
	}
	return nil
}

// checkNewer checks the settings of newer features that the stored pool does not have.
func (p *UserPool) checkNewer(stored *UserPool) error {
	if !maps.Equal(p.ACRConfiguration, stored.ACRConfiguration) {
		if err := p.checkACR(); err != nil {
			return err
		}
	}
	if p.DCRConfiguration != stored.DCRConfiguration {
		return p.checkRegistration()
	}
	return nil
}

// Region returns the region part of the pool's ID.
func (p *UserPool) Region() string {
	region, _, _ := strings.Cut(p.ID, "_")
	return region
}

// ShortName returns the part of the pool's ID after the "_". SRP mixes it into the verifier (docs/behaviour.md §2.4).
func (p *UserPool) ShortName() string {
	_, name, _ := strings.Cut(p.ID, "_")
	return name
}

// ARN returns the pool's Amazon Resource Name.
func (p *UserPool) ARN() string { return p.ARNIn(p.Region()) }

// ARNIn returns the Amazon Resource Name that the pool has in a Region.
func (p *UserPool) ARNIn(region string) string {
	return "arn:aws:cognito-idp:" + region + ":" + p.AccountID + ":userpool/" + p.ID
}

// ParsePoolARN returns the Region and the ID in the ARN of a pool or a replica of an account:
// "arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID". It does not check that the pool exists.
func ParsePoolARN(arn, accountID string) (region, id string, ok bool) {
	_, id, _ = strings.Cut(arn, ":userpool/")
	rest, _ := strings.CutPrefix(arn, "arn:aws:cognito-idp:")
	region, _, _ = strings.Cut(rest, ":")
	pool := &UserPool{ID: id, AccountID: accountID}
	return region, id, pool.ARNIn(region) == arn
}

// TagsIn returns the tags of the pool in a Region: those of the pool, or of its replica. The caller must not change them. It returns
// false if the pool is not in the Region.
func (p *UserPool) TagsIn(region string) (map[string]string, bool) {
	switch {
	case region == p.Region():
		return p.Tags, true
	case p.IsReplicatedTo(region):
		return p.Replica.Tags, true
	default:
		return nil, false
	}
}

// Attribute returns the schema entry of that name.
func (p *UserPool) Attribute(name string) (api.SchemaAttributeType, bool) {
	i := slices.IndexFunc(p.Schema, func(a api.SchemaAttributeType) bool { return a.Name == name })
	if i < 0 {
		return api.SchemaAttributeType{}, false
	}
	return p.Schema[i], true
}
