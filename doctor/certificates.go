package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"

	"cognate/store"
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

// Issued checks the certificates that the servers get from a directory, for names of the settings. db is nil if it does not answer.
func (r *Report) Issued(ctx context.Context, db *store.Inspection, directory string, names []string, now time.Time) {
	o := r.on("certificates")
	if db == nil {
		o.skip("the certificates were not read, because the database does not answer")
		return
	}
	stored, err := db.Certificates(ctx)
	if err != nil {
		o.fail("", "%v", err)
		return
	}
	const remedy = "point the name to the server in the DNS, open port 443, and read the log; a running server tries again by itself"
	wanted := make(map[string]bool)
	for _, name := range names {
		wanted[name] = true
	}
	for _, c := range stored {
		if c.Directory != directory {
			continue
		}
		ends := "it has none"
		if c.Version != 0 {
			ends = "the current one expires on " + day(c.NotAfter)
		}
		switch {
		case c.Failures > 0:
			o.warn(remedy, "%s got no new certificate in %d attempts (%s): %s", c.Name, c.Failures, ends, c.Reason)
		case c.NotAfter.Sub(now) < soon:
			o.warn(remedy, "the certificate of %s was not renewed: %s", c.Name, ends)
		default:
			o.ok("the certificate of %s is valid until %s, and is renewed before", c.Name, day(c.NotAfter))
		}
		delete(wanted, c.Name)
	}
	for _, name := range names {
		if wanted[name] {
			o.warn("start a server, which gets one within a minute", "%s has no certificate yet", name)
		}
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
