package certificates

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/sync/errgroup"

	"cognate"
	"cognate/background"
	"cognate/lease"
	"cognate/store"
)

// refreshPeriod is how often a server looks for new domains and certificates: it knows a change of another server within five seconds.
const refreshPeriod = 4 * time.Second

// Manager gets and serves certificates. Set the fields before the first call.
type Manager struct {
	Store *store.Store
	// Directory is the URL of the directory of the certificate authority. Email is an address of the operator for it, or empty.
	Directory, Email string
	// Names are the host names in the settings, in lower case. A client that names no host gets the certificate of the first one.
	Names []string
	// PublicURL is the URL at which clients reach the server. The prefix domains of user pools are below its host.
	PublicURL *url.URL
	// HTTP says that the directory reaches Handler at port 80.
	HTTP bool
	// Covers reports whether the server has another certificate for a name. Nil means none.
	Covers func(name string) bool
	// Client sends the requests to the directory.
	Client *http.Client
	// CheckLimit is how long the directory may take to check a challenge. Zero means 40 seconds.
	CheckLimit time.Duration
	Now        func() time.Time
	Log        *slog.Logger

	inUse      atomic.Pointer[inUse]
	challenges challenges

	// The fields below are of the task that asks the directory.
	client *acme.Client
	leases *lease.Leases
	first  []time.Time       // when names of domains were first asked for, in the last hour
	paused time.Time         // no requests before
	issued map[string]issued // certificates that are not saved yet, by name
}

// inUse is what a server uses. It never changes.
type inUse struct {
	// names are the host names for which the server wants certificates.
	names map[string]bool
	// own are the certificates of the directory, by name.
	own map[string]store.Certificate
	// pairs are the certificates that clients get, by name.
	pairs map[string]pair
}

// pair is a certificate with its private key.
type pair struct {
	directory string
	version   int64
	tls       *tls.Certificate
}

// Load reads the names and the certificates from the database.
func (m *Manager) Load(ctx context.Context) error {
	names, err := m.names(ctx)
	if err != nil {
		return err
	}
	stored, err := m.Store.Certificates(ctx)
	if err != nil {
		return err
	}
	next := &inUse{names: names, own: make(map[string]store.Certificate), pairs: make(map[string]pair)}
	best := make(map[string]store.Certificate)
	for _, c := range stored {
		if !names[c.Name] {
			continue
		}
		if c.Directory == m.Directory {
			next.own[c.Name] = c
		}
		if c.Version != 0 && (best[c.Name].Version == 0 || m.better(c, best[c.Name])) {
			best[c.Name] = c
		}
	}
	previous := m.current()
	for name, c := range best {
		p := previous.pairs[name]
		if p.directory != c.Directory || p.version != c.Version {
			read, err := m.read(ctx, c)
			if err != nil {
				m.Log.ErrorContext(ctx, "a certificate was not read", "name", name, "error", err)
			} else {
				p = read
			}
		}
		if p.tls != nil {
			next.pairs[name] = p
		}
	}
	m.inUse.Store(next)
	return nil
}

// better reports whether clients should get a rather than b: a valid one before an expired one, then one of the directory in the settings,
// then the one that is valid for longer.
func (m *Manager) better(a, b store.Certificate) bool {
	now := m.Now()
	return cmp.Or(
		compare(now.Before(a.NotAfter), now.Before(b.NotAfter)),
		compare(a.Directory == m.Directory, b.Directory == m.Directory),
		a.NotAfter.Compare(b.NotAfter),
	) > 0
}

func compare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func (m *Manager) read(ctx context.Context, c store.Certificate) (pair, error) {
	text, version, err := m.Store.CertificatePEM(ctx, c.Name, c.Directory)
	if err != nil {
		return pair{}, err
	}
	parsed, err := tls.X509KeyPair(text, text)
	if err != nil {
		return pair{}, err
	}
	return pair{directory: c.Directory, version: version, tls: &parsed}, nil
}

// names returns the host names for which the server wants certificates.
func (m *Manager) names(ctx context.Context) (map[string]bool, error) {
	domains, err := m.Store.DomainNames(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	add := func(name string) {
		if m.Covers == nil || !m.Covers(name) {
			names[name] = true
		}
	}
	for _, name := range m.Names {
		add(name)
	}
	for kind, of := range domains {
		for _, name := range of {
			d := cognate.Domain{Kind: kind, Name: name}
			if host := d.Host(strings.ToLower(m.PublicURL.Hostname())); host != "" {
				add(host)
			}
		}
	}
	return names, nil
}

func (m *Manager) current() *inUse {
	if u := m.inUse.Load(); u != nil {
		return u
	}
	return new(inUse)
}

// GetCertificate returns the certificate for a connection; nil, so that the handshake fails, if the server has none for the name. It is
// the hook of tls.Config, whose NextProtos must contain Protocol.
func (m *Manager) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if slices.Equal(hello.SupportedProtos, []string{Protocol}) {
		return m.challengeCertificate(hello.Context(), name)
	}
	u := m.current()
	if name != "" {
		return u.pairs[name].tls, nil
	}
	for _, name := range m.Names {
		if c := u.pairs[name].tls; c != nil {
			return c, nil
		}
	}
	return nil, nil
}

// Expiries returns when the certificates in use end, by name.
func (m *Manager) Expiries() map[string]time.Time {
	ends := make(map[string]time.Time)
	for name, p := range m.current().pairs {
		ends[name] = p.tls.Leaf.NotAfter
	}
	return ends
}

// Run gets certificates, and notices those that other servers get, until ctx ends. job returns a context whose transactions have an audit
// record of a name.
func (m *Manager) Run(ctx context.Context, job func(ctx context.Context, name string) context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		every(ctx, func() {
			if err := m.Load(ctx); err != nil && ctx.Err() == nil {
				m.Log.ErrorContext(ctx, "certificates were not read", "error", err)
			}
		})
		return nil
	})
	g.Go(func() error { // which can take minutes
		every(ctx, func() { m.Round(ctx, job) })
		return nil
	})
	return g.Wait()
}

// Round asks the directory for the certificates that are due, unless another server does so now. Only one goroutine may call it.
func (m *Manager) Round(ctx context.Context, job func(ctx context.Context, name string) context.Context) {
	if len(m.due()) == 0 || m.isPaused() {
		return
	}
	if m.leases == nil {
		m.leases = lease.New(m.Store, nil)
	}
	runner := &background.Runner{Leases: m.leases, Now: m.Now, Log: m.Log, Tasks: []background.Task{
		{Name: "certificates", Run: func(ctx context.Context) error { return m.getDue(ctx, job) }},
	}}
	runner.RunDue(ctx)
}

// every calls fn immediately and then in each period, until ctx ends.
func every(ctx context.Context, fn func()) {
	tick := time.NewTicker(refreshPeriod)
	defer tick.Stop()
	for {
		fn()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// due returns the names for which the directory must be asked now: first those of the settings, then those that have a certificate, whose
// end is near, then those that have none. In each group, names that failed come last, because an attempt can take long.
func (m *Manager) due() []string {
	u, now := m.current(), m.Now()
	var names []string
	for name := range u.names {
		if c := u.own[name]; !now.Before(c.RetryAt) && !now.Before(renewal(c)) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(
			-compare(slices.Contains(m.Names, a), slices.Contains(m.Names, b)),
			-compare(u.own[a].Version != 0, u.own[b].Version != 0),
			cmp.Compare(u.own[a].Failures, u.own[b].Failures),
			u.own[a].NotAfter.Compare(u.own[b].NotAfter),
			cmp.Compare(a, b),
		)
	})
	return names
}

// maxRest is the longest time before its end at which a certificate is renewed.
const maxRest = 30 * 24 * time.Hour

// renewal returns when a certificate is to be renewed; the zero time if there is none.
func renewal(c store.Certificate) time.Time {
	if c.Version == 0 {
		return time.Time{}
	}
	return c.NotAfter.Add(-min(c.NotAfter.Sub(c.NotBefore)/3, maxRest))
}

// Describe returns how many names the server wants certificates for, and for how many it has one, for the log.
func (m *Manager) Describe() string {
	u := m.current()
	return fmt.Sprintf("%d of %d names", len(u.pairs), len(u.names))
}
