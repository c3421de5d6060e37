package oauth

import (
	"net/http"
	"strings"
	"time"

	"cognate/signin"
)

// introspection is the answer of introspect. Source: RFC 7662 section 2.2.
type introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitzero"`
	ClientID  string `json:"client_id,omitzero"`
	Username  string `json:"username,omitzero"`
	TokenType string `json:"token_type,omitzero"`
	Expires   int64  `json:"exp,omitzero"`
	Issued    int64  `json:"iat,omitzero"`
	Sub       string `json:"sub,omitzero"`
	Audience  any    `json:"aud,omitempty"`
	Issuer    string `json:"iss,omitzero"`
	ID        string `json:"jti,omitzero"`
	// Confirmation names the key that the token is bound to; nil for none. Source: RFC 9449 section 6.2.
	Confirmation *confirmation `json:"cnf,omitzero"`
}

type confirmation struct {
	Key string `json:"jkt"`
}

// introspect answers whether a token is valid now, for a confidential client. Source: RFC 7662.
func (e *ClientEndpoints) introspect(w http.ResponseWriter, r *http.Request, site *Site) {
	found, err := e.inspect(r, site)
	if err != nil {
		if statusOf(err) == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="introspect"`)
		}
		answer(r.Context(), w, statusOf(err), nil, err)
		return
	}
	answer(r.Context(), w, http.StatusOK, found, nil)
}

func (e *ClientEndpoints) inspect(r *http.Request, site *Site) (*introspection, error) {
	form, err := readForm(r, append([]string{"token", "token_type_hint"}, authenticationOnce...)...)
	if err != nil {
		return nil, err
	}
	client, err := e.authenticate(r, site, form)
	if err != nil {
		return nil, err
	}
	if !site.Pool.IsConfidential(client) {
		return nil, errUnknownClient
	}
	if form.Get("token") == "" {
		return nil, refuse(CodeInvalidRequest, "")
	}
	found, err := e.Engine.Inspect(r.Context(), request(site, client), form.Get("token"))
	if err != nil || found == nil {
		return &introspection{}, err
	}
	return toIntrospection(found), nil
}

func toIntrospection(found *signin.Inspection) *introspection {
	seconds := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.Unix()
	}
	shown := &introspection{
		Active: true, Scope: strings.Join(found.Scopes, " "), ClientID: found.ClientID, Username: found.Username, TokenType: found.TokenType,
		Expires: seconds(found.Expires), Issued: seconds(found.Issued), Sub: found.Sub, Audience: found.Audience, Issuer: found.Issuer,
		ID: found.ID,
	}
	if found.DPoPKey != "" {
		shown.Confirmation = &confirmation{found.DPoPKey}
	}
	return shown
}
