package config

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Hosts is a list of addresses, prefixes in CIDR notation, and host names. As text it is separated by commas.
type Hosts []string

// UnmarshalText reads the list from a flag or a variable.
func (h *Hosts) UnmarshalText(text []byte) error {
	*h = nil
	for item := range strings.SplitSeq(string(text), ",") {
		if item = strings.TrimSpace(item); item != "" {
			*h = append(*h, item)
		}
	}
	return nil
}

// Prefixes returns the addresses and prefixes in the list.
func (h Hosts) Prefixes() []netip.Prefix {
	var prefixes []netip.Prefix
	for _, item := range h {
		if prefix, ok := parsePrefix(item); ok {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

// Names returns the host names in the list, in lower case.
func (h Hosts) Names() []string {
	var names []string
	for _, item := range h {
		if _, ok := parsePrefix(item); !ok {
			names = append(names, strings.ToLower(item))
		}
	}
	return names
}

// Lower returns the list in lower case.
func (h Hosts) Lower() []string {
	var hosts []string
	for _, item := range h {
		hosts = append(hosts, strings.ToLower(item))
	}
	return hosts
}

func parsePrefix(text string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, true
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(ip.WithZone("").Unmap(), ip.Unmap().BitLen()), true
}

// hostName matches a host name without a dot at its end. A name whose last label is a number would be an address.
var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

func (h Hosts) check(p *Problems, setting string) {
	for _, item := range h {
		if _, ok := parsePrefix(item); !ok && !hostName.MatchString(item) {
			p.add("%s: %q is neither a host name, an address nor a prefix like 10.1.0.0/16", setting, item)
		}
	}
}

// checkPrefixes checks a list that must not contain host names.
func (h Hosts) checkPrefixes(p *Problems, setting string) {
	for _, item := range h {
		if _, ok := parsePrefix(item); !ok {
			p.add("%s: %q is neither an address nor a prefix like 10.1.0.0/16", setting, item)
		}
	}
}

// checkHosts checks a list that must not contain prefixes.
func (h Hosts) checkHosts(p *Problems, setting string) {
	for _, item := range h {
		if _, err := netip.ParseAddr(item); err != nil && !hostName.MatchString(item) {
			p.add("%s: %q is neither a host name nor an address (without a port)", setting, item)
		}
	}
}

// privateDomains are top-level domains of private networks. Source: RFC 6762, RFC 8375, ICANN resolution 2024.07.29.06.
var privateDomains = []string{".internal", ".local", ".localhost", ".home.arpa"}

// isPrivateHost reports whether host is a private address, or a name that only a private network resolves. It does not query
// DNS: the client checks the address when it connects.
func isPrivateHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsPrivate()
	}
	inDomain := func(domain string) bool { return strings.HasSuffix(strings.ToLower(host), domain) }
	return !strings.Contains(host, ".") || slices.ContainsFunc(privateDomains, inDomain)
}
