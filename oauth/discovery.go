// Package oauth serves the two documents of a pool that OpenID Connect relying parties read: the discovery document and the
// public keys (JWKS).
//
// It does not sign users in and does not store keys; packages signin and tokens do.
package oauth

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"cognate/store"
	"cognate/tokens"
)

// Discovery serves the two documents of every pool, under any host name.
type Discovery struct {
	Store  *store.Store
	Keys   *tokens.Keyring
	Issuer tokens.Issuer
	// HostNames are further host names and addresses at which clients reach the server, without a port and in lower case. A
	// client that uses one of them, or a loopback address, finds the keys there, because it may not reach the public URL.
	HostNames []string
}

// Mount adds the routes to mux.
func (d *Discovery) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /{pool}/.well-known/jwks.json", d.jwks)
	mux.HandleFunc("GET /{pool}/.well-known/openid-configuration", d.configuration)
}

// provider is the discovery document. Its members and their order are the service's (docs/behaviour.md §3.5; OpenID Connect
// Discovery 1.0 section 3), without the endpoints of OAuth 2.0 and what describes them, which the server does not have.
type provider struct {
	IDTokenSigningAlgorithms []string `json:"id_token_signing_alg_values_supported"`
	Issuer                   string   `json:"issuer"`
	JWKSURI                  string   `json:"jwks_uri"`
	ResponseTypes            []string `json:"response_types_supported"`
	Scopes                   []string `json:"scopes_supported"`
	SubjectTypes             []string `json:"subject_types_supported"`
}

func (d *Discovery) configuration(w http.ResponseWriter, r *http.Request) {
	pool, err := d.Store.UserPool(r.Context(), r.PathValue("pool"))
	if err != nil {
		writeError(w, err)
		return
	}
	base := d.baseURL(r)
	if base != d.Issuer.PublicURL {
		w.Header().Set("Cache-Control", "no-store") // a shared cache must not give this host to other clients
	}
	writeJSON(w, provider{
		IDTokenSigningAlgorithms: []string{"RS256"},
		Issuer:                   d.Issuer.Of(pool),
		JWKSURI:                  base + "/" + pool.ID + "/.well-known/jwks.json",
		ResponseTypes:            []string{"code", "token"},
		Scopes:                   []string{"openid", "email", "phone", "profile"},
		SubjectTypes:             []string{"public"},
	})
}

// baseURL returns the URL at which the client of r reaches the server: the host of the request if it is known, else the public
// URL. An attacker who can choose the Host header cannot lead verifiers to keys at another host.
func (d *Discovery) baseURL(r *http.Request) string {
	host := hostname(r.Host)
	known := plainHost.MatchString(r.Host) && (isLoopback(host) || slices.Contains(d.HostNames, host))
	if !known || host == d.publicHost() {
		return d.Issuer.PublicURL
	}
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// plainHost is the form of a host name or an address with an optional port. In a URL, other characters could end the host:
// "evil.example/.localhost" would lead to evil.example.
var plainHost = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$`)

func (d *Discovery) publicHost() string {
	u, err := url.Parse(d.Issuer.PublicURL)
	if err != nil {
		return ""
	}
	return hostname(u.Host)
}

// hostname returns the host in a Host header, without its port and in lower case.
func hostname(host string) string { return strings.ToLower((&url.URL{Host: host}).Hostname()) }

// isLoopback reports whether host is a loopback address, or a name that always means one. Source: RFC 6761 section 6.3.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

func (d *Discovery) jwks(w http.ResponseWriter, r *http.Request) {
	pool, err := d.Store.UserPool(r.Context(), r.PathValue("pool"))
	if err != nil {
		writeError(w, err)
		return
	}
	set, err := d.Keys.JWKS(r.Context(), pool)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, set)
}

func writeJSON(w http.ResponseWriter, document any) {
	body, err := json.Marshal(document)
	if err != nil {
		writeError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Access-Control-Allow-Origin", "*")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=60")
	}
	_, _ = w.Write(body) // the client may have closed the connection
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, store.ErrNotFound) {
		status = http.StatusNotFound
	}
	http.Error(w, http.StatusText(status), status)
}
