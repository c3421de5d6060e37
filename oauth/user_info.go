package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/risk"
	"cognate/tokens"
)

// The refusals of userInfo. Source: docs/behaviour.md §7.3.
// Assumed: an access token without openid is invalid_token, with this description.
var (
	errBadUserInfo  = refuse(CodeInvalidRequest, "Bad OAuth2 request at UserInfo Endpoint")
	errInvalidToken = refuse(codeInvalidToken,
		"Access token is expired, disabled, or deleted, or the user has globally signed out.")
	errNoOpenID = refuse(codeInvalidToken, "Access token does not contain openid scope")
)

// userInfo answers with the claims about the user of an access token that the scopes of the token include. The access token is in
// the header, or in the form of a POST request.
// Source: docs/behaviour.md §7.3; OpenID Connect Core 1.0 section 5.3; RFC 6750 section 2.
func (e *ClientEndpoints) userInfo(w http.ResponseWriter, r *http.Request, site *Site) {
	token, scheme, err := sentToken(r)
	var claims map[string]any
	if err == nil {
		claims, err = e.claims(r, site, token, scheme)
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		w.Header().Set("WWW-Authenticate", challenge(refusal, scheme))
		if refusal.Code == codeInvalidToken || refusal.Code == codeInvalidProof {
			answer(r.Context(), w, http.StatusUnauthorized, nil, err)
			return
		}
	}
	status := http.StatusOK
	if err != nil {
		status = http.StatusBadRequest
	}
	answer(r.Context(), w, status, claims, err)
}

// challenge returns the header about a refusal. Source: docs/behaviour.md §7.3; RFC 9449 section 7.1.
func challenge(refusal *Refusal, scheme string) string {
	reason := fmt.Sprintf("error=%q, error_description=%q", refusal.Code, refusal.Description)
	if scheme != schemeDPoP {
		return reason
	}
	var names []string
	for _, algorithm := range asymmetric {
		names = append(names, string(algorithm))
	}
	return fmt.Sprintf("%s %s, algs=%q", schemeDPoP, reason, strings.Join(names, " "))
}

// claims returns the claims about the user of an access token. A token that is bound to a key needs the scheme DPoP and a proof of the
// key: as a bearer token, it would work for anyone who has stolen it. Source: RFC 9449 section 7.
func (e *ClientEndpoints) claims(r *http.Request, site *Site, token, scheme string) (map[string]any, error) {
	proven := new(proof)
	if scheme == schemeDPoP {
		sent, err := e.readProof(r, site, token)
		if err != nil {
			return nil, err
		}
		if sent == nil {
			return nil, errProofMissing
		}
		proven = sent
	}
	owner, err := e.Tokens.AuthenticateFor(r.Context(), token, cognate.ScopeOpenID, proven.key)
	switch {
	case errors.Is(err, api.ErrTokenScope):
		return nil, errNoOpenID
	case isAPIError(err), err == nil && owner.Pool.ID != site.Pool.ID:
		return nil, errInvalidToken
	case err != nil:
		return nil, err
	}
	audit.SetClient(r.Context(), owner.Pool.ID, owner.Client.ID)
	audit.SetUserOf(r.Context(), owner.User)
	if err := admitOwner(r.Context(), owner.Pool, owner.Client); err != nil {
		return nil, err
	}
	if scheme == schemeDPoP {
		if err := e.spendProof(r, proven); err != nil {
			return nil, err
		}
	}
	claims := make(map[string]any)
	for name, value := range tokens.VisibleAttributes(owner.Client, owner.User, owner.Scopes, owner.UserInfoClaims) {
		claims[name] = userInfoClaim(name, value)
	}
	claims["sub"], claims["username"] = owner.User.Sub, owner.User.Username
	return claims, nil
}

func isAPIError(err error) bool {
	_, ok := errors.AsType[*api.Error](err)
	return ok
}

// admitOwner returns an error if the pool blocks the address of the request.
func admitOwner(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient) error {
	if err := risk.RequireAllowed(ctx, pool, client); isAPIError(err) {
		return errInvalidToken
	} else if err != nil {
		return err
	}
	return nil
}

// userInfoClaim returns a claim of userInfo. Unlike ID tokens, it has strings for email_verified and phone_number_verified.
func userInfoClaim(name, value string) any {
	switch name {
	case cognate.AttributeEmailVerified, cognate.AttributePhoneVerified:
		return value
	default:
		return tokens.AttributeClaim(name, value)
	}
}

// sentToken returns the access token of a request, and the scheme with which it was sent: "Bearer" or schemeDPoP. A request with no
// token or with two is refused. The query is not read.
// Errors: *Refusal. Source: RFC 6750 sections 2.1 and 2.2; RFC 9449 section 7.1.
func sentToken(r *http.Request) (token, scheme string, err error) {
	var found []string
	scheme = "Bearer"
	for _, header := range r.Header.Values("Authorization") {
		named, token, _ := strings.Cut(header, " ")
		switch {
		case strings.EqualFold(named, schemeDPoP):
			scheme = schemeDPoP
		case !strings.EqualFold(named, "Bearer"):
			return "", "", errBadUserInfo
		}
		found = append(found, strings.TrimSpace(token))
	}
	if r.Method == http.MethodPost && r.ContentLength != 0 && r.Header.Get("Content-Type") != "" {
		form, err := readForm(r, "access_token")
		if err != nil {
			return "", "", errBadUserInfo
		}
		found = append(found, form["access_token"]...)
	}
	if len(found) != 1 || found[0] == "" {
		return "", "", errBadUserInfo
	}
	return found[0], scheme, nil
}
