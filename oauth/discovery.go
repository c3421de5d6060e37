// Package oauth serves the two documents of a pool that OpenID Connect relying parties read: the discovery document and the
// public keys (JWKS).
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

// Discovery serves the two documents of every pool.
type Discovery struct {
	Store  *store.Store
	Keys   *tokens.Keyring
	Issuer func(poolID string) string
}

// Mount adds the routes to mux.
func (d *Discovery) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /{pool}/.well-known/jwks.json", d.jwks)
	mux.HandleFunc("GET /{pool}/.well-known/openid-configuration", d.configuration)
}

// provider is the discovery document. Its members and their order are the service's (docs/behaviour.md §3.5; OpenID Connect
// Discovery 1.0 section 3). The endpoints of a pool without a domain are below its issuer, as in the service.
type provider struct {
	AuthorizationEndpoint    string   `json:"authorization_endpoint"`
	EndSessionEndpoint       string   `json:"end_session_endpoint"`
	IDTokenSigningAlgorithms []string `json:"id_token_signing_alg_values_supported"`
	Issuer                   string   `json:"issuer"`
	JWKSURI                  string   `json:"jwks_uri"`
	ResponseTypes            []string `json:"response_types_supported"`
	RevocationEndpoint       string   `json:"revocation_endpoint"`
	Scopes                   []string `json:"scopes_supported"`
	SubjectTypes             []string `json:"subject_types_supported"`
	TokenEndpoint            string   `json:"token_endpoint"`
	TokenEndpointAuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	UserInfoEndpoint         string   `json:"userinfo_endpoint"`
}

func (d *Discovery) configuration(w http.ResponseWriter, r *http.Request) {
	poolID := r.PathValue("pool")
	if _, err := d.Store.UserPool(r.Context(), poolID); err != nil {
		writeError(w, err)
		return
	}
	issuer := d.Issuer(poolID)
	writeJSON(w, provider{
		AuthorizationEndpoint:    issuer + "/oauth2/authorize",
		EndSessionEndpoint:       issuer + "/logout",
		IDTokenSigningAlgorithms: []string{"RS256"},
		Issuer:                   issuer,
		JWKSURI:                  issuer + "/.well-known/jwks.json",
		ResponseTypes:            []string{"code", "token"},
		RevocationEndpoint:       issuer + "/oauth2/revoke",
		Scopes:                   []string{"openid", "email", "phone", "profile"},
		SubjectTypes:             []string{"public"},
		TokenEndpoint:            issuer + "/oauth2/token",
		TokenEndpointAuthMethods: []string{"client_secret_basic", "client_secret_post"},
		UserInfoEndpoint:         issuer + "/oauth2/userInfo",
	})
}

func (d *Discovery) jwks(w http.ResponseWriter, r *http.Request) {
	poolID := r.PathValue("pool")
	// The keyring may still cache the keys of a deleted pool; the store does not.
	if _, err := d.Store.UserPool(r.Context(), poolID); err != nil {
		writeError(w, err)
		return
	}
	set, err := d.Keys.JWKS(r.Context(), poolID)
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
	h.Set("Cache-Control", "public, max-age=60")
	_, _ = w.Write(body) // the client may have closed the connection
}

func writeError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, store.ErrNotFound) {
		status = http.StatusNotFound
	}
	http.Error(w, http.StatusText(status), status)
}
