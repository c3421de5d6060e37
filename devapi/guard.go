package devapi

import (
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// A development server asks nobody for a key, and any site that a developer visits can send requests to the loopback
// interface. Three things keep such pages out:
//   - A browser names the page in Origin or, without one, calls the request cross-site. Only pages of this machine, or of
//     the server's own address, are let in, and only to them CORS is granted.
//   - What changes something is no request that a page may send unasked (by a form, or without a preflight): PUT, DELETE,
//     or POST with a JSON body's content type.
//   - A name that is made to point to 127.0.0.1 (DNS rebinding) makes a page same-origin; its Host header gives it away.
//     An address in Host can't have been rebound.

// guard lets requests through that don't come from pages elsewhere.
func (s *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.inspect(r); err != nil {
			refuse(w, r, s.Log, err)
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
	if notAddress != nil && !isLocalName(host) && host != public {
		return refusal{http.StatusForbidden, "This server is not known as " + host + ": use localhost, an IP address or its --public-url."}
	}
	origin := r.Header.Get("Origin")
	switch {
	case origin != "" && !isLocalOrigin(origin) && origin != originOf(s.PublicURL),
		origin == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site":
		return refusal{http.StatusForbidden, "Pages from elsewhere may not use a development server."}
	case r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")):
		return refusal{http.StatusUnsupportedMediaType, "Send the header Content-Type: application/json (a seed: application/yaml)."}
	}
	return nil
}

// allowPage lets a page of this machine, which inspect has let in, read the answer. Other origins never come this far.
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

// isJSON reports whether a content type is one that no form sends.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || kind == "application/yaml")
}

// isLocalOrigin reports whether a page comes from the machine itself: from localhost or a loopback address.
func isLocalOrigin(origin string) bool {
	host := hostname(origin)
	ip, err := netip.ParseAddr(host)
	return isLocalName(host) || err == nil && ip.IsLoopback()
}

// isLocalName reports whether a name always means the machine itself. Source: RFC 6761 section 6.3.
func isLocalName(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// hostname returns the host of a URL in lower case; empty when it can't be read.
func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// originOf returns the origin of a URL, as browsers write it.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
