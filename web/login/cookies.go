package login

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"

	"cognate"
	"cognate/oauth"
)

// The cookies of the pages. Their names start with __Host- where browsers accept this prefix, so that no other host can set them.
// At an address with a path, the name and the path are those of its domain. Without TLS, which is possible only at loopback
// addresses, the names have no prefix. Source: RFC 6265bis section 4.1.3.
const (
	browserCookie = "cognate-browser" // binds flows to the browser; random
	sessionCookie = "cognate"         // the secret of the SSO session
)

// cookie returns a cookie of a site. An empty value removes it.
func cookie(site *oauth.Site, name, value string) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName(site, name), Value: value, Path: site.Path + "/", Secure: site.Secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

func cookieName(site *oauth.Site, name string) string {
	switch {
	case site.Path == "" && site.Secure:
		return "__Host-" + name
	case site.Path == "":
		return name
	case site.Secure:
		return "__Secure-" + name + "-" + site.Domain.Name
	default:
		return name + "-" + site.Domain.Name
	}
}

// readCookie returns the value of a cookie; empty without one.
func readCookie(r *http.Request, site *oauth.Site, name string) string {
	c, err := r.Cookie(cookieName(site, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// browser returns the hash of the browser's cookie. It sets the cookie if the browser has none.
func browser(w http.ResponseWriter, r *http.Request, site *oauth.Site) []byte {
	value := readCookie(r, site, browserCookie)
	if value == "" {
		value = rand.Text()
		http.SetCookie(w, cookie(site, browserCookie, value))
	}
	hash := sha256.Sum256([]byte(value))
	return hash[:]
}

// setSession sets the cookie of an SSO session, until the session ends. The pages that follow the sign-in need the cookie
// even if the session of the client ends immediately.
func setSession(w http.ResponseWriter, site *oauth.Site, secret string, session *cognate.SSOSession) {
	c := cookie(site, sessionCookie, secret)
	c.Expires = session.Expires
	if fresh := session.AuthTime.Add(cognate.SignInWindow); fresh.After(c.Expires) {
		c.Expires = fresh
	}
	http.SetCookie(w, c)
}
