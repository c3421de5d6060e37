package cognate

import (
	"slices"

	"cognate/api"
)

// AllowsFirst reports whether a choice-based sign-in of the pool can start with the factor.
func (p *UserPool) AllowsFirst(f api.AuthFactorType) bool { return slices.Contains(p.FirstFactors, f) }

func (p *UserPool) checkFirstFactors() error {
	switch {
	case !slices.Contains(p.FirstFactors, api.AuthFactorTypePassword):
		return api.InvalidParameterException("Password should be configured as one of the allowed first auth factors.")
	// Assumed: SOFTWARE_TOKEN is rejected as first factor, with this text. The guide names four other factors.
	case slices.Contains(p.FirstFactors, api.AuthFactorTypeSoftwareToken):
		return api.InvalidParameterException("SOFTWARE_TOKEN can not be configured as AuthFactor")
	case slices.Contains(p.FirstFactors, api.AuthFactorTypeSmsOtp) && p.SMSConfiguration == nil:
		return api.InvalidParameterException(
			"SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration")
	}
	return nil
}

// ConfiguredFactors returns the factors that a choice-based sign-in of the user can have: those that can begin it, and the software
// token, which is a second factor only. Source: docs/behaviour.md §1.4.
//
// Assumed: ConfiguredUserAuthFactors has SOFTWARE_TOKEN if the user has a verified software token, in a pool whose MFA is not OFF.
func (u *User) ConfiguredFactors(pool *UserPool) []api.AuthFactorType {
	configured := u.firstFactors(pool)
	if slices.Contains(u.StepUpFactors(pool), FactorSoftwareToken) {
		configured = append(configured, api.AuthFactorTypeSoftwareToken)
	}
	return configured
}

// firstFactors returns the factors that the pool allows and the user has, to start a choice-based sign-in.
//
// Assumed: an email address or phone number is a first factor only after it is verified. Otherwise the owner of a
// mistyped address could sign in.
func (u *User) firstFactors(pool *UserPool) []api.AuthFactorType {
	var configured []api.AuthFactorType
	for _, factor := range []struct {
		name api.AuthFactorType
		has  bool
	}{
		{api.AuthFactorTypePassword, u.Password.IsSet()},
		{api.AuthFactorTypeEmailOtp, u.IsVerified(AttributeEmail)},
		{api.AuthFactorTypeSmsOtp, u.IsVerified(AttributePhone)},
		{api.AuthFactorTypeWebAuthn, u.Passkeys > 0},
	} {
		if factor.has && pool.AllowsFirst(factor.name) {
			configured = append(configured, factor.name)
		}
	}
	return configured
}

// FirstChallenges returns the challenges that the user can choose to start a sign-in, in the order of the answer. The two
// password challenges need only a password. The others are left out for a user who must set a new password. They are also
// left out for a user who needs a second factor, except for a passkey that replaces the second factor.
// Source: docs/behaviour.md §1.6, §2.5.
func (u *User) FirstChallenges(pool *UserPool) []api.ChallengeNameType {
	var offered []api.ChallengeNameType
	// A password that an administrator has disabled is offered too, and then wrong: the list would otherwise be empty for most
	// such users, as for no decoy.
	if u.Password.IsSet() || u.Password.Disabled {
		if !pool.StoresArgon2id() {
			offered = append(offered, api.ChallengeNameTypePasswordSrp)
		}
		offered = append(offered, api.ChallengeNameTypePassword)
	}
	if u.Status == api.UserStatusTypeForceChangePassword {
		return offered
	}
	oneSuffices := !u.needsSecondFactor(pool)
	for _, f := range u.firstFactors(pool) {
		isSent := f == api.AuthFactorTypeEmailOtp || f == api.AuthFactorTypeSmsOtp
		isPasskey := f == api.AuthFactorTypeWebAuthn
		if isSent && oneSuffices || isPasskey && (oneSuffices || u.PasskeySuffices(pool)) {
			offered = append(offered, api.ChallengeNameType(f))
		}
	}
	return offered
}

// needsSecondFactor reports whether one factor is not enough to sign the user in.
func (u *User) needsSecondFactor(pool *UserPool) bool {
	switch pool.MFA.Mode {
	case api.UserPoolMfaTypeOff:
		return false
	case api.UserPoolMfaTypeOn:
		return true
	default:
		return len(u.SecondFactors(pool)) > 0
	}
}
