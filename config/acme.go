package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ACMESettings are the settings of certificates that the server gets by ACME (RFC 8555). In Serve only.
type ACMESettings struct {
	// ACMEDomains lists the host names of the server for which it gets certificates, besides those of the domains of user pools. It
	// turns ACME on. An operator who sets it accepts the terms of the certificate authority. Excludes TLSCert.
	ACMEDomains Hosts `koanf:"acme_domains"`
	// ACMEEmail is an address of the operator, for the certificate authority.
	ACMEEmail string `koanf:"acme_email"`
	// ACMEDirectory is the https URL of the directory of the certificate authority. Default: that of Let's Encrypt.
	ACMEDirectory string `koanf:"acme_directory"`
	// ACMEHTTPListen is the TCP address, as host:port, of a listener for HTTP that clients and the certificate authority reach at port
	// 80. It answers challenges of the type http-01 and redirects other requests to HTTPS. Empty means none.
	ACMEHTTPListen string `koanf:"acme_http_listen"`
}

// letsEncrypt is the directory of Let's Encrypt. Source: letsencrypt.org, ACME protocol updates.
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// ACME reports whether the server gets certificates by ACME.
func (c *Config) ACME() bool { return len(c.ACMEDomains) > 0 }

const (
	// acmeName is the form of a host name that a certificate authority accepts: without a wildcard, and in Punycode if it is not ASCII.
	acmeName    = `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`
	maxHostName = 253 // RFC 1035 section 2.3.4, without the root label

	// mailAddress is the form of an address in a contact URL: plain, and only one. Source: RFC 8555 section 7.3.
	mailAddress = `^[A-Za-z0-9._+=-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$`
)

func (c *Config) checkACME(p *Problems) {
	if !c.ACME() {
		for _, set := range []struct{ setting, value string }{
			{"acme_email", c.ACMEEmail}, {"acme_http_listen", c.ACMEHTTPListen},
		} {
			if set.value != "" {
				p.add("%s: has no effect without acme_domains, the host names that get certificates", set.setting)
			}
		}
		if c.ACMEDirectory != letsEncrypt && c.ACMEDirectory != "" {
			p.add("acme_directory: has no effect without acme_domains, the host names that get certificates")
		}
		return
	}
	isName := regexp.MustCompile(acmeName) // not in a package variable: most servers do not need it
	for _, name := range c.ACMEDomains.Lower() {
		_, notAddress := netip.ParseAddr(name)
		switch {
		case strings.HasPrefix(name, "*."):
			p.add("acme_domains: %q: the server cannot get a certificate with a wildcard; list the names, or "+
				"put such a certificate into tls_domains", name)
		case notAddress == nil || !isName.MatchString(name) || len(name) > maxHostName || strings.HasSuffix(name, ".localhost"):
			p.add("acme_domains: %q is not a host name in the DNS, such as id.example.com", name)
		}
	}
	if c.TLSCert != "" || c.TLSKey != "" {
		p.add("acme_domains, tls_cert: set only one of them; put certificates of further host names into tls_domains")
	}
	if c.ACMEEmail != "" && !regexp.MustCompile(mailAddress).MatchString(c.ACMEEmail) {
		p.add("acme_email: %q is not a mail address such as operator@example.com", c.ACMEEmail)
	}
	if u, err := url.Parse(c.ACMEDirectory); err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		p.add("acme_directory: not a URL such as %s (https and a host)", letsEncrypt)
	}
	if c.ACMEHTTPListen != "" {
		if _, err := splitHostPort(c.ACMEHTTPListen); err != nil {
			p.add("acme_http_listen: %q is not host:port", c.ACMEHTTPListen)
		}
	}
	c.checkACMEPublicURL(p)
}

func (c *Config) checkACMEPublicURL(p *Problems) {
	u, err := url.Parse(c.PublicURL)
	switch {
	case err != nil: // checkPublicURL reports it
	case c.PublicURL == "":
		p.add("public_url: required with acme_domains, such as https://%s", c.ACMEDomains[0])
	case u.Scheme != "https":
		p.add("public_url: with acme_domains the server speaks HTTPS only; use https")
	case c.TLSDomains == "" && !slices.Contains(c.ACMEDomains.Lower(), strings.ToLower(u.Hostname())):
		p.add("acme_domains: add %s, the host of public_url", u.Hostname())
	}
}
