package cognate

import (
	"slices"
	"strconv"
	"time"

	"cognate/api"
)

// User is one user of a pool.
type User struct {
	PoolID   string
	Sub      string // never changes
	Username string // equals Sub in pools with username attributes
	Status   api.UserStatusType
	Enabled  bool
	Password Password
	Tokens   SoftwareTokens
	Created  time.Time
	Modified time.Time
	// Stamp counts the changes after which an unfinished sign-in must start again: a new password, enabling or disabling the
	// user, switching factors on or off, global sign-out. A Session contains the stamp of its time.
	Stamp int64

	Attributes map[string]string
	Identities []LinkedIdentity // in the order in which they were linked
	MFA        MFAPreference
	// Passkeys is the number of the user's registered passkeys.
	Passkeys int
	// TemporaryUntil is when the temporary password of a FORCE_CHANGE_PASSWORD user expires; zero means never.
	TemporaryUntil time.Time
}

// Password is the stored form of a password: an SRP verifier or an argon2id hash. The zero value is no password.
type Password struct {
	Salt     []byte // of the SRP verifier
	Verifier []byte // RFC 5054, 3072 bits
	Argon2id string // PHC string
	// Imported is the hash of another system, from an import (authn/passwordhash). The first sign-in with the password replaces
	// it. It is empty if another form is set.
	Imported string
	// Plaintext is the password itself. Only `cognate dev` stores it, and only in memory: an SRP verifier depends on the
	// pool's ID, so a copy of the pool needs a new verifier.
	Plaintext string
	// Disabled says that an administrator has ended the sign-in with a password. There is no password then, and the user cannot
	// set one. A password that an administrator sets replaces it.
	Disabled bool
	// Earlier are the passwords before this one that the pool remembers, newest first. Their own Earlier is empty.
	Earlier []Password
}

// IsSet reports whether the user has a password.
func (p Password) IsSet() bool { return len(p.Verifier) > 0 || p.Argon2id != "" || p.Imported != "" }

// After returns the password with old and those before it as Earlier. remembered is the size of the pool's password history.
// The new password is one of them, so at most remembered-1 earlier passwords stay.
func (p Password) After(old Password, remembered int) Password {
	p.Earlier = nil
	for _, earlier := range old.History(remembered - 1) {
		earlier.Earlier = nil
		p.Earlier = append(p.Earlier, earlier)
	}
	return p
}

// History returns up to n passwords: this one and those before it; none if it is not set.
func (p Password) History(n int) []Password {
	if n <= 0 || !p.IsSet() {
		return nil
	}
	history := append([]Password{p}, p.Earlier...)
	return history[:min(n, len(history))]
}

// Factor is the wire name of a second factor.
type Factor string

// The second factors (docs/behaviour.md §1.4).
const (
	FactorSMS           Factor = "SMS_MFA"
	FactorSoftwareToken Factor = "SOFTWARE_TOKEN_MFA"
	FactorEmail         Factor = "EMAIL_OTP"
)

// MFAPreference is the user's choice of second factors.
type MFAPreference struct {
	Enabled   []Factor
	Preferred Factor // one of Enabled, or empty
	// Passkey says that a sign-in with a passkey needs no second factor.
	Passkey bool
	// SMSBySettings says that SetUserSettings switched SMS on. Answers then also contain it in MFAOptions.
	SMSBySettings bool
}

// IsOn reports whether the user has switched the factor on.
func (m MFAPreference) IsOn(f Factor) bool { return slices.Contains(m.Enabled, f) }

// Set switches a factor on or off. The factor is preferred afterwards only if enabled and preferred are set. Another
// preferred factor stays preferred unless this one replaces it.
func (m *MFAPreference) Set(f Factor, enabled, preferred bool) {
	m.Enabled = slices.DeleteFunc(m.Enabled, func(g Factor) bool { return g == f })
	if m.Preferred == f {
		m.Preferred = ""
	}
	if f == FactorSMS {
		m.SMSBySettings = false
	}
	if !enabled {
		return
	}
	m.Enabled = append(m.Enabled, f)
	slices.SortFunc(m.Enabled, func(a, b Factor) int { return slices.Index(factors[:], a) - slices.Index(factors[:], b) })
	if preferred {
		m.Preferred = f
	}
}

// Names returns the names of the enabled second factors; nil for none.
func (m *MFAPreference) Names() []string {
	var names []string
	for _, f := range m.Enabled {
		names = append(names, string(f))
	}
	return names
}

// Attribute names that the rules use.
const (
	AttributeSub               = "sub"
	AttributeEmail             = "email"
	AttributeEmailVerified     = "email_verified"
	AttributePhone             = "phone_number"
	AttributePhoneVerified     = "phone_number_verified"
	AttributePreferredUsername = "preferred_username"
)

// Prefixes and suffixes of attribute names. A developer attribute that is custom has both prefixes: "dev:custom:NAME".
const (
	CustomPrefix    = "custom:"
	DeveloperPrefix = "dev:"
	VerifiedSuffix  = "_verified" // of the flag beside "email" and "phone_number"
)

// IsVerified reports whether a contact attribute, "email" or "phone_number", is verified.
func (u *User) IsVerified(attribute string) bool {
	return u.Attributes[attribute+VerifiedSuffix] == "true"
}

// SetVerified sets the flag of a contact attribute, "email" or "phone_number".
func (u *User) SetVerified(attribute string, verified bool) {
	u.Attributes[attribute+VerifiedSuffix] = strconv.FormatBool(verified)
}

// ReleaseAlias removes an alias, in the pool's normal form, so that another user can have it. An email address or phone number
// keeps its value but is no longer verified, and so no longer an alias. A preferred username is deleted.
func (u *User) ReleaseAlias(p *UserPool, alias string) {
	for _, name := range []string{AttributeEmail, AttributePhone} {
		if p.Normal(u.Attributes[name]) == alias {
			u.SetVerified(name, false)
		}
	}
	if p.Normal(u.Attributes[AttributePreferredUsername]) == alias {
		delete(u.Attributes, AttributePreferredUsername)
	}
}

// Aliases returns the attribute values with which the user can sign in, besides the username, in the pool's normal form.
// An email address or phone number must be verified, except in a pool with username attributes (docs/behaviour.md §4.7).
func (u *User) Aliases(p *UserPool) []string {
	var out []string
	for _, name := range []string{AttributeEmail, AttributePhone, AttributePreferredUsername} {
		value := u.Attributes[name]
		if value == "" || !p.HasAlias(name) {
			continue
		}
		if p.UsesUsernameAttributes() || name == AttributePreferredUsername || u.IsVerified(name) {
			out = append(out, p.Normal(value))
		}
	}
	return out
}

// CanProve reports whether the user has what a second factor needs: a verified software token, a phone number or an email
// address. It does not check whether the factor is switched on or whether the pool offers it.
func (u *User) CanProve(f Factor) bool {
	switch f {
	case FactorSoftwareToken:
		return u.Tokens.Active != nil
	case FactorSMS:
		return u.Attributes[AttributePhone] != ""
	case FactorEmail:
		return u.Attributes[AttributeEmail] != ""
	default:
		return false
	}
}
