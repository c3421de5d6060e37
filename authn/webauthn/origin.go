package webauthn

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	localhost       = "localhost"
	maxDomainLength = 253 // RFC 1035 section 2.3.4, as text
)

// allows reports whether an origin may use the relying party's passkeys. Allowed are the relying party's apps, and pages of
// its domain and its subdomains, on any port, with HTTPS (or HTTP if the domain is localhost). Browsers enforce the same
// rule for pages (section 5.1.3, step 8), so it only rejects programs that are not browsers.
func (rp RelyingParty) allows(origin string) bool {
	if slices.Contains(rp.Apps, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if !isWithin(host, rp.ID) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isWithin(host, localhost)
}

// isWithin reports whether a host is the domain or a subdomain of it.
func isWithin(host, domain string) bool {
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// label is a DNS label: letters and digits in lower case, hyphens between them.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// IsRelyingPartyID reports whether passkeys can be bound to id: localhost, or a lower-case domain with at least two labels,
// in its ASCII form if it is international. An IP address is not a domain. Source: section 5.1.2.
func IsRelyingPartyID(id string) bool {
	if _, err := netip.ParseAddr(id); err == nil || len(id) > maxDomainLength {
		return false
	}
	labels := strings.Split(id, ".")
	for _, l := range labels {
		if !label.MatchString(l) {
			return false
		}
	}
	return len(labels) > 1 || id == localhost
}

// RelyingPartyIDOf returns the relying party ID of a server at the address: its host, or localhost for an address of this
// machine. It returns "" if the host is another IP address, which cannot have passkeys.
func RelyingPartyIDOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return localhost
	}
	if !IsRelyingPartyID(host) {
		return ""
	}
	return host
}
