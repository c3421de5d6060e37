package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate/certificates"
	"cognate/config"
	"cognate/internal/outgoing"
)

// acme returns the manager of certificates from a certificate authority, without its store; nil without the setting.
func (n *node) acme() (*certificates.Manager, error) {
	c := n.config
	if !c.ACME() {
		return nil, nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("public_url: %w", err)
	}
	m := &certificates.Manager{
		Directory: c.ACMEDirectory, Email: c.ACMEEmail, Names: c.ACMEDomains.Lower(), HTTP: c.ACMEHTTPListen != "",
		PublicURL: public,
		Client:    outgoing.Operator(), Now: time.Now, Log: n.log,
	}
	if c.TLSDomains != "" {
		m.Covers = n.reloads.covers
	}
	return m, nil
}

// hostNames returns the host names of the server besides that of public_url. No user pool gets one of them as its custom domain.
func hostNames(c *config.Config) []string {
	return slices.Concat(c.HostNames.Lower(), c.ACMEDomains.Lower())
}

// loadDomainCertificates loads the certificates of further host names: for each private key NAME.key the chain NAME.crt.
func loadDomainCertificates(keyFiles []string) ([]*tls.Certificate, error) {
	certificates := make([]*tls.Certificate, 0, len(keyFiles))
	var problems []error
	for _, key := range keyFiles {
		pair, err := tls.LoadX509KeyPair(certificateFile(key), key)
		if err != nil {
			problems = append(problems, fmt.Errorf("load TLS certificate of %s: %w", key, err))
			continue
		}
		certificates = append(certificates, &pair)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return certificates, nil
}

// certificateFor returns the first of the certificates that is valid for the host name that the client names (SNI); nil if none is.
func certificateFor(hello *tls.ClientHelloInfo, certificates []*tls.Certificate) *tls.Certificate {
	if hello.ServerName == "" {
		return nil
	}
	for _, c := range certificates {
		if c.Leaf.VerifyHostname(hello.ServerName) == nil {
			return c
		}
	}
	return nil
}

// certificateFile returns the path of the chain for a private key.
func certificateFile(key string) string { return strings.TrimSuffix(key, ".key") + ".crt" }
