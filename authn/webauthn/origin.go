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

// allows reports whether an origin may use the relying party's passkeys: an app of its own, or a page of its domain and of
// what is below it, on any port, by HTTPS, or by HTTP where the domain is localhost. For pages it is the rule that browsers
// keep, too (section 5.1.3, step 8), so the only ones that it turns away belong to programs that are no browsers.
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

// isWithin reports whether a host is the domain or below it.
func isWithin(host, domain string) bool {
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// label is a part of a domain as it stands in DNS: letters and digits in lower case, hyphens in between.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// IsRelyingPartyID reports whether passkeys can be bound to id: a domain in lower case, international ones in their ASCII
// form, with two labels at least, or localhost. An IP address is no domain. Source: section 5.1.2.
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

// RelyingPartyIDOf returns the relying party id of a server at the address: its host, localhost for an address of this
// machine, nothing where the host is another IP address and so can have no passkeys.
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
