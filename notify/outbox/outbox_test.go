package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/notify/outbox"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

const (
	email  = api.DeliveryMediumTypeEmail
	sms    = api.DeliveryMediumTypeSms
	poolID = "eu-west-1_A"
)

// fakeTransport records the messages that it gets. Its function decides the error.
type fakeTransport struct {
	mu        sync.Mutex
	delivered []notify.Delivery
	do        func(p *notify.Delivery) error
}

func (p *fakeTransport) Deliver(_ context.Context, delivery *notify.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.do != nil {
		if err := p.do(delivery); err != nil {
			return err
		}
	}
	p.delivered = append(p.delivered, *delivery)
	return nil
}

func (p *fakeTransport) set(do func(*notify.Delivery) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.do = do
}

// codes returns the codes of the recorded messages, sorted.
func (p *fakeTransport) codes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var codes []string
	for _, delivery := range p.delivered {
		codes = append(codes, delivery.Code)
	}
	slices.Sort(codes)
	return codes
}

func down(*notify.Delivery) error { return errors.New("connection refused") }

// fixture is an outbox with its store, transport, clock and log.
type fixture struct {
	*outbox.Outbox
	t      *testing.T
	store  *store.Store
	fake   *fakeTransport
	clock  *cognatetest.Clock
	log    *bytes.Buffer
	counts map[outbox.Outcome]int
}

// mustStore opens a database. Two stores with the same URL share it.
func mustStore(t *testing.T, url string, key sealing.MasterKey) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{key}})
	if err != nil {
		t.Fatalf("store.Open() = %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func mustPool(t *testing.T, s *store.Store) {
	t.Helper()
	pool := &cognate.UserPool{ID: poolID, AccountID: "123456789012", Name: "people"}
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), pool, nil) }); err != nil {
		t.Fatalf("CreateUserPool() = %v", err)
	}
}

func newFixture(t *testing.T, s *store.Store, p *fakeTransport, clock *cognatetest.Clock) *fixture {
	w := &fixture{t: t, store: s, fake: p, clock: clock, log: new(bytes.Buffer), counts: make(map[outbox.Outcome]int)}
	var mu sync.Mutex
	w.Outbox = outbox.New(outbox.Config{
		Store: s, Transports: map[api.DeliveryMediumType]notify.Transport{email: p}, Now: clock.Now,
		Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.Observe(func(_ api.DeliveryMediumType, outcome outbox.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		w.counts[outcome]++
	})
	return w
}

// start returns a fixture with its own database.
func start(t *testing.T) *fixture {
	t.Helper()
	s := mustStore(t, "", storetest.MasterKey(t))
	mustPool(t, s)
	return newFixture(t, s, new(fakeTransport), cognatetest.NewClock())
}

// mustSend sends a message with a code that works for an hour.
func (w *fixture) mustSend(code string) {
	w.t.Helper()
	m := notify.Message{
		PoolID: poolID, Sub: "1", Medium: email, Destination: "anna@example.com", Kind: notify.KindSignUp,
		Subject: "Hello", Body: "Your code is " + code, Code: code, Expires: w.clock.Now().Add(time.Hour),
	}
	if err := w.Send(w.t.Context(), m); err != nil {
		w.t.Fatalf("Send() = %v", err)
	}
}

func (w *fixture) mustDeliver() {
	w.t.Helper()
	if err := w.DeliverDue(w.t.Context(), email); err != nil {
		w.t.Fatalf("DeliverDue() = %v", err)
	}
}

func (w *fixture) wantDelivered(doing string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.fake.codes()); diff != "" {
		w.t.Errorf("messages after %s (-want +got):\n%s", doing, diff)
	}
}

func (w *fixture) wantCount(outcome outbox.Outcome, want int) {
	w.t.Helper()
	if got := w.counts[outcome]; got != want {
		w.t.Errorf("%d attempts %s, want %d", got, outcome, want)
	}
}

func (w *fixture) wantWaiting(want int) {
	w.t.Helper()
	waiting, err := w.Waiting(w.t.Context())
	if err != nil || waiting[string(email)] != want {
		w.t.Errorf("Waiting() = %v, %v, want %d", waiting, err, want)
	}
}

func TestDelivers(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustSend("111111")
	w.wantDelivered("Send") // Send does not wait for the delivery
	w.mustDeliver()
	w.wantDelivered("DeliverDue", "111111")
	if p := w.fake.delivered[0]; p.Pool.ID != poolID || p.ID == "" || p.Body != "Your code is 111111" || p.Destination != "anna@example.com" {
		t.Errorf("delivery = %+v, want the message as it was sent, with its pool", p)
	}
	w.mustDeliver()
	w.wantDelivered("another DeliverDue", "111111")
	w.wantCount(outbox.Delivered, 1)
	w.wantWaiting(0)
	err := w.Send(t.Context(), notify.Message{PoolID: poolID, Medium: sms})
	cognatetest.WantCode(t, "Send(medium without a transport)", err, api.CodeCodeDeliveryFailureException)
}

// A mail server that is down delays a message but does not lose it.
func TestServerDownThenUp(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.fake.set(down)
	w.mustSend("111111")
	w.mustSend("222222")
	attempts := 0
	for range 30 { // minutes
		w.mustDeliver()
		w.mustDeliver() // immediately again: nothing is due
		attempts = w.counts[outbox.Postponed]
		w.clock.Advance(time.Minute)
	}
	if attempts < 2*6 || attempts > 2*16 {
		t.Errorf("%d attempts in half an hour at two messages, want the pauses to grow, to ten minutes at most", attempts)
	}
	w.wantDelivered("half an hour down")
	w.wantWaiting(2)
	w.fake.set(nil)
	w.clock.Advance(10 * time.Minute)
	w.mustDeliver()
	w.wantDelivered("the server is up", "111111", "222222")
	w.wantWaiting(0)
}

func TestExpiredIsDropped(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.fake.set(func(p *notify.Delivery) error { return fmt.Errorf("550 <%s>: %s", p.Destination, p.Body) })
	const code = "code-1" // a time in the log can contain a number
	w.mustSend(code)
	w.mustDeliver()
	w.clock.Advance(time.Hour)
	w.fake.set(nil)
	w.mustDeliver()
	w.wantDelivered("an hour")
	w.wantCount(outbox.Expired, 1)
	w.wantWaiting(0)
	log := w.log.String()
	if !strings.Contains(log, "its code has expired") {
		t.Errorf("log = %s, want that a message was dropped", log)
	}
	for _, secret := range []string{code, "anna@example.com"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q: %s", secret, log)
		}
	}
}

// A message that is rejected, or that makes a transport panic, does not delay others.
func TestRejectedMessages(t *testing.T) {
	t.Parallel()
	w := start(t)
	const panics = "code-6" // a time in the log can contain a number
	w.fake.set(func(p *notify.Delivery) error {
		switch p.Code {
		case panics:
			panic("boom " + p.Body)
		case "555555":
			return notify.Refused(errors.New("no such user"))
		}
		return nil
	})
	w.mustSend(panics)
	w.mustSend("555555")
	w.mustSend("111111")
	for range 40 {
		w.mustDeliver()
		w.clock.Advance(time.Minute)
	}
	w.wantDelivered("40 minutes", "111111")
	w.wantCount(outbox.Rejected, 1)
	w.wantWaiting(1)
	w.clock.Advance(time.Hour)
	w.mustDeliver()
	w.wantCount(outbox.Expired, 1)
	w.wantWaiting(0)
	if strings.Contains(w.log.String(), panics) {
		t.Errorf("the log quotes the message: %s", w.log)
	}
}

// If a server ends or dies before it has delivered a message, the next server delivers it.
func TestSurvivesRestart(t *testing.T) {
	t.Parallel()
	url, key, clock := t.TempDir()+"/cognate.db", storetest.MasterKey(t), cognatetest.NewClock()
	first := mustStore(t, url, key)
	mustPool(t, first)
	w := newFixture(t, first, new(fakeTransport), clock)
	w.mustSend("111111")
	// The transport has the second message when the server dies: its context ends, and nothing is stored any more.
	w.fake.set(func(p *notify.Delivery) error {
		_ = first.Close()
		return down(p)
	})
	_ = w.DeliverDue(t.Context(), email)

	w = newFixture(t, mustStore(t, url, key), new(fakeTransport), clock)
	w.mustDeliver()
	w.wantDelivered("restart, the lease of the dead still running")
	clock.Advance(2 * time.Minute)
	w.mustDeliver()
	w.wantDelivered("restart", "111111")
}

// A server that stops releases its messages to other servers immediately.
func TestStopsInOrder(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustSend("111111")
	ctx, stop := context.WithCancel(t.Context())
	w.fake.set(func(p *notify.Delivery) error {
		stop()
		return down(p)
	})
	if err := w.DeliverDue(ctx, email); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("DeliverDue() = %v", err)
	}
	w.wantCount(outbox.Postponed, 0)
	w.fake.set(nil)
	w.mustDeliver()
	w.wantDelivered("another server", "111111")
}

func TestTwoNodesDeliverOnce(t *testing.T) {
	t.Parallel()
	urls := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return t.TempDir() + "/cognate.db" },
		"postgres": func(t *testing.T) string { return storetest.Postgres(t) },
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, key, clock, shared := url(t), storetest.MasterKey(t), cognatetest.NewClock(), new(fakeTransport)
			s := mustStore(t, url, key)
			mustPool(t, s)
			nodes := []*fixture{newFixture(t, s, shared, clock), newFixture(t, mustStore(t, url, key), shared, clock)}
			var want []string
			for i := range 40 {
				code := fmt.Sprintf("%06d", i)
				want = append(want, code)
				nodes[i%2].mustSend(code)
			}
			var g sync.WaitGroup
			for _, n := range nodes {
				g.Go(func() {
					if err := n.DeliverDue(t.Context(), email); err != nil {
						t.Errorf("DeliverDue() = %v", err)
					}
				})
			}
			g.Wait()
			nodes[0].wantDelivered("both nodes", want...)
			nodes[0].wantWaiting(0)
		})
	}
}

// Send wakes Run, and Run ends with its context.
func TestRun(t *testing.T) {
	t.Parallel()
	w := start(t)
	got := make(chan string, 1)
	w.fake.set(func(p *notify.Delivery) error { got <- p.Code; return nil })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.mustSend("111111")
	if code := <-got; code != "111111" {
		t.Errorf("Run() delivered %q", code)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

// A decoy writes as many rows as a message, and sends nothing.
func TestSendDecoy(t *testing.T) {
	t.Parallel()
	w := start(t)
	m := notify.Message{PoolID: poolID, Medium: email, Destination: "anna@example.com", Code: "111111", Body: "111111"}
	if err := notify.SendDecoy(t.Context(), w.Outbox, m); err != nil {
		t.Fatalf("Pretend() = %v", err)
	}
	w.wantWaiting(1)
	w.mustDeliver()
	w.wantDelivered("Pretend")
	w.wantWaiting(0)
	if len(w.counts) > 0 || w.log.Len() > 0 {
		t.Errorf("Pretend() was counted %v, logged %s", w.counts, w.log)
	}
	m.Medium = sms
	cognatetest.WantCode(t, "Pretend(medium without a transport)", notify.SendDecoy(t.Context(), w.Outbox, m), api.CodeCodeDeliveryFailureException)
}

// A message that takes a long time to deliver does not delay others, whether they wait already or come later.
func TestSlowMessage(t *testing.T) {
	t.Parallel()
	w := start(t)
	others, release := make(chan struct{}, 100), make(chan struct{})
	w.Outbox = outbox.New(outbox.Config{
		Store: w.store, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		Transports: map[api.DeliveryMediumType]notify.Transport{email: transport(func(p *notify.Delivery) {
			if p.Code == "slow" {
				<-release
				return
			}
			others <- struct{}{}
		})},
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.mustSend("slow")
	for range 30 {
		w.mustSend("111111")
		<-others
	}
	stop()
	close(release)
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}

// transport is a function that delivers messages.
type transport func(*notify.Delivery)

func (f transport) Deliver(_ context.Context, p *notify.Delivery) error {
	f(p)
	return nil
}
