package generator_test

import (
	"testing"

	"cognate/internal/apigen/generator"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	for java, want := range map[string]string{
		`[\w-]+_[0-9a-zA-Z]+`: `[\w-]+_[0-9a-zA-Z]+`,
		`[\S]+`:               `[^\t-\r ]+`,
		`\S\s`:                "[^\\t-\\r ][\\t-\\r ]",
		`[\w\s+=,.@-]+`:       `[\w\t-\r +=,.@-]+`,
		`a.\.b`:               `a[^\n\r\x{85}\x{2028}\x{2029}]\.b`,
		`(?s).*`:              `(?s).*`,
		`[.\].]`:              `[.\].]`,
		`a\`:                  `a\`,
	} {
		if got := generator.Translate(java); got != want {
			t.Errorf("translate(%s) = %s, want %s", java, got, want)
		}
	}
}

func TestEnumValueName(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"SOFTWARE_TOKEN_MFA": "SoftwareTokenMfa", "phone_number": "PhoneNumber", "SignInWithApple": "SignInWithApple",
		"OIDC": "Oidc", "V1_0": "V10", "userNotification": "UserNotification", "TLS_V1_2_2021": "TlsV122021",
	} {
		if got := generator.EnumValueName(value); got != want {
			t.Errorf("enumValueName(%s) = %s, want %s", value, got, want)
		}
	}
}
