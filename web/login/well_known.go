package login

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"cognate/oauth"
)

// The addresses at which password managers look for the account pages of a domain.
// Source: W3C, A Well-Known URL for Changing Passwords; W3C, A Well-Known URL for Relying Party Passkey Endpoints.
const (
	changePasswordPath   = "/.well-known/change-password"
	passkeyEndpointsPath = "/.well-known/passkey-endpoints"
)

// passkeyEndpoints are the pages on which users add passkeys and see those that they have.
type passkeyEndpoints struct {
	Enroll string `json:"enroll"`
	Manage string `json:"manage"`
}

// registerWellKnown adds the well-known addresses. They redirect to account pages or name them, so pools without account pages
// answer 404.
func (h *Handler) registerWellKnown(e *oauth.Endpoints) {
	for path, answer := range map[string]oauth.Handler{
		changePasswordPath:   redirectToPassword,
		passkeyEndpointsPath: writePasskeyEndpoints,
	} {
		e.Handle("GET "+path, func(w http.ResponseWriter, r *http.Request, site *oauth.Site) {
			if !site.Pool.HasAccountPage() {
				http.NotFound(w, r)
				return
			}
			setCommonHeaders(w.Header())
			answer(w, r, site)
		})
	}
}

func redirectToPassword(w http.ResponseWriter, r *http.Request, site *oauth.Site) {
	http.Redirect(w, r, site.Path+accountPath+"/password", http.StatusFound)
}

func writePasskeyEndpoints(w http.ResponseWriter, _ *http.Request, site *oauth.Site) {
	passkeys := site.URL + accountPath + "/passkeys"
	w.Header().Set("Content-Type", "application/json")
	body, err := json.Marshal(passkeyEndpoints{Enroll: passkeys + "/add", Manage: passkeys})
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body) // the client may have closed the connection
}
