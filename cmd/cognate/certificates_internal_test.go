package main

import (
	"slices"
	"testing"

	"cognate/config"
)

// The names for which the server has certificates are its own, so no user pool gets one of them.
func TestHostNames(t *testing.T) {
	t.Parallel()
	c := &config.Config{HostNames: config.Hosts{"API.example.com"}}
	c.ACMEDomains = config.Hosts{"id.example.com", "WWW.example.com"}
	if got, want := hostNames(c), []string{"api.example.com", "id.example.com", "www.example.com"}; !slices.Equal(got, want) {
		t.Errorf("hostNames() = %q, want %q", got, want)
	}
}
