package cognate_test

import (
	"slices"
	"testing"

	"cognate"
)

// Source: docs/behaviour.md §3.6.
func TestLevelsOfMethods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proven []cognate.Method
		level  cognate.Level
		amr    cognate.Methods
	}{
		"nothing":           {nil, 0, nil},
		"unknown":           {[]cognate.Method{"", "fed"}, 0, nil},
		"password":          {[]cognate.Method{"pwd"}, 1, cognate.Methods{"pwd"}},
		"SMS":               {[]cognate.Method{"sms"}, 2, cognate.Methods{"sms"}},
		"email":             {[]cognate.Method{"email_otp"}, 2, cognate.Methods{"email_otp"}},
		"both codes":        {[]cognate.Method{"email_otp", "sms"}, 2, cognate.Methods{"sms", "email_otp", "mfa"}},
		"software token":    {[]cognate.Method{"otp"}, 0, cognate.Methods{"otp"}},
		"token and code":    {[]cognate.Method{"otp", "sms"}, 2, cognate.Methods{"otp", "sms", "mfa"}},
		"platform passkey":  {[]cognate.Method{"swk"}, 3, cognate.Methods{"swk"}},
		"roaming passkey":   {[]cognate.Method{"hwk"}, 3, cognate.Methods{"hwk"}},
		"two-in-one key":    {[]cognate.Method{"hwk", "mfa"}, 3, cognate.Methods{"hwk", "mfa"}},
		"password and SMS":  {[]cognate.Method{"sms", "pwd"}, 3, cognate.Methods{"pwd", "sms", "mfa"}},
		"password twice":    {[]cognate.Method{"pwd", "pwd"}, 1, cognate.Methods{"pwd"}},
		"passkey and token": {[]cognate.Method{"swk", "otp"}, 3, cognate.Methods{"otp", "swk", "mfa"}},
		"password, token":   {[]cognate.Method{"otp", "pwd"}, 4, cognate.Methods{"pwd", "otp", "mfa"}},
	} {
		got := cognate.Methods(nil).With(test.proven...)
		if got.Level() != test.level || !slices.Equal(got, test.amr) {
			t.Errorf("%s: %v of level %d, want %v of level %d", name, got, got.Level(), test.amr, test.level)
		}
	}
}
