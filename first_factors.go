package cognate

import (
	"slices"

	"cognate/api"
)

// AllowsFirst reports whether the pool lets the factor begin a choice-based sign-in.
func (p *UserPool) AllowsFirst(f api.AuthFactorType) bool { return slices.Contains(p.FirstFactors, f) }

// ConfiguredFactors returns the factors with which the user can begin a choice-based sign-in, of those that the pool allows.
//
// Assumed: an email address or phone number is a first factor only after it is verified. Otherwise a mistyped address would
// let its owner sign in.
func (u *User) ConfiguredFactors(pool *UserPool) []api.AuthFactorType {
	var configured []api.AuthFactorType
	for _, factor := range []struct {
		name api.AuthFactorType
		has  bool
	}{
		{api.AuthFactorTypePassword, u.Password.IsSet()},
		{api.AuthFactorTypeEmailOtp, u.IsVerified(AttributeEmail)},
		{api.AuthFactorTypeSmsOtp, u.IsVerified(AttributePhone)},
		{api.AuthFactorTypeWebAuthn, u.Passkeys > 0},
		{api.AuthFactorTypeSoftwareToken, u.Tokens.Active != nil},
	} {
		if factor.has && pool.AllowsFirst(factor.name) {
			configured = append(configured, factor.name)
		}
	}
	return configured
}

// FirstChallenges returns the challenges among which the user can choose to begin a sign-in, in the order in which they are
// offered. A password, by SRP or in the clear, always counts; what works without one is withheld from a user who
// would be asked for a second factor, unless it is a passkey that suffices, and from one who still has to choose a
// password. Source: docs/behaviour.md §1.6, §2.5.
func (u *User) FirstChallenges(pool *UserPool) []api.ChallengeNameType {
	var offered []api.ChallengeNameType
	if u.Password.IsSet() {
		if !pool.StoresArgon2id() {
			offered = append(offered, api.ChallengeNameTypePasswordSrp)
		}
		offered = append(offered, api.ChallengeNameTypePassword)
	}
	if u.Status == api.UserStatusTypeForceChangePassword {
		return offered
	}
	oneIsEnough := !u.needsSecondFactor(pool)
	for _, f := range u.ConfiguredFactors(pool) {
		isSent := f == api.AuthFactorTypeEmailOtp || f == api.AuthFactorTypeSmsOtp
		isPasskey := f == api.AuthFactorTypeWebAuthn
		if isSent && oneIsEnough || isPasskey && (oneIsEnough || u.PasskeySuffices(pool)) {
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
