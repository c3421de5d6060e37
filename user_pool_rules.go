package cognate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cognate/api"
)

// Of tags: how many (docs/behaviour.md §5.10), and the keys that are not free.
const (
	maxTags          = 50
	awsTagPrefix     = "aws:"
	cognateTagPrefix = "cognate:"
)

// ErrSMSNeeded says that MFA is asked for and there is no factor that could serve it: CreateUserPool and UpdateUserPool
// know SMS only.
var ErrSMSNeeded = api.InvalidParameterException(
	"SMS configuration and Auto verification for phone_number are required when MFA is required/optional")

// Check reports the first rule that the pool's settings break together. Whoever changes a pool calls it before the pool
// is saved. Errors: InvalidParameterException; FeatureUnavailableInTierException. Source: docs/behaviour.md §1.5, §4.7, §5.5;
// the texts without a mark of their own were recorded from the service.
func (p *UserPool) Check() error {
	for _, check := range []func() error{
		p.checkNames, p.checkFirstFactors, p.checkMFA, p.checkVerification, p.checkRecovery, p.checkEmail, p.checkTriggers,
		p.checkTier, p.checkTags,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p *UserPool) checkNames() error {
	if len(p.AliasAttributes) > 0 && len(p.UsernameAttributes) > 0 {
		return api.InvalidParameterException(
			"Only one of the aliasAttributes or usernameAttributes can be set in a User pool.")
	}
	return nil
}

func (p *UserPool) checkFirstFactors() error {
	switch {
	case !slices.Contains(p.FirstFactors, api.AuthFactorTypePassword):
		return api.InvalidParameterException("Password should be configured as one of the allowed first auth factors.")
	case slices.Contains(p.FirstFactors, api.AuthFactorTypeSoftwareToken): // Assumed: SOFTWARE_TOKEN is rejected as first factor, with this text. The guide names four other factors.
		return api.InvalidParameterException("SOFTWARE_TOKEN can not be configured as AuthFactor")
	case slices.Contains(p.FirstFactors, api.AuthFactorTypeSmsOtp) && p.SMSConfiguration == nil:
		return api.InvalidParameterException(
			"SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration")
	}
	return nil
}

func (p *UserPool) checkMFA() error {
	if p.MFA.SMS && p.SMSConfiguration == nil {
		return ErrSMSNeeded
	}
	if p.MFA.Email != nil && !p.sendsAsDeveloper() {
		return api.InvalidParameterException("Cannot set EmailMfaConfiguration when user pool EmailConfiguration " +
			"contains an EmailSendingAccount of COGNITO_DEFAULT")
	}
	// A one-time password by email or SMS would be the only proof where the pool asks for two.
	oneTime := slices.Contains(p.FirstFactors, api.AuthFactorTypeEmailOtp) ||
		slices.Contains(p.FirstFactors, api.AuthFactorTypeSmsOtp)
	if p.MFA.Mode == api.UserPoolMfaTypeOn && oneTime {
		return api.InvalidParameterException(
			"Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled")
	}
	return nil
}

// PasskeySkipsMFA reports whether the pool requires MFA, and yet would let a passkey in that counts as one factor. No pool
// may be so; what the caller is told depends on which of the settings it was about to change.
func (p *UserPool) PasskeySkipsMFA() bool {
	return p.MFA.Mode == api.UserPoolMfaTypeOn && p.AllowsFirst(api.AuthFactorTypeWebAuthn) && !p.PasskeysAreMultiFactor()
}

func (p *UserPool) checkVerification() error {
	if p.AutoVerifies(AttributePhone) && p.SMSConfiguration == nil {
		return api.InvalidParameterException("SMS configuration is required when phone_number is selected for auto verification")
	}
	for _, a := range p.VerifyBeforeUpdate {
		if !p.AutoVerifies(string(a)) {
			return api.InvalidParameterException(
				"All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes")
		}
	}
	return nil
}

func (p *UserPool) checkRecovery() error {
	const invalid = "Invalid account recovery setting parameter. Account Recovery Setting "
	for i, r := range p.Recovery {
		if r.Name == api.RecoveryOptionNameTypeAdminOnly && len(p.Recovery) > 1 {
			return api.InvalidParameterException(invalid + "cannot use admin_only setting with any other recovery mechanisms.")
		}
		for _, other := range p.Recovery[:i] {
			if r.Name == other.Name || *r.Priority == *other.Priority { // both are required members
				return api.InvalidParameterException(invalid + "cannot have duplicate priorities or recovery mechanisms.")
			}
		}
	}
	return nil
}

func (p *UserPool) sendsAsDeveloper() bool {
	return p.EmailConfiguration != nil && p.EmailConfiguration.EmailSendingAccount == api.EmailSendingAccountTypeDeveloper
}

func (p *UserPool) checkEmail() error {
	if p.sendsAsDeveloper() && p.EmailConfiguration.SourceArn == "" {
		return api.InvalidParameterException("Source ARN is required to use DEVELOPER email sending owner")
	}
	return nil
}

func (p *UserPool) checkTriggers() error {
	l := p.LambdaConfig
	if l == nil {
		return nil
	}
	if (l.CustomSMSSender != nil || l.CustomEmailSender != nil) && l.KMSKeyID == "" {
		return api.InvalidParameterException(
			"KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.")
	}
	if c := l.PreTokenGenerationConfig; c != nil && l.PreTokenGeneration != "" && c.LambdaArn != l.PreTokenGeneration {
		return api.InvalidParameterException(
			"Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's")
	}
	return p.checkFunctions()
}

// checkTier checks that the pool uses nothing that its feature plan lacks.
// Assumed: a downgrade of the plan does not check the pool's app clients.
func (p *UserPool) checkTier() error {
	features := p.unavailableFeatures()
	if len(features) == 0 {
		return nil
	}
	return errUnavailableInTier(p.Tier, features)
}

func errUnavailableInTier(tier api.UserPoolTierType, features []string) error {
	return api.FeatureUnavailableInTierException(fmt.Sprintf(
		"The following features need to be disabled for the %s pricing tier configured: %s", tier, strings.Join(features, ", ")))
}

func (p *UserPool) unavailableFeatures() []string {
	var features []string
	if p.Tier != api.UserPoolTierTypePlus && p.usesThreatProtection() {
		features = append(features, "Threat Protection")
	}
	if p.Tier != api.UserPoolTierTypeLite {
		return features
	}
	if slices.ContainsFunc(p.FirstFactors, func(f api.AuthFactorType) bool { return f != api.AuthFactorTypePassword }) {
		features = append(features, "Passwordless Sign-In")
	}
	if p.MFA.Email != nil {
		features = append(features, "Email MFA") // Assumed: the name "Email MFA" in the error.
	}
	if p.PasswordPolicy.HistorySize > 0 {
		features = append(features, "Password History") // Assumed: the name "Password History" in the error.
	}
	if p.UserSessions.Tracked {
		features = append(features, "User Session Management") // Assumed: the name "User Session Management" in the error.
	}
	if l := p.LambdaConfig; l != nil && l.PreTokenGenerationConfig != nil {
		if v := l.PreTokenGenerationConfig.LambdaVersion; v != api.PreTokenGenerationLambdaVersionTypeV10 {
			features = append(features, "Token Customization with Pre-Token Generation Lambda "+string(v))
		}
	}
	return features
}

func (p *UserPool) usesThreatProtection() bool {
	a := p.AdvancedSecurity
	return a != nil && (a.AdvancedSecurityMode != api.AdvancedSecurityModeTypeOff || a.AdvancedSecurityAdditionalFlows != nil)
}

// checkTags checks the number of tags, and that the tags that this server reads say something that it knows: a mistyped
// setting that is silently ignored would leave a pool weaker than its owner thinks.
// Assumed: the texts about the number of tags and about tags with the prefix of Cognate.
func (p *UserPool) checkTags() error {
	if len(p.Tags) > maxTags {
		return api.InvalidParameterException(fmt.Sprintf("A user pool can have at most %d tags.", maxTags))
	}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
		switch {
		case strings.HasPrefix(strings.ToLower(key), awsTagPrefix):
			return api.InvalidParameterException("Tag keys that begin with aws: are reserved: " + key)
		case strings.HasPrefix(key, cognateTagPrefix):
			if err := checkCognateTag(key, p.Tags[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkCognateTag(key, value string) error {
	if key == TagPasskeyApps {
		return checkPasskeyApps(value)
	}
	known, ok := map[string][]string{
		TagSoftwareTokenReplacement: {replaceAtOnce, replaceOnVerify},
		TagPasswordStorage:          {storeSRP, storeArgon2id},
	}[key]
	if !ok {
		return api.InvalidParameterException("Unknown tag " + key + ": tags that begin with " + cognateTagPrefix + " are settings.")
	}
	if !slices.Contains(known, value) {
		return api.InvalidParameterException(
			fmt.Sprintf("Tag %s must be one of %s.", key, strings.Join(known, ", ")))
	}
	return nil
}

// appOrigin is what Android's clients say instead of a page's origin: the SHA-256 of the certificate that signed the app.
var appOrigin = regexp.MustCompile(`^android:apk-key-hash:[A-Za-z0-9_-]{43}$`)

func checkPasskeyApps(value string) error {
	for app := range strings.FieldsSeq(value) {
		if !appOrigin.MatchString(app) {
			return api.InvalidParameterException(
				"Tag " + TagPasskeyApps + " must be a list of android:apk-key-hash:..., with spaces between them.")
		}
	}
	return nil
}
