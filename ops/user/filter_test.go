package user_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/ops/user"
	"cognate/store"
)

var errFilter = api.InvalidParameterException("Error while parsing filter.")

func TestParseFilter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want user.Filter
	}{
		{``, user.Filter{}},
		{`  `, user.Filter{}},
		{`email = "a@example.com"`, user.Filter{Attribute: "email", Value: "a@example.com"}},
		{`email="a@example.com"`, user.Filter{Attribute: "email", Value: "a@example.com"}},
		{`email ^= "a"`, user.Filter{Attribute: "email", Value: "a", Prefix: true}},
		{`"email"^="testuser"`, user.Filter{Attribute: "email", Value: "testuser", Prefix: true}},
		{`  "email"   ^=   "testuser"  `, user.Filter{Attribute: "email", Value: "testuser", Prefix: true}},
		{`cognito:user_status = "CONFIRMED"`, user.Filter{Attribute: "cognito:user_status", Value: "CONFIRMED"}},
		{`name = ""`, user.Filter{Attribute: "name"}},
		{`name = "Anna = \"B\" \\ ^="`, user.Filter{Attribute: "name", Value: `Anna = "B" \ ^=`}},
	}
	for _, tt := range tests {
		got, err := user.ParseFilter(tt.text)
		if err != nil {
			t.Errorf("ParseFilter(%q) = %v, want no error", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ParseFilter(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`email`, `email =`, `email = a`, `email = 'a'`, `email = "a`, `email = "a\"`, `= "a"`, `"" = "a"`, `^= "a"`,
		`email ^ = "a"`, `email == "a"`, `email != "a"`, `email = "a" and name = "b"`, `email = "a""`, `"email = "a"`, `email "a"`,
	} {
		if got, err := user.ParseFilter(text); !errors.Is(err, errFilter) || got != (user.Filter{}) {
			t.Errorf("ParseFilter(%q) = %v, %v, want %v", text, got, err, errFilter)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`email = "a@example.com"`, `"email"^="testuser"`, `name = "\"\\"`, ``, `"`, `a=`, `a^="`, `cognito:user_status = "é"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := user.ParseFilter(text)
		if err != nil {
			if got != (user.Filter{}) {
				t.Errorf("ParseFilter(%q) = %v with an error", text, got)
			}
			return
		}
		if got.Attribute == "" && strings.TrimSpace(text) != "" {
			t.Errorf("ParseFilter(%q) has no attribute", text)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got.Value) {
			t.Errorf("ParseFilter(%q) broke its value: %q", text, got.Value)
		}
		var q store.UserQuery
		if err := got.Apply(&q); err == nil && q.Attribute != got.Attribute {
			t.Errorf("Apply(%q) = %+v, a query without the filter", text, q)
		}
	})
}
