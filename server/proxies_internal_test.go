package server

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestProxies(t *testing.T) {
	t.Parallel()
	p := &proxies{networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for what, tt := range map[string]struct {
		peer                  string
		tls                   bool
		addresses             []string // X-Forwarded-For
		forwarded             []string // Forwarded
		host, proto           string
		wantAddress, wantHost string
		wantTLS               bool
		malformed             bool
	}{
		"no proxy":                       {peer: "192.0.2.1:5", wantAddress: "192.0.2.1"},
		"a client that forges headers":   {peer: "192.0.2.1:5", addresses: []string{"203.0.113.9"}, host: "evil.example", proto: "https", wantAddress: "192.0.2.1"},
		"a proxy without headers":        {peer: "10.0.0.1:5", wantAddress: "10.0.0.1"},
		"one proxy":                      {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9"}, host: "login.example.com", proto: "https", wantAddress: "203.0.113.9", wantHost: "login.example.com", wantTLS: true},
		"two proxies":                    {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9, 10.2.0.1"}, wantAddress: "203.0.113.9"},
		"two headers":                    {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9", "10.2.0.1"}, wantAddress: "203.0.113.9"},
		"a forged first address":         {peer: "10.0.0.1:5", addresses: []string{"198.51.100.1, 203.0.113.9"}, wantAddress: "203.0.113.9"},
		"a forged address of a proxy":    {peer: "10.0.0.1:5", addresses: []string{"10.9.9.9, 203.0.113.9"}, wantAddress: "203.0.113.9"},
		"only proxies":                   {peer: "10.0.0.1:5", addresses: []string{"10.3.0.1, 10.2.0.1"}, wantAddress: "10.3.0.1"},
		"an address with a port":         {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9:4711"}, wantAddress: "203.0.113.9"},
		"IPv6":                           {peer: "[fd00::1]:5", addresses: []string{"2001:db8::1"}, wantAddress: "2001:db8::1"},
		"IPv6 with a port":               {peer: "[fd00::1]:5", addresses: []string{"[2001:db8::1]:4711"}, wantAddress: "2001:db8::1"},
		"an IPv4-mapped proxy":           {peer: "[::ffff:10.0.0.1]:5", addresses: []string{"::ffff:203.0.113.9"}, wantAddress: "203.0.113.9"},
		"no address":                     {peer: "10.0.0.1:5", addresses: []string{"unknown"}, wantAddress: "10.0.0.1", malformed: true},
		"no address behind a second one": {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9, x, 10.2.0.1"}, wantAddress: "10.2.0.1", malformed: true},
		"an invalid host":                {peer: "10.0.0.1:5", host: "evil.example/.localhost", wantAddress: "10.0.0.1"},
		"the last host":                  {peer: "10.0.0.1:5", host: "evil.example, id.example.com:443", wantAddress: "10.0.0.1", wantHost: "id.example.com:443"},
		"TLS to the server only":         {peer: "10.0.0.1:5", tls: true, proto: "HTTP", wantAddress: "10.0.0.1"},
		"TLS to both":                    {peer: "10.0.0.1:5", tls: true, proto: "https", wantAddress: "10.0.0.1", wantTLS: true},
		"an unknown protocol":            {peer: "10.0.0.1:5", tls: true, proto: "wss", wantAddress: "10.0.0.1", wantTLS: true},
		"no peer":                        {peer: "@", wantAddress: ""},
		"an empty list":                  {peer: "10.0.0.1:5", addresses: []string{""}, wantAddress: "10.0.0.1", malformed: true},
		"an empty last address":          {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9,"}, wantAddress: "10.0.0.1", malformed: true},
		"Forwarded":                      {peer: "10.0.0.1:5", forwarded: []string{"for=203.0.113.9;host=id.example.com;proto=https"}, wantAddress: "203.0.113.9", wantHost: "id.example.com", wantTLS: true},
		"Forwarded from a client":        {peer: "192.0.2.1:5", forwarded: []string{"for=203.0.113.9"}, wantAddress: "192.0.2.1"},
		"a forged element of Forwarded":  {peer: "10.0.0.1:5", forwarded: []string{`for="198.51.100.1;a,b"`, "For=203.0.113.9, for=10.2.0.1"}, wantAddress: "203.0.113.9"},
		"an open quoted string":          {peer: "10.0.0.1:5", forwarded: []string{`for="198.51.100.1`, "for=203.0.113.9"}, wantAddress: "10.0.0.1", malformed: true},
		"a host of an earlier element":   {peer: "10.0.0.1:5", forwarded: []string{"for=203.0.113.9;host=evil.example, for=10.2.0.1"}, wantAddress: "203.0.113.9"},
		"Forwarded with IPv6":            {peer: "10.0.0.1:5", forwarded: []string{`for="[2001:db8::1]:4711"`}, wantAddress: "2001:db8::1"},
		"Forwarded with IPv6, no port":   {peer: "10.0.0.1:5", forwarded: []string{`for="[2001:db8::1]"`}, wantAddress: "2001:db8::1"},
		"Forwarded with a hidden client": {peer: "10.0.0.1:5", forwarded: []string{"for=_hidden"}, wantAddress: "10.0.0.1", malformed: true},
		"Forwarded without for":          {peer: "10.0.0.1:5", forwarded: []string{"for=203.0.113.9, by=10.0.0.1"}, wantAddress: "10.0.0.1", malformed: true},
		"both headers":                   {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9"}, forwarded: []string{"for=203.0.113.9"}, host: "id.example.com", wantAddress: "203.0.113.9", wantHost: "id.example.com"},
		"a forged Forwarded":             {peer: "10.0.0.1:5", addresses: []string{"203.0.113.9"}, forwarded: []string{"for=198.51.100.1;host=evil.example"}, wantAddress: "10.0.0.1", malformed: true},
		"a forged X-Forwarded-For":       {peer: "10.0.0.1:5", addresses: []string{"198.51.100.1"}, forwarded: []string{"for=203.0.113.9"}, host: "evil.example", wantAddress: "10.0.0.1", malformed: true},
		"a forged X-Forwarded-Host":      {peer: "10.0.0.1:5", forwarded: []string{"for=203.0.113.9"}, host: "evil.example", wantAddress: "10.0.0.1", malformed: true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Host, r.RemoteAddr = "server:8229", tt.peer
		if tt.tls {
			r.TLS = new(tls.ConnectionState)
		}
		for _, addresses := range tt.addresses {
			r.Header.Add("X-Forwarded-For", addresses)
		}
		for _, forwarded := range tt.forwarded {
			r.Header.Add("Forwarded", forwarded)
		}
		if tt.host != "" {
			r.Header.Set("X-Forwarded-Host", tt.host)
		}
		if tt.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tt.proto)
		}
		if tt.wantHost == "" {
			tt.wantHost = "server:8229"
		}
		before := p.malformed.Load()
		got := p.resolve(r)
		if malformed := p.malformed.Load() != before; malformed != tt.malformed {
			t.Errorf("resolve(%s) counts malformed headers: %v, want %v", what, malformed, tt.malformed)
		}
		if address := originOf(got).IPAddress; address != tt.wantAddress || got.Host != tt.wantHost || (got.TLS != nil) != tt.wantTLS {
			t.Errorf("resolve(%s) = %s, host %s, TLS %v, want %s, %s, %v", what, address, got.Host, got.TLS != nil, tt.wantAddress, tt.wantHost, tt.wantTLS)
		}
	}
}

func FuzzProxies(f *testing.F) {
	p := &proxies{networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	f.Add("203.0.113.9, 10.0.0.2", "id.example.com:1", "")
	f.Add("[::1%a]:1,,", "[::1]", `for="\`)
	f.Fuzz(func(t *testing.T, addresses, host, forwarded string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Host"] = []string{addresses}, []string{host}
		if forwarded != "" {
			r.Header["Forwarded"] = []string{forwarded}
		}
		if _, err := netip.ParseAddr(originOf(p.resolve(r)).IPAddress); err != nil {
			t.Errorf("resolve(%q) = no address: %v", addresses, err)
		}
	})
}
