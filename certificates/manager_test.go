package certificates_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate"
	"cognate/certificates"
	"cognate/cognatetest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// world is a database, a directory, and a clock that the test moves.
type world struct {
	t         *testing.T
	store     *store.Store
	directory *directory
	clock     *cognatetest.Clock
	log       strings.Builder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	clock := cognatetest.NewClock()
	return &world{t: t, store: s, clock: clock, directory: newDirectory(t, clock.Now)}
}

// manager returns the manager of a further server.
func (w *world) manager(names ...string) *certificates.Manager {
	w.t.Helper()
	return &certificates.Manager{
		Store: w.store, Directory: w.directory.URL + "/dir", Email: "operator@example.com", Names: names,
		PublicURL: &url.URL{Scheme: "https", Host: "id.example.com"}, Client: http.DefaultClient, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	}
}

// round runs a round of a manager after a few seconds.
func (w *world) round(m *certificates.Manager) {
	w.t.Helper()
	w.clock.Advance(4 * time.Second)
	if err := m.Load(w.t.Context()); err != nil {
		w.t.Fatalf("Load() = %v", err)
	}
	m.Round(w.t.Context(), func(ctx context.Context, _ string) context.Context { return ctx })
}

func (w *world) wantAsked(what string, names ...string) {
	w.t.Helper()
	if got := w.directory.asked(); !slices.Equal(got, names) {
		w.t.Fatalf("%s: the directory was asked for %q, want %q\n%s", what, got, names, &w.log)
	}
}

func (w *world) addDomain(pool, name string, kind cognate.DomainKind) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) error {
		return tx.CreateDomain(w.t.Context(), &cognate.Domain{PoolID: pool, Name: name, Kind: kind})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// serial returns the number of the certificate that a client gets for a name; 0 without one.
func serial(t *testing.T, m *certificates.Manager, name string) int64 {
	t.Helper()
	c, err := m.GetCertificate(&tls.ClientHelloInfo{ServerName: name, SupportedProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatalf("GetCertificate(%q) = %v", name, err)
	}
	if c == nil {
		return 0
	}
	return c.Leaf.SerialNumber.Int64()
}

// A name of the settings and each domain of a pool gets a certificate, and nothing else does. What tls_domains has is not asked for.
func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addDomain("eu-west-1_A", "login", cognate.PrefixDomain)
	w.addDomain("eu-west-1_A", "auth.shop.test", cognate.CustomDomain)
	w.addDomain("eu-west-1_B", "auth.covered.test", cognate.CustomDomain)
	m := w.manager("id.example.com")
	m.Covers = func(name string) bool { return name == "auth.covered.test" }
	w.round(m)
	w.wantAsked("first round", "id.example.com", "auth.shop.test", "login.auth.id.example.com")
	w.round(m)
	w.wantAsked("second round", "id.example.com", "auth.shop.test", "login.auth.id.example.com")
	for name, want := range map[string]int64{
		"id.example.com": 1, "ID.example.com.": 1, "": 1, "auth.shop.test": 2, "login.auth.id.example.com": 3,
		"auth.covered.test": 0, "other.auth.id.example.com": 0, "example.com": 0, "a.id.example.com": 0, "127.0.0.1": 0,
	} {
		if got := serial(t, m, name); got != want {
			t.Errorf("certificate for %q = %d, want %d", name, got, want)
		}
	}
	if len(w.directory.contacts) != 1 || w.directory.contacts[0] != "mailto:operator@example.com" {
		t.Errorf("contacts = %q", w.directory.contacts)
	}
	// A deleted domain has no certificate any more, and a certificate with another address of the operator is asked for as before.
	err := w.store.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteDomain(t.Context(), "eu-west-1_A", "auth.shop.test") })
	if err != nil {
		t.Fatal(err)
	}
	w.round(m)
	if got := serial(t, m, "auth.shop.test"); got != 0 {
		t.Errorf("certificate of a deleted domain = %d", got)
	}
}

// Of several servers one asks for a certificate and renews it, when a third of its lifetime is left.
func TestOneServerAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	servers := []*certificates.Manager{w.manager("id.example.com"), w.manager("id.example.com"), w.manager("id.example.com")}
	together := func() {
		w.clock.Advance(4 * time.Second)
		var g sync.WaitGroup
		for _, m := range servers {
			if err := m.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range servers {
			g.Go(func() { m.Round(t.Context(), func(ctx context.Context, _ string) context.Context { return ctx }) })
		}
		g.Wait()
	}
	for range 3 {
		together()
	}
	w.wantAsked("first certificate", "id.example.com")
	w.clock.Advance(60*24*time.Hour - time.Minute)
	together()
	w.wantAsked("before a third is left", "id.example.com")
	w.clock.Advance(time.Minute)
	for range 3 {
		together()
	}
	w.wantAsked("renewal", "id.example.com", "id.example.com")
	for i, m := range servers {
		if err := m.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := serial(t, m, "id.example.com"); got != 2 {
			t.Errorf("server %d has certificate %d, want 2", i, got)
		}
	}
}

// A directory that fails keeps the old certificate in use, and is asked less and less often.
func TestFailingDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager("id.example.com", "z.example.com")
	w.round(m)
	w.wantAsked("first certificates", "id.example.com", "z.example.com")
	w.directory.set(func() { w.directory.down = true })
	w.clock.Advance(61 * 24 * time.Hour)
	w.round(m)
	failures := func() (n int) {
		stored, err := w.store.Certificates(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range stored {
			n += c.Failures
		}
		return n
	}
	if got := failures(); got != 1 { // for one name: the directory does not answer for the other either
		t.Errorf("failures = %d, want 1", got)
	}
	w.round(m)
	if got := failures(); got != 1 {
		t.Errorf("failures a few seconds later = %d, want 1", got)
	}
	if got := serial(t, m, "id.example.com"); got != 1 {
		t.Errorf("certificate = %d, want the old one", got)
	}
	restarted := w.manager("id.example.com", "z.example.com")
	restarted.Directory = w.directory.URL + "/other" // a setting that is wrong
	w.round(restarted)
	if got := serial(t, restarted, "id.example.com"); got != 1 {
		t.Errorf("certificate with another directory = %d, want the old one", got)
	}
	w.directory.set(func() { w.directory.down = false })
	w.clock.Advance(time.Minute)
	w.round(m)
	w.wantAsked("after the failure", "id.example.com", "z.example.com", "z.example.com", "id.example.com") // the one that failed last
	if got := serial(t, m, "id.example.com"); got != 4 {
		t.Errorf("certificate = %d, want 4", got)
	}
}

// A name that the directory refuses is tried again later and later, and does not delay others. A limit of the directory is respected.
func TestRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.directory.refused["a.example.com"] = true
	m := w.manager("a.example.com", "b.example.com")
	w.round(m)
	w.wantAsked("first round", "a.example.com", "b.example.com")
	for _, minutes := range []int{1, 2, 4, 8, 16, 32, 64, 128, 240, 240} {
		before := len(w.directory.asked())
		w.clock.Advance(time.Duration(minutes)*time.Minute - 30*time.Second)
		w.round(m)
		if got := len(w.directory.asked()) - before; got != 0 {
			t.Fatalf("asked again before %d minutes", minutes)
		}
		w.clock.Advance(30 * time.Second)
		w.round(m)
		if got := len(w.directory.asked()) - before; got != 1 {
			t.Fatalf("asked %d times after %d minutes, want 1", got, minutes)
		}
	}
	if serial(t, m, "a.example.com") != 0 || serial(t, m, "b.example.com") == 0 {
		t.Error("the refused name has a certificate, or the other one has none")
	}
	stored, err := w.store.Certificates(t.Context())
	if err != nil || !strings.HasPrefix(stored[0].Reason, "tls-alpn-01: acme: authorization error for a.example.com") {
		t.Errorf("stored: %+v, %v", stored, err)
	}
	w.directory.set(func() { w.directory.limited = true })
	w.clock.Advance(5 * time.Hour)
	w.round(m)
	stored, err = w.store.Certificates(t.Context())
	if err != nil || stored[0].RetryAt.Sub(w.clock.Now()) < 2*time.Hour {
		t.Errorf("retry in %v, want at least the two hours of the directory", stored[0].RetryAt.Sub(w.clock.Now()))
	}
}

// A name whose check never ends delays no other name: the next type of challenge is tried, then the next name, and names that did not fail
// come before it.
func TestStuckCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.directory.stuck = map[string][]string{"tls-alpn-01": {"auth.a.test", "auth.b.test"}, "http-01": {"auth.a.test"}}
	for i, name := range []string{"auth.a.test", "auth.b.test", "auth.c.test"} {
		w.addDomain(fmt.Sprintf("eu-west-1_%d", i), name, cognate.CustomDomain)
	}
	m := w.manager()
	m.HTTP, m.CheckLimit = true, 700*time.Millisecond
	w.round(m)
	w.wantAsked("first round", "auth.a.test", "auth.a.test", "auth.b.test", "auth.b.test", "auth.c.test")
	if serial(t, m, "auth.a.test") != 0 || serial(t, m, "auth.b.test") == 0 || serial(t, m, "auth.c.test") == 0 {
		t.Errorf("not the other names have certificates\n%s", &w.log)
	}
	if want := []string{"auth.a.test", "auth.b.test", "auth.a.test"}; len(w.directory.released) != len(want) {
		t.Errorf("gave up the authorizations of %q, want those of %q", w.directory.released, want)
	}
	w.directory.set(func() { w.directory.stuck = nil })
	w.addDomain("eu-west-1_3", "auth.z.test", cognate.CustomDomain)
	w.clock.Advance(time.Minute)
	w.round(m)
	if got := w.directory.asked()[5:]; !slices.Equal(got, []string{"auth.z.test", "auth.a.test"}) {
		t.Errorf("second round: asked for %q, want the name that failed last", got)
	}
}

// A certificate that cannot be saved is saved later, and is not ordered again.
func TestUnsavedCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager("id.example.com")
	unsaved := func() {
		w.clock.Advance(4 * time.Second)
		if err := m.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Round(t.Context(), func(ctx context.Context, _ string) context.Context {
			ended, end := context.WithCancel(ctx) // the write fails
			end()
			return ended
		})
	}
	for range 3 {
		unsaved()
	}
	w.wantAsked("failed writes", "id.example.com")
	if !strings.Contains(w.log.String(), "the certificate of id.example.com is not saved yet") {
		t.Errorf("log:\n%s", &w.log)
	}
	w.directory.set(func() { w.directory.down = true })
	w.round(m)
	w.wantAsked("after the failed writes", "id.example.com")
	if got := serial(t, m, "id.example.com"); got != 1 {
		t.Errorf("certificate = %d, want 1", got)
	}
	// If another server was faster, its certificate stays.
	w.directory.set(func() { w.directory.down = false })
	w.clock.Advance(61 * 24 * time.Hour)
	unsaved()
	w.round(w.manager("id.example.com"))
	w.round(m)
	w.wantAsked("another server", "id.example.com", "id.example.com", "id.example.com")
	w.clock.Advance(61 * 24 * time.Hour)
	w.round(m)
	if got := serial(t, m, "id.example.com"); got != 4 {
		t.Errorf("certificate = %d, want 4", got)
	}
	if got := strings.Count(w.log.String(), "certificate issued"); got != 3 {
		t.Errorf("saved %d certificates, want 3: the second one was not needed any more\n%s", got, &w.log)
	}
}

// Administrators of user pools cannot make the server ask for any number of names, and delay neither the names of the settings nor
// renewals.
func TestManyDomains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addDomain("eu-west-1_0", "auth.old.test", cognate.CustomDomain)
	m := w.manager("id.example.com")
	w.round(m)
	for i := range 80 {
		w.addDomain(fmt.Sprintf("eu-west-1_M%d", i), fmt.Sprintf("auth.many%d.test", i), cognate.CustomDomain)
	}
	w.clock.Advance(61 * 24 * time.Hour)
	w.round(m)
	w.round(m)
	asked := w.directory.asked()
	if len(asked) != 2+2+50 || asked[2] != "id.example.com" || asked[3] != "auth.old.test" {
		t.Fatalf("asked for %d names: %q", len(asked), asked)
	}
	w.clock.Advance(time.Hour)
	w.round(m)
	if got := len(w.directory.asked()); got != 2+2+80 {
		t.Errorf("asked for %d names after an hour, want %d", got, 2+2+80)
	}
}

// A server answers the challenges of another one.
func TestChallenges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asking, other := w.manager("id.example.com"), w.manager("id.example.com")
	asking.HTTP = true
	plain := httptest.NewServer(other.Handler())
	defer plain.Close()
	checked := make(map[string]error)
	w.directory.check = func(kind, name, token string) error {
		err := check(t, other, plain.URL, kind, name, token)
		checked[kind] = err
		if kind == "tls-alpn-01" {
			return errors.New("refused, so that the next type is tried")
		}
		return err
	}
	w.round(asking)
	if err := checked["tls-alpn-01"]; err != nil {
		t.Errorf("tls-alpn-01: %v", err)
	}
	if err := checked["http-01"]; err != nil {
		t.Errorf("http-01: %v", err)
	}
	if serial(t, asking, "id.example.com") != 2 {
		t.Errorf("no certificate\n%s", &w.log)
	}
	if err := check(t, other, plain.URL, "tls-alpn-01", "id.example.com", ""); err == nil {
		t.Error("the challenge is answered after its end")
	}
}

// check answers a challenge as a client of the manager.
func check(t *testing.T, m *certificates.Manager, plain, kind, name, token string) error {
	t.Helper()
	if kind == "tls-alpn-01" {
		state, err := handshake(t, m, name, certificates.Protocol)
		if err != nil {
			return err
		}
		if state.NegotiatedProtocol != certificates.Protocol || state.PeerCertificates[0].VerifyHostname(name) != nil {
			return fmt.Errorf("protocol %q, certificate for %q", state.NegotiatedProtocol, state.PeerCertificates[0].DNSNames)
		}
		return nil
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plain+"/.well-known/acme-challenge/"+token, http.NoBody)
	if err != nil {
		return err
	}
	r.Host = name
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}

// handshake connects to a server with the certificates of a manager.
func handshake(t *testing.T, m *certificates.Manager, name, protocol string) (tls.ConnectionState, error) {
	t.Helper()
	at, from := net.Pipe()
	defer from.Close()
	go func() {
		server := tls.Server(at, &tls.Config{GetCertificate: m.GetCertificate, NextProtos: []string{"h2", certificates.Protocol}})
		_ = server.HandshakeContext(t.Context())
		_ = at.Close()
	}()
	client := tls.Client(from, &tls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: []string{protocol}}) //nolint:gosec // the certificate of a challenge
	err := client.HandshakeContext(t.Context())
	return client.ConnectionState(), err
}

// A flood of connections for unknown names reads the database a few times a second at most, and never asks the directory.
func TestFlood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager("id.example.com")
	w.round(m)
	var reads atomic.Int32
	m.Now = func() time.Time { // each read takes the time
		reads.Add(1)
		return w.clock.Now()
	}
	began := time.Now()
	var g sync.WaitGroup
	for i := range 200 {
		g.Go(func() {
			for range 3 {
				protocol := []string{"h2", certificates.Protocol}[i%2]
				if state, err := handshake(t, m, fmt.Sprintf("n%d.example.com", i), protocol); err == nil {
					t.Errorf("a handshake gets a certificate for %q", state.PeerCertificates[0].DNSNames)
				}
			}
		})
	}
	g.Wait()
	if took := time.Since(began); int(reads.Load()) > int(took/(250*time.Millisecond))+1 {
		t.Errorf("%d reads in %v", reads.Load(), took)
	}
	w.wantAsked("flood", "id.example.com")
}
