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
