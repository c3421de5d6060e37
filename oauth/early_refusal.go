package oauth

import (
	"net/http"
	"strings"
)

const (
	pathAuthorize  = "/oauth2/authorize"
	pathUserInfo   = "/oauth2/userInfo"
	pathRevoke     = "/oauth2/revoke"
	pathIntrospect = "/oauth2/introspect"
)

// RefusePages sets the function that refuses requests for pages.
func (e *Endpoints) RefusePages(fn func(w http.ResponseWriter, r *http.Request, site *Site, status int)) {
	e.refusePage = fn
}

// Refuse answers a request that does not reach its endpoint, for example because it is too long or over a limit. Applications get JSON, and
// users get an error page. The caller sets Retry-After. Source: RFC 6749 section 5.2.
func (e *Endpoints) Refuse(w http.ResponseWriter, r *http.Request, site *Site, status int) {
	if !isForApplications(r.URL.Path) {
		e.refusePage(w, r, site, status)
		return
	}
	protect(w.Header(), site)
	refusal := earlyRefusal(status)
	if r.URL.Path == pathUserInfo && refusal.Code == CodeInvalidRequest {
		w.Header().Set("WWW-Authenticate", challenge(refusal, ""))
	}
	answer(r.Context(), w, status, nil, refusal)
}

// isForApplications reports whether applications call the endpoint at a path below a site themselves.
func isForApplications(path string) bool {
	return strings.HasPrefix(path, "/oauth2/") && path != pathAuthorize || path == pathConfiguration || path == pathMetadata || path == pathKeys
}

// earlyRefusal returns the refusal for a status.
//
// Assumed: a request over a limit, or to a server without free memory, is temporarily_unavailable, and one that is too long is
// invalid_request.
func earlyRefusal(status int) *Refusal {
	switch status {
	case http.StatusTooManyRequests:
		return errTooManyRequests
	case http.StatusServiceUnavailable:
		return refuse("temporarily_unavailable", "the server is busy")
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		return errLongRequest
	case http.StatusBadRequest:
		return refuse(CodeInvalidRequest, "the request cannot be read")
	default:
		return refuse(CodeServerError, "")
	}
}
