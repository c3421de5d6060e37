// Package oauth has OAuth 2.0 and OpenID Connect without HTML: the domains of pools, the discovery document and the public keys
// (JWKS) of a pool, and the checks of authorization requests.
//
// It does not sign users in and does not store keys; packages signin and tokens do.
package oauth

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"cognate/store"
	"cognate/tokens"
)

// Discovery serves the two documents of every pool, under any host name.
type Discovery struct {
	Store  *store.Store
	Keys   *tokens.Keyring
	Issuer tokens.Issuer
	// Hosts finds the host that a client uses. A client that uses a host name of the server or a loopback address finds the keys
	// there, because it may not reach the public URL.
	Hosts *Hosts
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
	base := d.Hosts.baseURL(r)
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
