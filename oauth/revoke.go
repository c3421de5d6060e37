package oauth

import (
	"errors"
	"net/http"

	"cognate/api"
	"cognate/signin"
)

// revoke ends the sign-in that a refresh token or an access token belongs to. A token that is unknown, or of another client, is no
// error. Source: docs/behaviour.md §7.4; RFC 7009.
func (e *ClientEndpoints) revoke(w http.ResponseWriter, r *http.Request, site *Site) {
	if err := e.end(r, site); err != nil {
		answer(r.Context(), w, statusOf(err), nil, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (e *ClientEndpoints) end(r *http.Request, site *Site) error {
	form, err := readForm(r, append([]string{"token", "token_type_hint"}, authenticationOnce...)...)
	if err != nil {
		return err
	}
	client, err := e.authenticate(r, site, form)
	if err != nil {
		return err
	}
	if form.Get("token") == "" {
		return refuse(CodeInvalidRequest, "")
	}
	err = e.Engine.RevokeToken(r.Context(), &signin.Revocation{Client: client, Token: form.Get("token"), OAuth: true})
	failure, ok := errors.AsType[*api.Error](err)
	switch {
	case ok && failure.Code == api.CodeUnsupportedTokenTypeException:
		return refuse(codeUnsupportedTokenType, "")
	case ok: // the client has revocation off
		return refuse(CodeInvalidRequest, "")
	default:
		return err
	}
}

// statusOf returns the status of a refusal of revoke and introspect: 401 for a client that is not authenticated.
func statusOf(err error) int {
	if refusal, ok := errors.AsType[*Refusal](err); ok && refusal.Code == codeInvalidClient {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}
