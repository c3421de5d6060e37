package cognate

import (
	"slices"

	"cognate/api"
)

// factors are all second factors, in the order in which the service lists them.
var factors = [...]Factor{FactorSMS, FactorSoftwareToken, FactorEmail}

// SecondFactors returns the second factors that the user can be challenged for, in the order in which the service lists
// them: the pool offers them, the user has what they need, and they are switched on. It does not look at the case that the
// pool's MFA mode is OFF. Source: docs/behaviour.md §1.6.
func (u *User) SecondFactors(pool *UserPool) []Factor {
	var usable []Factor
	for _, f := range factors {
		// A verified software token stays valid after the pool stops offering the factor (docs/behaviour.md §1.1).
		offered := f == FactorSoftwareToken || pool.offers(f)
		if offered && u.CanProve(f) && u.isActive(pool, f) {
			usable = append(usable, f)
		}
	}
	return usable
}

// StepUpFactors returns the second factors that the user can be challenged for to reach a level of authentication.
//
// Assumed: a step-up also accepts a verified software token that is not switched on, and a verified phone number or email
// address whose factor is not switched on, if the pool does not name it first for account recovery. A pool whose MFA mode is OFF has
// no second factors: its users reach higher levels only by what can begin a sign-in, such as a code after the password.
func (u *User) StepUpFactors(pool *UserPool) []Factor {
	active := u.SecondFactors(pool)
	var usable []Factor
	for _, f := range pool.StepUpFactors() {
		isKept := f == FactorSoftwareToken || u.IsVerified(f.attribute()) && !pool.recoversFirstBy(f)
		if slices.Contains(active, f) || u.CanProve(f) && isKept {
			usable = append(usable, f)
		}
	}
	return usable
}

// StepUpFactors returns the second factors by which some user of the pool can reach a level of authentication.
func (p *UserPool) StepUpFactors() []Factor {
	var usable []Factor
	for _, f := range factors {
		// As in SecondFactors, a software token does not depend on what the pool offers.
		if p.MFA.Mode != api.UserPoolMfaTypeOff && (f == FactorSoftwareToken || p.offers(f)) {
			usable = append(usable, f)
		}
	}
	return usable
}

// attribute returns the attribute to which the code of the factor is sent; empty if none is sent.
func (f Factor) attribute() string {
	switch f {
	case FactorSMS:
		return AttributePhone
	case FactorEmail:
		return AttributeEmail
	default:
		return ""
	}
}

// FactorOf returns the second factor whose code is sent to a contact attribute; empty for another attribute.
func FactorOf(attribute string) Factor {
	switch attribute {
	case AttributePhone:
		return FactorSMS
	case AttributeEmail:
		return FactorEmail
	default:
		return ""
	}
}

// OfferedFactors returns the second factors that the pool offers, in the same order.
func (p *UserPool) OfferedFactors() []Factor {
	var offered []Factor
	for _, f := range factors {
		if p.offers(f) {
			offered = append(offered, f)
		}
	}
	return offered
}

// SetupFactors returns the second factors that a user can set up during a sign-in, in the same order: those that the pool offers,
// without the medium that it uses first for account recovery. Source: docs/behaviour.md §1.6.
func (p *UserPool) SetupFactors() []Factor {
	return slices.DeleteFunc(p.OfferedFactors(), p.recoversFirstBy)
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

// isActive reports whether the factor is switched on: by the user, or by a pool that requires MFA. The pool does not switch
// on the medium that it uses first for account recovery.
func (u *User) isActive(pool *UserPool, f Factor) bool {
	return u.MFA.IsOn(f) || pool.MFA.Mode == api.UserPoolMfaTypeOn && !pool.recoversFirstBy(f)
}
