package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Certificate is a pair of files of the server.
type Certificate struct {
	Cert, Key string
	// Host is the host name that clients use; empty if it is unknown.
	Host string
}

// Certificates checks the certificate files of the server.
func (r *Report) Certificates(pairs []Certificate, now time.Time) {
	o := r.on("certificates")
	if len(pairs) == 0 {
		o.skip("the server has no certificates: it speaks HTTP, for example behind a proxy")
		return
	}
	for _, c := range pairs {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			o.fail("", "the certificate %s cannot be used: %v", c.Cert, err)
			continue
		}
		if c.Host != "" && pair.Leaf.VerifyHostname(c.Host) != nil {
			o.warn("get a certificate for the host of public_url", "the certificate %s is not for %s", c.Cert, c.Host)
		}
		o.expiry("the certificate "+c.Cert, pair.Leaf, now)
	}
}

// expiry reports when a certificate is valid.
func (o *on) expiry(what string, leaf *x509.Certificate, now time.Time) {
	const remedy = "renew it; a running server reads the new files by itself"
	switch {
	case now.Before(leaf.NotBefore):
		o.fail("", "%s is not valid before %s", what, leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		o.fail(remedy, "%s expired on %s", what, day(leaf.NotAfter))
	case leaf.NotAfter.Sub(now) < soon:
		o.warn(remedy, "%s expires on %s", what, day(leaf.NotAfter))
	default:
		o.ok("%s is valid until %s", what, day(leaf.NotAfter))
	}
}
