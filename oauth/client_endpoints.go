package oauth

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"cognate"
	"cognate/signin"
	"cognate/store"
	"cognate/throttle"
	"cognate/tokens"
)

// ClientEndpoints serves the endpoints that applications call themselves, without a page: /oauth2/par, /oauth2/token, /oauth2/userInfo,
// /oauth2/revoke, /oauth2/introspect and /oauth2/device_authorization. All fields are required.
type ClientEndpoints struct {
	Store    *store.Store
	Engine   *signin.Engine
	Tokens   *tokens.Service
	Requests *Service // checks authorization requests
	Keys     *ClientKeys
	Limits   throttle.Limits
	Now      func() time.Time
}

// Mount adds the endpoints.
func (e *ClientEndpoints) Mount(on *Endpoints) {
	for _, endpoint := range []struct {
		path    string
		methods []string
		serve   Handler
	}{
		{pathPushedRequests, []string{http.MethodPost}, e.push},
		{pathToken, []string{http.MethodPost}, e.token},
		{pathUserInfo, []string{http.MethodGet, http.MethodPost}, e.userInfo},
		{pathRevoke, []string{http.MethodPost}, e.revoke},
		{pathIntrospect, []string{http.MethodPost}, e.introspect},
		{pathDeviceAuthorization, []string{http.MethodPost}, e.deviceAuthorization},
	} {
		on.Handle(endpoint.path, func(w http.ResponseWriter, r *http.Request, site *Site) {
			protect(w.Header(), site)
			if !slices.Contains(endpoint.methods, r.Method) {
				w.Header().Set("Allow", strings.Join(endpoint.methods, ", "))
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			endpoint.serve(w, r, site)
		})
	}
}

// request returns the pool and the client of a request in the form that the rules take.
func request(site *Site, client *cognate.AppClient) cognate.ClientRequest {
	return cognate.ClientRequest{Pool: site.Pool, Client: client}
}
