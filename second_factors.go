package cognate

import (
	"slices"

	"cognate/api"
)

// SecondFactors returns the factors that can challenge the user in the pool, in the order in which the service lists them:
// those that the pool offers, the user can prove, and that are in force. Whether the pool challenges at all, its MFA mode
// says. Source: behaviour §1.6.
func (u *User) SecondFactors(pool *UserPool) []Factor {
	var usable []Factor
	for _, f := range []Factor{FactorSMS, FactorSoftwareToken, FactorEmail} {
		if pool.offers(f) && u.CanProve(f) && u.isInForce(pool, f) {
			usable = append(usable, f)
		}
	}
	return usable
}

// offers reports whether the pool can challenge by the factor. A verified software token goes on working when the pool
// stops offering the factor (behaviour §1.1).
func (p *UserPool) offers(f Factor) bool {
	switch f {
	case FactorSMS:
		return p.MFA.SMS
	case FactorEmail:
		return p.MFA.Email != nil
	default:
		return true
	}
}

// isInForce reports whether the factor is switched on: by the user's choice, or, where MFA is required, by the pool's. A
// medium that the pool keeps for account recovery is not also a second factor unless the user chose it.
func (u *User) isInForce(pool *UserPool, f Factor) bool {
	return u.MFA.IsOn(f) || pool.MFA.Mode == api.UserPoolMfaTypeOn && !pool.recoversFirstBy(f)
}

func (p *UserPool) recoversFirstBy(f Factor) bool {
	medium := map[Factor]api.RecoveryOptionNameType{
		FactorSMS:   api.RecoveryOptionNameTypeVerifiedPhoneNumber,
		FactorEmail: api.RecoveryOptionNameTypeVerifiedEmail,
	}[f]
	return slices.ContainsFunc(p.Recovery, func(r api.RecoveryOptionType) bool {
		return r.Name == medium && r.Priority != nil && *r.Priority == 1
	})
}
