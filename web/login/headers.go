package login

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// source returns the CSP source of an inline style or script. Source: CSP Level 3, section 2.3.1.
func source(content string) string {
	hash := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// policy is what a page may load, run and post to.
type policy struct {
	style           string   // source of the style sheet that all pages have
	styles, scripts []string // contents
	images          []string // URLs
	redirects       []string // URLs to which a form of the page may redirect: browsers check redirects too
}

// setHeaders sets the headers of every page. A page is never stored, because it can show what a user has typed.
func setHeaders(h http.Header, p policy) {
	directives := []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"}
	directives = append(directives, strings.Join(append([]string{"form-action 'self'"}, origins(p.redirects)...), " "))
	if list := strings.TrimSpace(p.style + " " + sources(p.styles)); list != "" {
		directives = append(directives, "style-src "+list)
	}
	if list := sources(p.scripts); list != "" {
		directives = append(directives, "script-src "+list)
	}
	if list := exact(p.images); len(list) > 0 {
		directives = append(directives, "img-src "+strings.Join(list, " "))
	}
	h.Set("Content-Security-Policy", strings.Join(directives, "; "))
	h.Set("Content-Type", "text/html; charset=utf-8")
	setCommonHeaders(h)
}

// setCommonHeaders sets the headers of pages and of redirects.
func setCommonHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)")
}

func sources(contents []string) string {
	var list []string
	for _, c := range contents {
		if c != "" {
			list = append(list, source(c))
		}
	}
	return strings.Join(list, " ")
}

// exact returns CSP sources that allow only these URLs.
func exact(addresses []string) []string {
	var list []string
	for _, address := range addresses {
		if !strings.ContainsAny(address, " ;,'") && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list
}

// origins returns the CSP sources of URLs: their origin, or the scheme of an application. A URL that cannot be one is left out.
func origins(addresses []string) []string {
	var list []string
	for _, address := range addresses {
		u, err := url.Parse(address)
		switch {
		case err != nil || u.Scheme == "":
		case u.Scheme == "http" || u.Scheme == "https":
			if !strings.ContainsAny(u.Host, " ;,") && u.Host != "" {
				list = append(list, u.Scheme+"://"+u.Host)
			}
		default:
			list = append(list, u.Scheme+":")
		}
	}
	return list
}
