package cognate_test

import (
	"strings"
	"testing"

	"cognate"
)

func TestClientTags(t *testing.T) {
	t.Parallel()
	const key = "cognate:client/app/backchannel-logout-uri"
	for _, tt := range []struct {
		key, value string
		ok         bool
	}{
		{key, "https://app.example.com/logout?a=b", true},
		{"cognate:client/4h5example6j7k8l9m0n1o2p3q/backchannel-logout-uri", "http://localhost:3000/logout", true},
		{key, "http://app.example.com/logout", false},
		{key, "ftp://app.example.com", false},
		{key, "https://", false},
		{key, "https://ann@app.example.com", false},
		{key, "https://app.example.com/#a", false},
		{key, "https://app.example.com/\n", false},
		{key, "", false},
		{"cognate:client/app/logout", "https://app.example.com", false},
		{"cognate:client//backchannel-logout-uri", "https://app.example.com", false},
		{"cognate:client/a/b/backchannel-logout-uri", "https://app.example.com", false},
		{"cognate:client/app/device-grant", "on", true},
		{"cognate:client/app/device-grant", "off", true},
		{"cognate:client/app/device-grant", "yes", false},
		{"cognate:client/app/device-grant/on", "on", false},
		{"cognate:client//device-grant", "on", false},
		{"cognate:client/device-grant", "on", false},
		{"cognate:client/app/require", "par", true},
		{"cognate:client/app/require", " par\tdpop ", true},
		{"cognate:client/app/require", "dpop par", true},
		{"cognate:client/app/require", "par,par", false},
		{"cognate:client/app/require", "PAR", false},
		{"cognate:client/app/require", " ", false},
		{"cognate:client/app/require", "https://app.example.com", false},
		{"cognate:client/app/jwks-uri", "https://app.example.com/jwks.json", true},
		{"cognate:client/app/jwks-uri", "http://app.example.com/jwks.json", false},
		{"cognate:client//require", "par", false},
		{"cognate:client/require", "par", false},
		{"cognate:require-pkce", "all", true},
		{"cognate:require-pkce", "some", false},
	} {
		pool := validPool()
		pool.Tags = map[string]string{tt.key: tt.value}
		if err := pool.Check(); (err == nil) != tt.ok {
			t.Errorf("Check(%s=%q) = %v, want accepted %v", tt.key, tt.value, err, tt.ok)
		}
	}
	pool := &cognate.UserPool{Tags: map[string]string{
		key: "https://by-name.example", "cognate:client/id/backchannel-logout-uri": "https://by-id.example",
	}}
	for client, want := range map[*cognate.AppClient]string{
		{ID: "id", Name: "app"}: "https://by-id.example", {ID: "other", Name: "app"}: "https://by-name.example", {ID: "other", Name: "none"}: "",
	} {
		if got := pool.BackchannelLogoutURI(client); got != want {
			t.Errorf("BackchannelLogoutURI(%s, %s) = %q, want %q", client.ID, client.Name, got, want)
		}
	}
}

// The tags of Cognate do not count toward the quota.
func TestTagQuota(t *testing.T) {
	t.Parallel()
	pool := validPool()
	pool.Tags = map[string]string{"cognate:require-pkce": "all"}
	for n := range 50 {
		pool.Tags[strings.Repeat("a", n+1)] = ""
	}
	if err := pool.Check(); err != nil {
		t.Errorf("Check(50 tags and one of Cognate) = %v", err)
	}
	pool.Tags["b"] = ""
	if err := pool.Check(); err == nil {
		t.Error("Check(51 tags) = nil, want an error")
	}
}
