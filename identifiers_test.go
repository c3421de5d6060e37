package cognate_test

import (
	"regexp"
	"testing"

	"cognate"
)

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make func() string
		want string
	}{
		"NewPoolID":       {func() string { return cognate.NewPoolID("eu-central-1") }, `^eu-central-1_[0-9a-zA-Z]{9}$`},
		"NewClientID":     {cognate.NewClientID, `^[0-9a-z]{26}$`},
		"NewClientSecret": {cognate.NewClientSecret, `^[0-9a-z]{52}$`},
		"NewDeviceID.Key": {
			func() string { return cognate.NewDeviceID("eu-central-1").Key },
			`^eu-central-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
		},
		"NewDeviceID.GroupKey": {
			func() string { return cognate.NewDeviceID("eu-central-1").GroupKey }, `^-[0-9a-zA-Z]{8}$`,
		},
	} {
		seen := make(map[string]bool)
		for range 100 {
			got := tc.make()
			if !regexp.MustCompile(tc.want).MatchString(got) || seen[got] {
				t.Errorf("%s() = %q, want another match of %s", name, got, tc.want)
			}
			seen[got] = true
		}
	}
}

// Subs have Cognito's own form, whatever the bytes.
func TestNewSub(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-70[0-9a-f]{2}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	seen := make(map[string]bool)
	for range 100 {
		sub := cognate.NewSub()
		if !form.MatchString(sub) || seen[sub] {
			t.Fatalf("NewSub() = %q, want another %v", sub, form)
		}
		seen[sub] = true
	}
	random := []byte{0x34, 0xc8, 0x44, 0x88, 0xe0, 0xe1, 0xae, 0xd2, 0xee, 0x99, 0x1a, 0xd1, 0xa8, 0x98, 0xc8, 0xff}
	if got, want := cognate.SubFrom(random), "34c84488-e0e1-70ae-d2ee-991ad1a898c8"; got != want {
		t.Errorf("SubFrom() = %q, want %q", got, want)
	}
}
