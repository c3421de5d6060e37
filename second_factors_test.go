package cognate_test

import (
	"slices"
	"testing"

	"cognate"
	"cognate/api"
)

// Source of the rows: docs/behaviour.md §1.1, §1.6.
func TestSecondFactors(t *testing.T) {
	t.Parallel()
	const sms, token, email = cognate.FactorSMS, cognate.FactorSoftwareToken, cognate.FactorEmail
	type factors = []cognate.Factor
	offersAll := cognate.MFAConfig{SoftwareToken: true, SMS: true, Email: new(api.EmailMfaConfigType)}
	for _, c := range []struct {
		what             string
		offers           cognate.MFAConfig
		recovery         []string // contacts for account recovery, the first one first
		phone, mail      bool
		token            *cognate.SoftwareToken
		on               factors
		optional, always factors
	}{
		{what: "nothing", offers: offersAll},
		{what: "nothing to prove", offers: offersAll, on: factors{sms, token, email}},
		{what: "everything off", offers: offersAll, phone: true, mail: true, token: new(cognate.SoftwareToken), always: factors{sms, token, email}},
		{
			what: "everything on", offers: offersAll, phone: true, mail: true, token: new(cognate.SoftwareToken), on: factors{email, token, sms},
			optional: factors{sms, token, email}, always: factors{sms, token, email},
		},
		{what: "phone is first for recovery", offers: offersAll, recovery: []string{"verified_phone_number"}, phone: true, mail: true, always: factors{email}},
		{
			what: "email is first for recovery", offers: offersAll, recovery: []string{"verified_email", "verified_phone_number"},
			phone: true, mail: true, always: factors{sms},
		},
		{
			what: "SMS on, phone is first for recovery", offers: offersAll, recovery: []string{"verified_phone_number"}, phone: true, on: factors{sms},
			optional: factors{sms}, always: factors{sms},
		},
		{what: "token only", offers: cognate.MFAConfig{SoftwareToken: true}, phone: true, mail: true, on: factors{sms, email}},
		{
			what: "no longer offered", offers: cognate.MFAConfig{}, phone: true, mail: true, token: new(cognate.SoftwareToken),
			on: factors{sms, token, email}, optional: factors{token}, always: factors{token},
		},
	} {
		pool := validPool()
		pool.MFA = c.offers
		for i, name := range c.recovery {
			pool.Recovery = append(pool.Recovery, api.RecoveryOptionType{Name: api.RecoveryOptionNameType(name), Priority: new(i + 1)})
		}
		user := &cognate.User{Attributes: map[string]string{}, Tokens: cognate.SoftwareTokens{Active: c.token, Pending: new(cognate.SoftwareToken)}}
		if c.phone {
			user.Attributes["phone_number"] = "+15555550100"
		}
		if c.mail {
			user.Attributes["email"] = "ann@example.com"
		}
		for _, f := range c.on {
			user.MFA.Set(f, true, false)
		}
		for mode, want := range map[api.UserPoolMfaType]factors{api.UserPoolMfaTypeOptional: c.optional, api.UserPoolMfaTypeOn: c.always} {
			pool.MFA.Mode = mode
			if got := user.SecondFactors(pool); !slices.Equal(got, want) {
				t.Errorf("%s, mode %s: SecondFactors() = %v, want %v", c.what, mode, got, want)
			}
		}
	}
}
