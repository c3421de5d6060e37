package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate/store"
)

// Issuer is what the settings say about the issuer of user pools.
type Issuer struct {
	// PublicURL is the address that clients use, without a slash at the end; empty if only this machine uses the server.
	PublicURL string
	// Possible returns the issuers that the tokens of a user pool can have.
	Possible func(poolID string) []string
	// Client reads the documents. It must not follow redirects.
	Client *http.Client
	Now    time.Time
}

// maxDocument limits the documents that the check reads, in bytes.
const maxDocument = 1 << 20

// Issuer reads the discovery document of a user pool at the public URL, as applications do, and the keys that it names. db is nil if
// the database does not answer.
func (r *Report) Issuer(ctx context.Context, db *store.Inspection, i Issuer) {
	o := r.on("issuer")
	u, err := url.Parse(i.PublicURL)
	if err != nil || u.Host == "" {
		o.skip("public_url is not set, so the issuer is at the address of the server")
		return
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Scheme != "https" && u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		o.warn("use HTTPS, with tls_cert or a proxy", "public_url is not https: passwords and tokens can be read on the network, and many applications refuse the issuer")
	}
	if db == nil {
		o.skip("no discovery document was read, because the database does not answer")
		return
	}
	pool, err := db.AnyUserPool(ctx)
	if errors.Is(err, store.ErrNotFound) {
		o.skip("there is no user pool yet, so there is no issuer")
		return
	}
	if err != nil {
		o.fail("", "%v", err)
		return
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	address := i.PublicURL + "/" + pool + "/.well-known/openid-configuration"
	if !o.read(ctx, i, address, &document) {
		return
	}
	if want := i.Possible(pool); !slices.Contains(want, document.Issuer) {
		o.fail("check public_url and issuer, and those of the running servers", "%s names the issuer %q, but the settings say %s",
			address, document.Issuer, strings.Join(want, " or "))
		return
	}
	var keys struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if !o.read(ctx, i, document.JWKSURI, &keys) {
		return
	}
	if len(keys.Keys) == 0 {
		o.fail("", "%s has no keys", document.JWKSURI)
		return
	}
	o.ok("%s names the issuer of its tokens, and %d keys", address, len(keys.Keys))
}

// read reads a document into v. A failure is a finding.
func (o *on) read(ctx context.Context, i Issuer, address string, v any) (ok bool) {
	const remedy = "start the server, or check the proxy and DNS; if this machine cannot reach the public URL, run cognate doctor on a machine of a client"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		o.fail("", "%v", err)
		return false
	}
	resp, err := i.Client.Do(r)
	if err != nil {
		o.warn(remedy, "%v", err)
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		if leaf := resp.TLS.PeerCertificates[0]; leaf.NotAfter.Sub(i.Now) < soon {
			o.expiry("the certificate at "+address, leaf, i.Now)
		}
	}
	if resp.StatusCode != http.StatusOK {
		o.fail(remedy, "%s answered with status %s", address, resp.Status)
		return false
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxDocument)).Decode(v); err != nil {
		o.fail("", "%v", fmt.Errorf("%s is not a JSON document: %w", address, err))
		return false
	}
	return true
}
