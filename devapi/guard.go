package devapi

import (
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A development server requires no key, and any site that a developer visits can send requests to the loopback interface.
// Three rules reject the pages of such sites:
//   - A browser names the page in Origin, or marks the request as cross-site. Only pages of this machine, or of the
//     server's own origin, may send requests, and only they get CORS headers.
//   - A page can send some requests without a preflight, for example from a form. Requests that change data must be PUT,
//     DELETE, or POST with a JSON content type, which need a preflight.
//   - If an attacker makes a name resolve to 127.0.0.1 (DNS rebinding), the page is same-origin, but the Host header shows
//     the name. An IP address in Host cannot be rebound.

// guard rejects requests from pages of other sites.
func (s *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.inspect(r); err != nil {
			writeError(w, r, s.Log, err)
			return
		}
		allowPage(w, r)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *API) inspect(r *http.Request) error {
	host := hostname("http://" + r.Host)
	public := hostname(s.PublicURL)
	_, notAddress := netip.ParseAddr(host)
	if notAddress != nil && !isLocalName(host) && host != public && !slices.Contains(s.HostNames, host) {
		return requestError{
			http.StatusForbidden,
			"unknown host " + host + "; use localhost, an IP address, the --public-url, or a name in --host-names",
		}
	}
	origin := r.Header.Get("Origin")
	switch {
	case origin != "" && !isLocalOrigin(origin) && origin != originOf(s.PublicURL),
		origin == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site":
		return requestError{http.StatusForbidden, "pages of other sites may not use a development server"}
	case r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")):
		return requestError{http.StatusUnsupportedMediaType, "send the header Content-Type: application/json (a seed: application/yaml)"}
	}
	return nil
}

// allowPage lets a page of this machine read the answer. inspect has rejected other origins before.
func allowPage(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
	}
}

// isJSON reports whether a content type is one that forms cannot send.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || kind == "application/yaml")
}

// isLocalOrigin reports whether an origin is on this machine: localhost or a loopback address.
func isLocalOrigin(origin string) bool {
	host := hostname(origin)
	ip, err := netip.ParseAddr(host)
	return isLocalName(host) || err == nil && ip.IsLoopback()
}

// isLocalName reports whether a name always means this machine. Source: RFC 6761 section 6.3.
func isLocalName(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// hostname returns the host of a URL in lower case, or "" if the URL is invalid.
func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// originOf returns the origin of a URL, in the form of browsers.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
