package cognate

import (
	"slices"

	"cognate/api"
)

// factors are all second factors, in the order in which the service lists them.
var factors = [...]Factor{FactorSMS, FactorSoftwareToken, FactorEmail}

// SecondFactors returns the factors that can challenge the user in the pool, in the order in which the service lists them:
// those that the pool offers, the user can prove, and that are in force. Whether the pool challenges at all, its MFA mode
// says. Source: docs/behaviour.md §1.6.
func (u *User) SecondFactors(pool *UserPool) []Factor {
	var usable []Factor
	for _, f := range factors {
		// A verified software token goes on working when the pool stops offering the factor (docs/behaviour.md §1.1).
		offered := f == FactorSoftwareToken || pool.offers(f)
		if offered && u.CanProve(f) && u.isInForce(pool, f) {
			usable = append(usable, f)
		}
	}
	return usable
}

// SetupFactors returns the factors that a user of the pool may set up, in that order.
func (p *UserPool) SetupFactors() []Factor {
	var offered []Factor
	for _, f := range factors {
		if p.offers(f) {
			offered = append(offered, f)
		}
	}
	return offered
}

func (p *UserPool) offers(f Factor) bool {
	switch f {
	case FactorSMS:
		return p.MFA.SMS
	case FactorSoftwareToken:
		return p.MFA.SoftwareToken
	case FactorEmail:
		return p.MFA.Email != nil
	default:
		return false
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
