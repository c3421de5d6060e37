package oauth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"cognate"
	"cognate/internal/lazyregexp"
	"cognate/store"
)

// Site is an address at which a pool has its login pages and its OAuth 2.0 endpoints.
type Site struct {
	Domain *cognate.Domain
	Pool   *cognate.UserPool
	URL    string // without a slash at the end: "https://login.auth.id.example.com"
	// Path is the path of URL. Every path and every cookie of the site begins with it: "" or "/domains/login".
	Path string
	// Secure says that browsers send the cookies of the site over HTTPS only. It is false only for HTTP at a loopback address.
	Secure bool
}

// RequireHTTPS lets browsers use only HTTPS at the host of the site, if the site does. It would also apply to other servers on the machine
// of the user, so a loopback address does not have it. Source: RFC 6797.
func (s *Site) RequireHTTPS(h http.Header) {
	if u, err := url.Parse(s.URL); err == nil && u.Scheme == "https" && !isLoopback(hostname(u.Host)) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// ErrNoSite says that a request is not for the domain of a pool.
var ErrNoSite = errors.New("not a domain of a pool")

// minCustomLabels is the smallest number of labels of a custom domain.
const minCustomLabels = 3

// Hosts finds the addresses of the server and of the domains of its pools. It reads the store for each request, so that a changed
// domain acts on every server immediately.
type Hosts struct {
	Store *store.Store
	// PublicURL is the URL at which clients reach the server, without a slash at the end.
	PublicURL string
	// HostNames are further host names and addresses at which clients reach the server, without a port and in lower case.
	HostNames []string
}

// Find returns the site of a request, and the request with the path below the site. A domain is served at its own host, and at
// the hosts of the server below /domains/. Errors: ErrNoSite; store.ErrNotFound for a domain that does not exist.
func (h *Hosts) Find(r *http.Request) (*Site, *http.Request, error) {
	host := hostname(r.Host)
	for _, own := range h.names() {
		if prefix, ok := strings.CutSuffix(host, cognate.PrefixHost("", own)); ok {
			return h.find(r, prefix, cognate.PrefixDomain, h.hostURL(r, own, host))
		}
	}
	if h.mayBeCustom(host) {
		site, below, err := h.find(r, host, cognate.CustomDomain, h.publicURLAt(host))
		if !errors.Is(err, store.ErrNotFound) {
			return site, below, err
		}
	}
	return h.findByPath(r)
}

func (h *Hosts) find(r *http.Request, name string, kind cognate.DomainKind, at string) (*Site, *http.Request, error) {
	site, err := h.site(r.Context(), name, at)
	switch {
	case err != nil:
		return nil, nil, err
	case site.Domain.Kind != kind:
		return nil, nil, store.ErrNotFound
	}
	return site, r, nil
}

func (h *Hosts) findByPath(r *http.Request) (*Site, *http.Request, error) {
	rest, ok := strings.CutPrefix(r.URL.Path, cognate.DomainsPath)
	if !ok {
		return nil, nil, ErrNoSite
	}
	name, _, _ := strings.Cut(rest, "/")
	prefix := cognate.DomainsPath + name
	site, err := h.site(r.Context(), name, h.baseURL(r)+prefix)
	if err != nil {
		return nil, nil, err
	}
	below := new(http.Request)
	*below = *r
	u := *r.URL
	u.Path = "/" + strings.TrimPrefix(strings.TrimPrefix(u.Path, prefix), "/")
	u.RawPath = "" // the names of domains and the paths of sites have no escaped characters
	below.URL = &u
	return site, below, nil
}

// site returns the site of a domain at a URL. Errors: store.ErrNotFound.
func (h *Hosts) site(ctx context.Context, name, at string) (*Site, error) {
	if !isText(name) { // a database cannot hold it
		return nil, store.ErrNotFound
	}
	d, pool, err := h.Store.DomainAndPool(ctx, name)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	return &Site{
		Domain: d, Pool: pool, URL: at, Path: u.Path, Secure: u.Scheme == "https" || !isLoopback(hostname(u.Host)),
	}, nil
}

// names returns the host names of the server, and localhost, which always means the machine of the client.
func (h *Hosts) names() []string {
	return append([]string{h.publicHost(), localhost}, h.HostNames...)
}

// mayBeCustom reports whether a host can be a custom domain, so that the store is not read for every request at the hosts of
// the server.
func (h *Hosts) mayBeCustom(host string) bool {
	_, notAddress := netip.ParseAddr(host)
	return notAddress != nil && strings.Count(host, ".") >= minCustomLabels-1 && !slices.Contains(h.names(), host) && !isLoopback(host)
}

// hostURL returns the URL of a host below one of the server's names. Below the public host it has the scheme and the port of the
// public URL.
func (h *Hosts) hostURL(r *http.Request, own, host string) string {
	if own == h.publicHost() || !plainHost.MatchString(r.Host) {
		return h.publicURLAt(host)
	}
	return requestURL(r)
}

// publicURLAt returns the public URL with another host and without a path.
func (h *Hosts) publicURLAt(host string) string {
	u, err := url.Parse(h.PublicURL)
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return u.Scheme + "://" + host
}

// poolURL returns the URL of the site that the discovery document of a pool names for the client of r; "" if the pool has no
// domain. A custom domain comes before a prefix.
//
// Assumed: the discovery document of a pool with a custom domain and a prefix names the custom domain.
func (h *Hosts) poolURL(ctx context.Context, r *http.Request, pool *cognate.UserPool) (string, error) {
	domains, err := h.Store.Domains(ctx, pool.ID)
	if err != nil {
		return "", err
	}
	for _, kind := range []cognate.DomainKind{cognate.CustomDomain, cognate.PrefixDomain} {
		if d := domains[kind]; d != nil {
			return h.domainURL(r, d), nil
		}
	}
	return "", nil
}

// domainURL returns the URL at which the client of r reaches a domain: at a host of its own if the server is reached at a name of
// the DNS, else at the host of the server.
func (h *Hosts) domainURL(r *http.Request, d *cognate.Domain) string {
	base := h.baseURL(r)
	if base == h.PublicURL {
		return d.URL(base)
	}
	return base + cognate.DomainsPath + d.Name
}

// baseURL returns the URL at which the client of r reaches the server: the host of the request if it is known, else the public
// URL. An attacker who can choose the Host header cannot lead clients to another host.
func (h *Hosts) baseURL(r *http.Request) string {
	host := hostname(r.Host)
	known := plainHost.MatchString(r.Host) && (isLoopback(host) || slices.Contains(h.HostNames, host))
	if !known || host == h.publicHost() {
		return h.PublicURL
	}
	return requestURL(r)
}

// requestURL returns the URL of the host of a request whose host is known.
func requestURL(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

func (h *Hosts) publicHost() string {
	u, err := url.Parse(h.PublicURL)
	if err != nil {
		return ""
	}
	return hostname(u.Host)
}

// plainHost is the form of a host name or an address with an optional port. In a URL, other characters could end the host:
// "evil.example/.localhost" would lead to evil.example.
var plainHost = lazyregexp.New(`^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$`)

// hostname returns the host in a Host header, without its port and in lower case.
func hostname(host string) string { return strings.ToLower((&url.URL{Host: host}).Hostname()) }

// localhost is the name that always means the machine of the client. Source: RFC 6761 section 6.3.
const localhost = "localhost"

// isLoopback reports whether host is a loopback address, or a name that always means one.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == localhost || strings.HasSuffix(host, "."+localhost) || err == nil && ip.IsLoopback()
}
