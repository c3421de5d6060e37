package attack_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
)

// forged are headers by which an attacker claims to be another client. 198.51.100.9 is in a network that the server exempts from limits.
var forged = map[string]string{
	"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Real-Ip": "198.51.100.9",
	"True-Client-Ip": "198.51.100.9", "Cf-Connecting-Ip": "198.51.100.9", "X-Client-Ip": "198.51.100.9", "X-Cluster-Client-Ip": "198.51.100.9",
	"Fastly-Client-Ip": "198.51.100.9", "Client-Ip": "198.51.100.9", "X-Original-Url": "/metrics", "X-Rewrite-Url": "/metrics",
	"X-Http-Method-Override": "DELETE",
}

// A client that is no trusted proxy cannot choose its address, host or protocol: it stays limited, the log has its real address, and
// documents and redirects do not name its host.
func TestForgedAddresses(t *testing.T) {
	t.Parallel()
	for what, trusted := range map[string][]netip.Prefix{
		"no trusted proxies": nil, "another trusted proxy": {netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	} {
		s := cognatetest.Start(t, func(c *server.Config) {
			c.TrustedProxies = trusted
			c.AddressLimits = server.AddressLimits{
				Requests: 5, Burst: 20, SignUps: 1000, Failures: 1000, Names: 1000, Pool: 1000,
				Exempt: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
			}
		})
		p := s.Pool(t, oauthClient)
		domain := mustDomain(t, p)
		passed := 0
		for i := range 60 {
			headers := http.Header{}
			for name, value := range forged {
				headers.Set(name, value)
			}
			if i%2 == 1 { // another address each time
				headers.Set("X-Forwarded-For", "203.0.113."+string(rune('0'+i%10)))
				headers.Set("Forwarded", `for="[2001:db8::`+string(rune('0'+i%10))+`]";host=evil.example;proto=https`)
			}
			if got := call(t, s, "InitiateAuth", sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ann","PASSWORD":"x"}}`, p.ClientID), headers); got.code != api.CodeTooManyRequestsException {
				passed++
			}
		}
		if passed > 25 {
			t.Errorf("%s: %d of 60 requests with forged addresses passed, want about 20", what, passed)
		}
		s.Clock.Advance(time.Minute)
		for _, path := range []string{"/" + p.PoolID + "/.well-known/openid-configuration", "/oauth2/authorize?client_id=" + p.ClientID + "&response_type=code&redirect_uri=" + callback} {
			address := s.URL + path
			if strings.HasPrefix(path, "/oauth2") {
				address = domain + path
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range forged {
				r.Header.Set(name, value)
			}
			got := do(t, r)
			if got.status == http.StatusTooManyRequests || strings.Contains(got.body, "evil.example") || strings.Contains(got.header.Get("Location"), "evil.example") {
				t.Errorf("%s: GET %s = %d %s, Location %s", what, path, got.status, got.body, got.header.Get("Location"))
			}
			for _, cookie := range got.header.Values("Set-Cookie") {
				if strings.Contains(cookie, "evil.example") {
					t.Errorf("%s: GET %s sets %s", what, path, cookie)
				}
			}
		}
		for line := range strings.Lines(s.Log.String()) {
			if strings.Contains(line, "198.51.100.9") || strings.Contains(line, "203.0.113.") || strings.Contains(line, "2001:db8::") {
				t.Errorf("%s: the log has a forged address: %s", what, line)
				break
			}
		}
	}
}
