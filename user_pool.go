package cognate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// UserPool is one directory of users with its settings. Settings that no rule interprets have the shapes of the API.
type UserPool struct {
	ID         string // "<region>_<9 letters or digits>"
	AccountID  string // 12 digits
	Name       string
	CreatedAt  time.Time
	ModifiedAt time.Time

	// Who its users are.

	Schema             []api.SchemaAttributeType // standard attributes in the service's order, then custom ones
	UsernameAttributes []api.UsernameAttributeType
	AliasAttributes    []api.AliasAttributeType
	AutoVerified       []api.VerifiedAttributeType
	VerifyBeforeUpdate []api.VerifiedAttributeType
	CaseInsensitive    bool
	// CaseSensitivityRequested is as sent in UsernameConfiguration; nil when the member was not sent.
	CaseSensitivityRequested *bool

	// How they come in.

	AdminCreateOnly bool
	PasswordPolicy  PasswordPolicy
	// FirstFactors are the factors that may begin a choice-based sign-in; PASSWORD is always among them.
	FirstFactors []api.AuthFactorType
	MFA          MFAConfig
	// Recovery is empty after an empty AccountRecoverySetting: the legacy order, phone first.
	Recovery []api.RecoveryOptionType
	// LambdaConfig names the functions that the pool calls; nil when it calls none.
	LambdaConfig *api.LambdaConfigType

	// How the pool is kept.

	DeletionProtection bool
	Tags               map[string]string
	Tier               api.UserPoolTierType
	EmailConfiguration *api.EmailConfigurationType
	SMSConfiguration   *api.SmsConfigurationType
	AdvancedSecurity   *api.UserPoolAddOnsType
	DeviceTracking     *api.DeviceConfigurationType
	UserSessions       UserSessionSettings

	// What its messages say.

	// VerificationMessageTemplate holds SmsVerificationMessage, EmailVerificationMessage and EmailVerificationSubject too:
	// the service shows each text in both places.
	VerificationMessageTemplate *api.VerificationMessageTemplateType
	InviteMessageTemplate       *api.MessageTemplateType
	SMSAuthenticationMessage    string

	// Settings that no rule of this version reads: they are stored and shown again.

	DCRConfiguration    *api.DcrConfigurationType
	KeyConfiguration    *api.KeyConfigurationType
	IssuerConfiguration *api.IssuerConfigurationType
	ACRConfiguration    map[string]api.AcrLevelConfigType
}

// MFAConfig says whether a pool asks for a second factor, and which ones it knows.
type MFAConfig struct {
	Mode          api.UserPoolMfaType // OFF, OPTIONAL or ON; never empty
	SoftwareToken bool
	// SoftwareTokenSent tells an explicit Enabled=false from a block that was never sent; GetUserPoolMfaConfig shows the former.
	SoftwareTokenSent bool
	SMS               bool
	Email             *api.EmailMfaConfigType
	WebAuthn          *api.WebAuthnConfigurationType
}

// PasswordPolicy is what a password of the pool must look like and how long a temporary one lives.
type PasswordPolicy struct {
	MinimumLength                                                      int
	RequireUppercase, RequireLowercase, RequireNumbers, RequireSymbols bool
	TemporaryPasswordValidityDays                                      int
	// TemporaryValiditySent says that the owner chose TemporaryPasswordValidityDays, which rules out its predecessor,
	// UnusedAccountValidityDays.
	TemporaryValiditySent bool
	HistorySize           int
	HistorySent           bool
}

// UserSessionSettings say what is known of the sessions of a pool's users.
type UserSessionSettings struct {
	// Tracked makes token sessions visible: users and administrators may list and revoke them, and a user may have only so
	// many.
	Tracked    bool
	MaxPerUser int // token sessions, 1 to 100; 0 means the default
}

// DefaultMaxUserSessions is how many token sessions a user may have in a pool whose owner named no number.
const DefaultMaxUserSessions = 20

// Limit returns how many token sessions a user may have while they are tracked.
func (s UserSessionSettings) Limit() int { return cmp.Or(s.MaxPerUser, DefaultMaxUserSessions) }

// Region returns the region part of the pool's id.
func (p *UserPool) Region() string {
	region, _, _ := strings.Cut(p.ID, "_")
	return region
}

// ShortName returns the part of the pool's id behind the "_"; SRP mixes it into the verifier (docs/behaviour.md §2.4).
func (p *UserPool) ShortName() string {
	_, name, _ := strings.Cut(p.ID, "_")
	return name
}

// ARN returns the pool's Amazon resource name.
func (p *UserPool) ARN() string {
	return "arn:aws:cognito-idp:" + p.Region() + ":" + p.AccountID + ":userpool/" + p.ID
}

// Tags that carry settings for which the API has no member.
const (
	TagSoftwareTokenReplacement = "cognate:software-token-replacement" // "at-once" (default) or "on-verify"
	TagPasswordStorage          = "cognate:password-storage"           // "srp" (default) or "argon2id"
	TagPasskeyApps              = "cognate:passkey-apps"               // origins of apps, with spaces between them

	replaceAtOnce   = "at-once"
	replaceOnVerify = "on-verify"
	storeSRP        = "srp"
	storeArgon2id   = "argon2id"
)

// ReplacesTokenOnVerify reports whether AssociateSoftwareToken leaves a user's token in force until the new one is
// verified, instead of dropping it at once.
func (p *UserPool) ReplacesTokenOnVerify() bool {
	return p.Tags[TagSoftwareTokenReplacement] == replaceOnVerify
}

// StoresArgon2id reports whether the pool keeps passwords as argon2id only, and so refuses SRP.
func (p *UserPool) StoresArgon2id() bool { return p.Tags[TagPasswordStorage] == storeArgon2id }

// UsesUsernameAttributes reports whether users sign up with an email address or a phone number for a username; the
// stored username is then the sub (docs/behaviour.md §4.2).
func (p *UserPool) UsesUsernameAttributes() bool { return len(p.UsernameAttributes) > 0 }

// HasAlias reports whether a verified value of the attribute signs its user in. Pools with username attributes treat
// those attributes the same way.
func (p *UserPool) HasAlias(attribute string) bool {
	return slices.Contains(p.AliasAttributes, api.AliasAttributeType(attribute)) ||
		slices.Contains(p.UsernameAttributes, api.UsernameAttributeType(attribute))
}

// AutoVerifies reports whether the pool verifies the attribute ("email" or "phone_number") by a code.
func (p *UserPool) AutoVerifies(attribute string) bool {
	return slices.Contains(p.AutoVerified, api.VerifiedAttributeType(attribute))
}

// Normal returns the form of a username or alias under which the pool compares it.
func (p *UserPool) Normal(login string) string {
	if p.CaseInsensitive {
		return strings.ToLower(login)
	}
	return login
}

// Attribute returns the pool's schema entry of that name.
func (p *UserPool) Attribute(name string) (api.SchemaAttributeType, bool) {
	i := slices.IndexFunc(p.Schema, func(a api.SchemaAttributeType) bool { return a.Name == name })
	if i < 0 {
		return api.SchemaAttributeType{}, false
	}
	return p.Schema[i], true
}
