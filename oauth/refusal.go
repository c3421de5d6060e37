package oauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/audit"
	"cognate/signin"
)

// Codes of errors that only the endpoints without a browser have. Source: RFC 6749 section 5.2; RFC 7009 section 2.2.1;
// RFC 6750 section 3.1; RFC 8628 section 3.5.
const (
	codeInvalidClient        = "invalid_client"
	codeInvalidGrant         = "invalid_grant"
	codeInvalidScope         = "invalid_scope"
	codeUnsupportedGrantType = "unsupported_grant_type"
	codeUnsupportedTokenType = "unsupported_token_type"
	codeInvalidToken         = "invalid_token"
	codeAuthorizationPending = "authorization_pending"
	codeSlowDown             = "slow_down"
	codeExpiredToken         = "expired_token"
)

// Refusal is an error that an application gets as JSON.
type Refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitzero"`
}

func (r *Refusal) Error() string { return r.Code + " " + r.Description }

// refuse returns a refusal. The description may be empty.
func refuse(code, description string) *Refusal { return &Refusal{Code: code, Description: description} }

// refusals are the refusals for errors of the rules. Source: docs/behaviour.md §7.2.
var refusals = []struct {
	err error
	is  Refusal
}{
	{signin.ErrInvalidCode, Refusal{Code: codeInvalidGrant}},
	{signin.ErrRedirectMismatch, Refusal{CodeUnauthorizedClient, "invalid_redirect"}},
	{signin.ErrFlowNotAllowed, Refusal{Code: CodeUnauthorizedClient}},
	{signin.ErrProofRequired, *errProofMissing},
	{signin.ErrNoRefresh, Refusal{Code: CodeUnauthorizedClient}},
	{signin.ErrInvalidScope, Refusal{Code: codeInvalidScope}},
	{signin.ErrInvalidTarget, Refusal{Code: CodeInvalidTarget}},
	{signin.ErrDevicePending, Refusal{Code: codeAuthorizationPending}},
	{signin.ErrDeviceTooFast, Refusal{Code: codeSlowDown}},
	{signin.ErrDeviceDenied, Refusal{Code: CodeAccessDenied}},
	{signin.ErrDeviceExpired, Refusal{Code: codeExpiredToken}},
	{api.ErrUserDisabled, Refusal{Code: codeInvalidGrant}},
}

// refusalOf returns the refusal for an error of a rule, or the error itself if it is internal. A refusal about a refresh token gives
// no reason. The text of a function of the pool is in the refusal, for the developer of the application.
// Assumed: a function that fails at the token endpoint gets invalid_request with the function's text, as at /oauth2/authorize.
func refusalOf(err error) error {
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return &known.is
		}
	}
	if refused, ok := errors.AsType[*signin.ScopeError](err); ok {
		if refused.Exists {
			return refuse(codeInvalidGrant, "")
		}
		return refuse(codeInvalidScope, "")
	}
	failure, ok := errors.AsType[*api.Error](err)
	switch {
	case !ok:
		return err
	case failure.Code == api.CodeNotAuthorizedException, failure.Code == api.CodeRefreshTokenReuseException:
		return refuse(codeInvalidGrant, "")
	default:
		return refuse(CodeInvalidRequest, failure.Message)
	}
}

// answer writes a document; or, if err is not nil, a refusal with the status, or an internal error.
func answer(ctx context.Context, w http.ResponseWriter, status int, document any, err error) {
	if err != nil {
		refusal, ok := errors.AsType[*Refusal](err)
		if !ok {
			audit.SetInternal(ctx, err)
			refusal, status = refuse(CodeServerError, ""), http.StatusInternalServerError
		}
		audit.SetOutcome(ctx, refusal.Code)
		document = refusal
	}
	body, err := json.Marshal(document)
	if err != nil {
		audit.SetInternal(ctx, err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have closed the connection
}

// protect sets the headers of answers with tokens and claims. Source: docs/behaviour.md §7.3; RFC 6749 section 5.1.
func protect(h http.Header, site *Site) {
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Xss-Protection", "0")
	site.RequireHTTPS(h)
}
