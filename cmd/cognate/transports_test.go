package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate/config"
	"cognate/internal/outgoing"
)

func TestOutgoingRules(t *testing.T) {
	t.Parallel()
	allow := config.Hosts{"10.1.0.0/16", "IdP.internal"}
	prefixes, hosts := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, []string{"idp.internal"}
	for name, tc := range map[string]struct {
		config config.Config
		want   outgoing.Rules
	}{
		"serve":                    {config.Config{Mode: config.Serve}, outgoing.Rules{}},
		"serve, with exceptions":   {config.Config{Mode: config.Serve, OutgoingAllow: allow}, outgoing.Rules{Prefixes: prefixes, Hosts: hosts}},
		"dev":                      {config.Config{Mode: config.Dev}, outgoing.Rules{Private: true}},
		"dev, with exceptions":     {config.Config{Mode: config.Dev, OutgoingAllow: allow}, outgoing.Rules{Private: true, Prefixes: prefixes, Hosts: hosts}},
		"a mode that is not known": {config.Config{}, outgoing.Rules{}},
	} {
		if diff := cmp.Diff(&tc.want, outgoingRules(&tc.config), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: rules (-want +got):\n%s", name, diff)
		}
	}
}

// A From address that no message can have is an error at the start.
func TestDefaultFrom(t *testing.T) {
	t.Parallel()
	c := &config.Config{Sending: config.Sending{EmailSender: config.Webhook, EmailFrom: "people@[127.0.0.1]"}}
	if _, err := newTransports(t.Context(), c, time.Now); err == nil {
		t.Error("newTransports(a From address without a domain) = no error")
	}
	c.EmailFrom = "People <people@example.com>"
	if _, err := newTransports(t.Context(), c, time.Now); err != nil {
		t.Errorf("newTransports() = %v", err)
	}
}
