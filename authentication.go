package cognate

import "slices"

// Method is a way in which users prove who they are, as the claim "amr" names it.
// Source: docs/behaviour.md §3.6; RFC 8176 section 2.
type Method string

// The methods, in the order in which tokens list them.
const (
	MethodPassword        Method = "pwd"
	MethodSoftwareToken   Method = "otp"
	MethodSMS             Method = "sms"
	MethodEmail           Method = "email_otp"
	MethodPlatformPasskey Method = "swk" // on the device that the user signs in from
	MethodRoamingPasskey  Method = "hwk" // on another device, as a security key
	MethodMultiFactor     Method = "mfa" // with two of the others, or with a passkey that counts as two factors
)

var methods = [...]Method{
	MethodPassword, MethodSoftwareToken, MethodSMS, MethodEmail, MethodPlatformPasskey, MethodRoamingPasskey, MethodMultiFactor,
}

// Methods are the different methods that a sign-in has proven, in the order of tokens. The zero value is a sign-in that has
// proven none.
type Methods []Method

// With returns the methods of m and the others. It ignores what is no method.
func (m Methods) With(others ...Method) Methods {
	var all Methods
	for _, method := range methods {
		two := method == MethodMultiFactor && len(all) > 1
		if two || m.Has(method) || slices.Contains(others, method) {
			all = append(all, method)
		}
	}
	return all
}

// Has reports whether m has the method.
func (m Methods) Has(method Method) bool { return slices.Contains(m, method) }

// hasPasskey reports whether one of the methods is a passkey.
func (m Methods) hasPasskey() bool {
	return m.Has(MethodPlatformPasskey) || m.Has(MethodRoamingPasskey)
}

// hasCode reports whether one of the methods is a code that was sent.
func (m Methods) hasCode() bool { return m.Has(MethodSMS) || m.Has(MethodEmail) }

// Level returns the highest level that the methods reach. Source: docs/behaviour.md §3.6.
func (m Methods) Level() Level {
	hasPassword := m.Has(MethodPassword)
	switch {
	case hasPassword && m.Has(MethodSoftwareToken):
		return Level4
	case m.hasPasskey(), hasPassword && m.hasCode():
		return Level3
	case m.hasCode():
		return Level2
	case hasPassword:
		return Level1
	default:
		return 0
	}
}

// Method returns the method that a proof of the second factor adds; empty for no factor.
func (f Factor) Method() Method {
	switch f {
	case FactorSoftwareToken:
		return MethodSoftwareToken
	case FactorSMS:
		return MethodSMS
	case FactorEmail:
		return MethodEmail
	default:
		return ""
	}
}

// Method returns the method that the use of the passkey proves.
// Assumed: a passkey is a roaming one (hwk) only if its client registered it as "cross-platform". Any other is a platform
// passkey (swk).
func (c *Credential) Method() Method {
	if c.Attachment == "cross-platform" {
		return MethodRoamingPasskey
	}
	return MethodPlatformPasskey
}

// Methods returns the methods that the completed steps have proven. A challenge of the pool's functions proves none.
func (c *CustomSignIn) Methods() Methods {
	var proven Methods
	if c.HasPassword() {
		proven = proven.With(MethodPassword)
	}
	for _, r := range c.History {
		if r.ChallengeResult {
			proven = proven.With(Factor(r.ChallengeName).Method())
		}
	}
	return proven
}
