package cognatetest

import (
	"cognate"
	"cognate/api"
)

// Option is a setting of a test's user pool or of its app client.
type Option func(*settings)

// settings are what Pool and MustClient create.
type settings struct {
	pool     api.CreateUserPoolInput
	client   api.CreateUserPoolClientInput
	mfa      api.UserPoolMfaType // empty: the pool's default
	triggers []cognate.Trigger
}

func newSettings(options []Option) *settings {
	s := new(settings)
	s.pool.PoolName, s.client.ClientName = "people", "app"
	s.client.ExplicitAuthFlows = []api.ExplicitAuthFlowsType{
		api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
		api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserAuth,
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// PoolSettings changes the request that creates the pool, for settings without an option of their own.
func PoolSettings(change func(*api.CreateUserPoolInput)) Option {
	return func(s *settings) { change(&s.pool) }
}

// ClientSettings changes the request that creates the app client, for settings without an option of their own.
func ClientSettings(change func(*api.CreateUserPoolClientInput)) Option {
	return func(s *settings) { change(&s.client) }
}

// MFA sets the pool's MFA mode. Users may have software tokens unless it is OFF.
func MFA(mode api.UserPoolMfaType) Option {
	return func(s *settings) { s.mfa = mode }
}

// Tag tags the pool.
func Tag(key, value string) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		if in.UserPoolTags == nil {
			in.UserPoolTags = make(map[string]string)
		}
		in.UserPoolTags[key] = value
	})
}

// UsernameIsEmail makes usernames email addresses.
func UsernameIsEmail() Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UsernameAttributes = []api.UsernameAttributeType{api.UsernameAttributeTypeEmail}
	})
}

// EmailIsAlias makes email addresses and preferred usernames aliases.
func EmailIsAlias() Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AliasAttributes = []api.AliasAttributeType{api.AliasAttributeTypeEmail, api.AliasAttributeTypePreferredUsername}
	})
}

// IgnoreCase makes usernames that differ in case only the same.
func IgnoreCase() Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UsernameConfiguration = &api.UsernameConfigurationType{CaseSensitive: new(false)}
	})
}

// AutoVerify makes the pool verify these attributes of new users.
func AutoVerify(attributes ...api.VerifiedAttributeType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) { in.AutoVerifiedAttributes = attributes })
}

// VerifyBeforeUpdate makes the pool verify new values of these attributes before they replace the old ones.
func VerifyBeforeUpdate(attributes ...api.VerifiedAttributeType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserAttributeUpdateSettings = &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: attributes}
	})
}

// TrackDevices makes the pool track devices. A remembered device replaces the second factor if replaceMFA. If onPrompt,
// users choose whether a device is remembered.
func TrackDevices(replaceMFA, onPrompt bool) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.DeviceConfiguration = &api.DeviceConfigurationType{
			ChallengeRequiredOnNewDevice: new(replaceMFA), DeviceOnlyRememberedOnUserPrompt: new(onPrompt),
		}
	})
}

// ThreatProtection puts the pool on the PLUS plan, with that mode of threat protection.
func ThreatProtection(mode api.AdvancedSecurityModeType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserPoolTier = api.UserPoolTierTypePlus
		in.UserPoolAddOns = &api.UserPoolAddOnsType{AdvancedSecurityMode: mode}
	})
}

// AdminCreateOnly closes the pool to SignUp.
func AdminCreateOnly() Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AdminCreateUserConfig = &api.AdminCreateUserConfigType{AllowAdminCreateUserOnly: new(true)}
	})
}

// Schema adds attributes to the pool's schema.
func Schema(attributes ...api.SchemaAttributeType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) { in.Schema = attributes })
}

// FirstFactors sets the factors by which users can begin a sign-in.
func FirstFactors(factors ...api.AuthFactorType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.Policies = &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: factors}}
	})
}

// SMSRole is the IAM role of pools that send SMS messages.
const SMSRole = "arn:aws:iam::" + AccountID + ":role/sms"

// Recovery sets the pool's recovery mechanisms, the preferred one first. Without names the pool has an empty setting.
func Recovery(names ...api.RecoveryOptionNameType) Option {
	return PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AccountRecoverySetting = &api.AccountRecoverySettingType{}
		for i, name := range names {
			in.AccountRecoverySetting.RecoveryMechanisms = append(in.AccountRecoverySetting.RecoveryMechanisms,
				api.RecoveryOptionType{Name: name, Priority: new(i + 1)})
		}
	})
}

// WithTriggers makes the pool call a function of the test for each of the triggers.
func WithTriggers(triggers ...cognate.Trigger) Option {
	return func(s *settings) { s.triggers = triggers }
}

// HideUsers makes the app client hide which users exist (PreventUserExistenceErrors).
func HideUsers() Option {
	return ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
	})
}

// ClientSecret gives the app client a secret.
func ClientSecret() Option {
	return ClientSettings(func(in *api.CreateUserPoolClientInput) { in.GenerateSecret = new(true) })
}

// Flows sets the flows that the app client allows. Without flows it has the API's default.
func Flows(flows ...api.ExplicitAuthFlowsType) Option {
	return ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ExplicitAuthFlows = flows })
}
