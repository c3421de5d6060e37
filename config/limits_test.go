package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/config"
)

func TestRateLimits(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]struct {
		off   bool
		rates map[string]int
	}{
		"":                   {off: true},
		"rate_limits: off\n": {off: true},
		"rate_limits: aws\n": {},
		"rate_limits: UserRead=300,UserToken=5\n":      {rates: map[string]int{"UserRead": 300, "UserToken": 5}},
		"rate_limits: [UserRead=300, UserToken = 5]\n": {rates: map[string]int{"UserRead": 300}},
	} {
		if file == "rate_limits: [UserRead=300, UserToken = 5]\n" {
			wantProblems(t, serve(t, file), []string{`rate_limits: "UserToken = 5" is neither off, aws nor a rate like UserAuthentication=200`})
			continue
		}
		c := mustLoad(t, serve(t, file))
		if diff := cmp.Diff(want.rates, c.RateLimits.Rates()); c.RateLimits.Off() != want.off || diff != "" && len(want.rates) > 0 {
			t.Errorf("%q: Off() = %v, want %v, rates (-want +got):\n%s", file, c.RateLimits.Off(), want.off, diff)
		}
	}
}

func TestLimitProblems(t *testing.T) {
	t.Parallel()
	wantProblems(t, serve(t, `
rate_limits: [off, UserRead=0, UserToken=5, UserToken=6]
address_limits: maybe
address_limits_exempt: [office]
address_requests: 0
pool_limit: -1
max_connections: 0
unconfirmed_retention: 5m
metrics_listen: ""
pprof: true
`), []string{
		"pprof: needs metrics_listen, because clients must not reach the profiles",
		`rate_limits: "off" is neither off, aws nor a rate like UserAuthentication=200`,
		`rate_limits: "UserRead=0" is not between 1 and 1000000 requests per second`,
		`rate_limits: "UserToken" appears twice`,
		`address_limits: "maybe" is neither on nor off`,
		`address_limits_exempt: "office" is neither an address nor a prefix like 10.1.0.0/16`,
		"max_connections: 0 is not between 1 and 1000000",
		"unconfirmed_retention: 5m0s is not between 1h and 87600h0m0s (0 keeps unconfirmed users)",
		`address_requests: 0 is not between 1 and 1000000; to turn these limits off, set address_limits: off`,
		`pool_limit: -1 is not between 1 and 1000000; to turn these limits off, set address_limits: off`,
	})
}

func TestAddressLimitsByMode(t *testing.T) {
	t.Parallel()
	if c := mustLoad(t, serve(t, "")); c.AddressLimits != config.LimitsOn {
		t.Errorf("address_limits of serve = %q, want on", c.AddressLimits)
	}
	c := mustLoad(t, config.Source{Mode: config.Dev})
	if c.AddressLimits != config.LimitsOff {
		t.Errorf("address_limits of dev = %q, want off", c.AddressLimits)
	}
}
