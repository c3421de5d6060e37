package oauth

import (
	"context"
	"net/http"
	"path"
	"strings"
)

// Endpoints answers the requests at the domains of pools.
type Endpoints struct{ mux http.ServeMux }

// Handler answers a request at a site. The path of the request is below the site.
type Handler func(w http.ResponseWriter, r *http.Request, site *Site)

type siteKey struct{}

// Handle adds a handler for a pattern of http.ServeMux.
func (e *Endpoints) Handle(pattern string, h Handler) {
	e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		site, ok := r.Context().Value(siteKey{}).(*Site)
		if !ok { // ServeSite alone calls the mux
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
	if !isClean(r.URL.Path) { // the mux would redirect it to a path that is not below the site
		http.NotFound(w, r)
		return
	}
	e.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, site)))
}

// isClean reports whether p has no empty elements, no "." and no "..".
func isClean(p string) bool {
	clean := path.Clean(p)
	return p == clean || p == clean+"/" && !strings.HasSuffix(clean, "/")
}
