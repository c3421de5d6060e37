package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	selfSignedCert = "self-signed.crt"
	selfSignedKey  = "self-signed.key"

	// selfSignedLifetime is below the limit of browsers, 398 days.
	selfSignedLifetime = 365 * 24 * time.Hour
	// selfSignedRest is how long a stored certificate must still be valid.
	selfSignedRest = 30 * 24 * time.Hour
)

// selfSigned returns the certificate of --tls-self-signed and the path of its file, which clients trust. With a data folder it
// stores the certificate and its key there, and later starts use them again as long as they fit. Without one it writes only
// the certificate, to a temporary folder that remove deletes.
func (n *node) selfSigned(now time.Time) (pair tls.Certificate, path string, remove func() error, err error) {
	hosts, err := n.certificateHosts()
	if err != nil {
		return tls.Certificate{}, "", nil, err
	}
	if n.config.Data != "" {
		pair, path, err = storedSelfSigned(n.config.Data, hosts, now)
		return pair, path, func() error { return nil }, err
	}
	certPEM, keyPEM, err := newSelfSigned(hosts, now)
	if err != nil {
		return tls.Certificate{}, "", nil, err
	}
	folder, err := os.MkdirTemp("", "cognate-dev-")
	if err != nil {
		return tls.Certificate{}, "", nil, err
	}
	path, remove = filepath.Join(folder, selfSignedCert), func() error { return os.RemoveAll(folder) }
	if err := os.WriteFile(path, certPEM, 0o644); err != nil {
		return tls.Certificate{}, "", nil, errors.Join(err, remove())
	}
	pair, err = tls.X509KeyPair(certPEM, keyPEM)
	return pair, path, remove, err
}

// storedSelfSigned returns the certificate in a data folder. It makes a new one if there is none, or if the old one does not
// fit.
func storedSelfSigned(folder string, hosts []string, now time.Time) (pair tls.Certificate, path string, err error) {
	path, err = filepath.Abs(filepath.Join(folder, selfSignedCert))
	if err != nil {
		return tls.Certificate{}, "", err
	}
	keyPath := filepath.Join(folder, selfSignedKey)
	pair, err = tls.LoadX509KeyPair(path, keyPath)
	if err == nil && fits(pair.Leaf, hosts, now) {
		return pair, path, nil
	}
	certPEM, keyPEM, err := newSelfSigned(hosts, now)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	if err := os.WriteFile(keyPath, keyPEM, 0o600); err != nil {
		return tls.Certificate{}, "", err
	}
	if err := os.WriteFile(path, certPEM, 0o644); err != nil {
		return tls.Certificate{}, "", err
	}
	pair, err = tls.X509KeyPair(certPEM, keyPEM)
	return pair, path, err
}

// certificateHosts returns the host names and addresses at which clients reach a development server and its pools' prefix domains.
func (n *node) certificateHosts() ([]string, error) {
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, n.config.HostNames.Lower()...)
	listen, _, err := net.SplitHostPort(n.config.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(listen); listen != "" && !ip.IsUnspecified() {
		hosts = append(hosts, listen)
	}
	public, err := url.Parse(n.config.PublicURL)
	if err != nil {
		return nil, err
	}
	if public.Hostname() != "" {
		hosts = append(hosts, public.Hostname())
	}
	for _, host := range slices.Clone(hosts) {
		if net.ParseIP(host) == nil {
			hosts = append(hosts, "*.auth."+host) // the domains of pools
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), nil
}

// fits reports whether a stored certificate can be used again.
func fits(certificate *x509.Certificate, hosts []string, now time.Time) bool {
	if now.Before(certificate.NotBefore) || now.Add(selfSignedRest).After(certificate.NotAfter) {
		return false
	}
	return !slices.ContainsFunc(hosts, func(host string) bool { return certificate.VerifyHostname(host) != nil })
}

// newSelfSigned makes a certificate for these hosts, and its key, in PEM. The certificate is not an authority: a client that
// trusts it trusts only these hosts, even if the key gets into other hands.
func newSelfSigned(hosts []string, now time.Time) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "cognate dev"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certPEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}
