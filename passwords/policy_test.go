package passwords_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"cognate/passwords"
)

var strict = passwords.Policy{
	MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		policy   passwords.Policy
		password string
		want     passwords.Reason // "" when the policy is followed
	}{
		{passwords.Policy{}, "", ""},
		{strict, "Passw0rd!", ""},
		{strict, "Pässw0rd!", ""},
		{strict, "", passwords.TooShort},
		{strict, "Pass0r!", passwords.TooShort},
		{strict, "password", passwords.NoUppercase}, // one reason at a time, in order
		{strict, "Ässword0!", passwords.NoUppercase},
		{strict, "PASSWORD", passwords.NoLowercase},
		{strict, "PASSWORDß0!", passwords.NoLowercase},
		{strict, "Password", passwords.NoNumber},
		{strict, "Password٣!", passwords.NoNumber},
		{strict, "Passw0rd", passwords.NoSymbol},
		{strict, "Passw0rd§", passwords.NoSymbol},
		{strict, "Pass w0rd", ""},
		{strict, " Passw0rd", passwords.NoSymbol},
		{strict, "Passw0rd  ", passwords.NoSymbol},
		{strict, "  Pass w0rd", ""},
		{passwords.Policy{MinimumLength: 6}, "ééééé", passwords.TooShort},
		{passwords.Policy{MinimumLength: 6}, "éééééé", ""},
	}
	for _, tt := range tests {
		var got passwords.Reason
		if failed := new(passwords.PolicyError); errors.As(tt.policy.Check(tt.password), &failed) {
			got = failed.Reason
		}
		if got != tt.want {
			t.Errorf("Check(%q) = %q, want %q", tt.password, got, tt.want)
		}
	}
}

func TestCheckSymbols(t *testing.T) {
	t.Parallel()
	policy := passwords.Policy{RequireSymbols: true}
	for symbol := range strings.SplitSeq("^ $ * . [ ] { } ( ) ? - \" ! @ # % & / \\ , > < ' : ; | _ ~ ` + =", " ") {
		if err := policy.Check("a" + symbol); err != nil {
			t.Errorf("Check(%q) = %v", "a"+symbol, err)
		}
	}
	for _, other := range []string{"a", "Z", "0", "é", "€", "\t", "\u00a0a"} {
		if policy.Check("a"+other+"a") == nil {
			t.Errorf("Check(%q) found a symbol", "a"+other+"a")
		}
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	long := strict
	long.MinimumLength = 99
	for _, policy := range []passwords.Policy{{}, strict, long} {
		seen := map[string]bool{}
		for range 200 {
			got, err := passwords.Generate(policy, rand.Reader)
			if err != nil {
				t.Fatalf("Generate(%+v) = %v", policy, err)
			}
			if want := max(12, policy.MinimumLength); len(got) != want {
				t.Errorf("Generate(%+v) = %q, want %d characters", policy, got, want)
			}
			if err := strict.Check(got); err != nil {
				t.Errorf("Generate(%+v) = %q, which doesn't follow the strictest policy: %v", policy, got, err)
			}
			if strings.ContainsAny(got, "0O1Il<>&'\" ") {
				t.Errorf("Generate(%+v) = %q has a character that is mistaken", policy, got)
			}
			if seen[got] {
				t.Errorf("Generate(%+v) = %q twice", policy, got)
			}
			seen[got] = true
		}
	}
}

func TestGenerateBrokenRandomness(t *testing.T) {
	t.Parallel()
	for name, random := range map[string]*bytes.Reader{
		"none":       bytes.NewReader(nil),
		"only zeros": bytes.NewReader(make([]byte, 1<<20)),
	} {
		if got, err := passwords.Generate(strict, random); err == nil || got != "" {
			t.Errorf("Generate(%s) = %q, %v, want an error", name, got, err)
		}
	}
}
