package certificates

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"

	"cognate/internal/pause"
	"cognate/store"
)

// Protocol is the ALPN protocol of connections that check a challenge. Source: RFC 8737 section 3.
const Protocol = acme.ALPNProto

// The types of challenges. Sources: RFC 8737 section 3, RFC 8555 section 8.3.
const (
	tlsALPN01 = "tls-alpn-01"
	http01    = "http-01"
)

// challengePath is before the token of a challenge. Source: RFC 8555 section 8.3.
const challengePath = "/.well-known/acme-challenge/"

const (
	// readPause is the shortest time between two reads of the challenges. It bounds what a flood of connections costs the database.
	readPause = 250 * time.Millisecond
	// readLimit is how long a read may take.
	readLimit = 5 * time.Second
)

// challenges are the challenges in the database, as they were at readAt.
type challenges struct {
	mu     sync.Mutex
	all    []store.ACMEChallenge
	err    error
	readAt time.Time
}

// find returns the challenge that fits; nil if there is none. Its result is never older than the call. Calls at the same time share a read.
func (m *Manager) find(ctx context.Context, fits func(store.ACMEChallenge) bool) (*store.ACMEChallenge, error) {
	c := &m.challenges
	called := time.Now() //nolint:forbidigo // real time: how long to wait
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.readAt.After(called) {
		if err := pause.For(ctx, time.Until(c.readAt.Add(readPause))); err != nil { //nolint:forbidigo // as above
			return nil, err
		}
		c.readAt = time.Now() //nolint:forbidigo // as above
		read, stop := context.WithTimeout(context.WithoutCancel(ctx), readLimit)
		c.all, c.err = m.Store.ACMEChallenges(read, m.Now())
		stop()
	}
	if c.err != nil {
		return nil, c.err
	}
	for i := range c.all {
		if fits(c.all[i]) {
			return &c.all[i], nil
		}
	}
	return nil, nil
}

// challengeCertificate returns the certificate that proves to the directory that this server has the name; nil without a challenge.
func (m *Manager) challengeCertificate(ctx context.Context, name string) (*tls.Certificate, error) {
	found, err := m.find(ctx, func(c store.ACMEChallenge) bool { return c.Type == tlsALPN01 && c.Name == name })
	if err != nil || found == nil {
		return nil, err
	}
	client, err := m.signer(ctx, found.Directory)
	if err != nil {
		return nil, err
	}
	proof, err := client.TLSALPN01ChallengeCert(found.Token, found.Name)
	if err != nil {
		return nil, err
	}
	return &proof, nil
}

// Handler answers at port 80, over HTTP: the challenges of the directory, and a redirect to HTTPS for the names of the server.
func (m *Manager) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
		token, isChallenge := strings.CutPrefix(r.URL.Path, challengePath)
		switch {
		case isChallenge:
			m.answer(w, r, host, token)
		case !m.current().names[host] && (m.Covers == nil || !m.Covers(host)):
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "use HTTPS", http.StatusBadRequest)
		default:
			if port := m.PublicURL.Port(); port != "" {
				host = net.JoinHostPort(host, port)
			}
			http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusFound)
		}
	})
}

func (m *Manager) answer(w http.ResponseWriter, r *http.Request, host, token string) {
	found, err := m.find(r.Context(), func(c store.ACMEChallenge) bool {
		return c.Type == http01 && c.Name == host && c.Token == token
	})
	if err == nil && found == nil {
		http.NotFound(w, r)
		return
	}
	var response string
	if err == nil {
		response, err = m.response(r.Context(), found)
	}
	if err != nil {
		m.Log.ErrorContext(r.Context(), "an ACME challenge was not answered", "name", host, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(response))
}

func (m *Manager) response(ctx context.Context, c *store.ACMEChallenge) (string, error) {
	client, err := m.signer(ctx, c.Directory)
	if err != nil {
		return "", err
	}
	return client.HTTP01ChallengeResponse(c.Token)
}
