package cognate_test

import (
	"testing"

	"cognate"
)

func TestDomainURL(t *testing.T) {
	t.Parallel()
	prefix := &cognate.Domain{Name: "login", Kind: cognate.PrefixDomain}
	custom := &cognate.Domain{Name: "login.example.org", Kind: cognate.CustomDomain}
	for _, tt := range []struct {
		domain       *cognate.Domain
		public, want string
	}{
		{prefix, "https://id.example.com", "https://login.auth.id.example.com"},
		{prefix, "https://id.example.com:8443", "https://login.auth.id.example.com:8443"},
		{custom, "https://id.example.com", "https://login.example.org"},
		{prefix, "http://localhost:8229", "http://localhost:8229/domains/login"},
		{custom, "http://dev.localhost", "http://dev.localhost/domains/login.example.org"},
		{prefix, "https://192.0.2.1", "https://192.0.2.1/domains/login"},
		{prefix, "http://[::1]:8229", "http://[::1]:8229/domains/login"},
		{prefix, "http://cognate:8229", "http://cognate:8229/domains/login"},
	} {
		if got := tt.domain.URL(tt.public); got != tt.want {
			t.Errorf("URL(%s at %s) = %s, want %s", tt.domain.Name, tt.public, got, tt.want)
		}
	}
}
