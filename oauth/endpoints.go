package oauth

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Endpoints answers the requests at the domains of pools.
type Endpoints struct {
	mux        http.ServeMux
	refusePage func(w http.ResponseWriter, r *http.Request, site *Site, status int)
}

// Handler answers a request at a site. The path of the request is below the site.
type Handler func(w http.ResponseWriter, r *http.Request, site *Site)

type siteKey struct{}

// Handle adds a handler for a pattern of http.ServeMux.
func (e *Endpoints) Handle(pattern string, h Handler) {
	e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		site, ok := r.Context().Value(siteKey{}).(*Site)
		if !ok { // only ServeSite calls the mux
			http.Error(w, "no site", http.StatusInternalServerError)
			return
		}
		h(w, r, site)
	})
}

// Pattern returns the pattern of the handler of a request below a site; "" if it has none.
func (e *Endpoints) Pattern(r *http.Request) string {
	if !isClean(r.URL.Path) {
		return ""
	}
	_, pattern := e.mux.Handler(r)
	return pattern
}

// ServeSite answers a request that Hosts.Find returned.
func (e *Endpoints) ServeSite(w http.ResponseWriter, r *http.Request, site *Site) {
	if !isClean(r.URL.Path) || !isText(r.URL.Path) { // the mux would redirect the first to a path that is not below the site
		http.NotFound(w, r)
		return
	}
	if e.AllowBrowsers(w.Header(), r.URL.Path) && r.Method == http.MethodOptions {
		answerPreflight(w, r)
		return
	}
	e.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, site)))
}

// AllowBrowsers lets a page of any origin read the answer at a path below a site, if the endpoint uses no cookies. It reports whether it
// does.
func (e *Endpoints) AllowBrowsers(h http.Header, path string) bool {
	if !isOpen(path) || !e.has(path) {
		return false
	}
	allowBrowsers(h)
	return true
}

// has reports whether a path below a site has a handler.
func (e *Endpoints) has(path string) bool {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if _, pattern := e.mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}}); pattern != "" {
			return true
		}
	}
	return false
}

// isOpen reports whether pages of any origin may call an endpoint and read its answers. These endpoints use no cookies, so a foreign
// page cannot act for a signed-in user.
func isOpen(path string) bool {
	return slices.Contains([]string{pathPushedRequests, pathToken, pathRevoke, pathUserInfo, pathRegister}, path) ||
		strings.HasPrefix(path, pathRegister+"/") || slices.Contains([]string{pathConfiguration, pathMetadata, pathKeys}, path)
}

// allowBrowsers lets a page of any origin read an answer.
func allowBrowsers(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
}

// answerPreflight answers a preflight request: whether a page may send the request that follows. Source: Fetch Standard, CORS
// protocol.
func answerPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	h.Set("Access-Control-Max-Age", "172800")
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
	}
	w.WriteHeader(http.StatusNoContent)
}

// isClean reports whether p has no empty elements, no "." and no "..".
func isClean(p string) bool {
	clean := path.Clean(p)
	return p == clean || p == clean+"/" && !strings.HasSuffix(clean, "/")
}
