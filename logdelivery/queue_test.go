package logdelivery_test

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

	"cognate"
	"cognate/logdelivery"
)

const (
	group  = "arn:aws:logs:eu-west-1:123456789012:log-group:people"
	stream = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/people"
	bucket = "arn:aws:s3:::people/logs"
)

func mustARN(t *testing.T, text string) cognate.ARN {
	t.Helper()
	arn, err := cognate.ParseLogDestination(text)
	if err != nil {
		t.Fatalf("ParseLogDestination(%s) = %v", text, err)
	}
	return arn
}

// record returns a record of a pool for a destination.
func record(t *testing.T, to, text string) logdelivery.Record {
	t.Helper()
	region, err := cognate.ParseRegion("eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	return logdelivery.Record{
		Destination: mustARN(t, to), PoolID: "eu-west-1_A", Account: "123456789012", Region: region, Source: "userAuthEvents", Level: "INFO",
		Time: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), Stream: "eu-west-1_A", Text: text,
	}
}

// fakeSink records what it gets. do decides the result; nil delivers everything.
type fakeSink struct {
	mu   sync.Mutex
	got  []string
	do   func(ctx context.Context, batch []logdelivery.Record) ([]logdelivery.Record, error)
	held chan struct{} // if not nil, each attempt waits until it is closed, or its context ends
}

func (s *fakeSink) Lane(r *logdelivery.Record) logdelivery.Lane {
	return logdelivery.Lane{Name: r.Destination.String()}
}

func (s *fakeSink) Deliver(ctx context.Context, batch []logdelivery.Record) (left []logdelivery.Record, err error) {
	if s.held != nil {
		select {
		case <-s.held:
		case <-ctx.Done():
			return batch, ctx.Err()
		}
	}
	if s.do != nil {
		left, err = s.do(ctx, batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range batch[:len(batch)-len(left)] {
		s.got = append(s.got, r.Text)
	}
	return left, err
}

func (s *fakeSink) texts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.got, " ")
}

// fixture is a queue that counts.
type fixture struct {
	*logdelivery.Queue
	mu     sync.Mutex
	counts map[string]int
	log    *bytes.Buffer
}

func newQueue(t *testing.T, c logdelivery.Config) *fixture {
	t.Helper()
	f := &fixture{counts: make(map[string]int), log: new(bytes.Buffer)}
	c.Pause, c.Log = time.Microsecond, slog.New(slog.NewTextHandler(f.log, nil))
	f.Queue = logdelivery.New(c)
	f.Observe(func(sink string, o logdelivery.Outcome, n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.counts[sink+" "+string(o)] += n
	})
	t.Cleanup(func() { f.Close(context.Background()) })
	return f
}

func (f *fixture) want(t *testing.T, counts string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var got []string
	for name, n := range f.counts {
		if n > 0 {
			got = append(got, fmt.Sprint(name, " ", n))
		}
	}
	slices.Sort(got)
	if text := strings.Join(got, ", "); text != counts {
		t.Errorf("counts = %q, want %q\n%s", text, counts, f.log)
	}
}

func sinks(s logdelivery.Sink) map[string]logdelivery.Sink {
	return map[string]logdelivery.Sink{"fake": s}
}

// Records arrive in their order, at the sink of their ARN.
func TestDelivers(t *testing.T) {
	t.Parallel()
	all, one := new(fakeSink), new(fakeSink)
	q := newQueue(t, logdelivery.Config{
		Sinks: map[string]logdelivery.Sink{"all": all, "one": one}, Default: "all", Routes: map[string]string{bucket: "one"},
	})
	for i := range 1000 {
		q.Add(record(t, group, fmt.Sprint(i)))
	}
	q.Add(record(t, bucket, "other"))
	q.Flush(t.Context())
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprint(i))
	}
	if got := all.texts(); got != strings.Join(want, " ") {
		t.Errorf("the sink got %.100s…, want 0 to 999", got)
	}
	if got := one.texts(); got != "other" {
		t.Errorf("the sink of one ARN got %q, want other", got)
	}
	q.want(t, "all delivered 1000, one delivered 1")
	if n := q.Waiting(); n != 0 {
		t.Errorf("Waiting() = %d, want 0", n)
	}
}

// A sink that fails is tried again with the records that it did not accept, and no other destination waits for it.
func TestTriesAgain(t *testing.T) {
	t.Parallel()
	failures := 3
	sink := &fakeSink{}
	sink.do = func(_ context.Context, batch []logdelivery.Record) ([]logdelivery.Record, error) {
		if batch[0].Destination.String() == group && failures > 0 {
			failures--
			return batch[1:], errors.New("busy")
		}
		return nil, nil
	}
	q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake"})
	sink.held = make(chan struct{})
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		q.Add(record(t, group, text))
	}
	close(sink.held)
	q.Flush(t.Context())
	if got := sink.texts(); got != "a b c d e" {
		t.Errorf("the sink got %q, want each record once", got)
	}
	if !strings.Contains(q.log.String(), "log records not delivered yet") {
		t.Errorf("the log has no warning:\n%s", q.log)
	}
}

func TestDrops(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"after the last attempt": {errors.New("down"), "fake dropped 1, fake retried 7"},
		"a refused record":       {logdelivery.Refused(errors.New("never")), "fake dropped 1"},
	} {
		sink := &fakeSink{do: func(_ context.Context, batch []logdelivery.Record) ([]logdelivery.Record, error) {
			return batch, tt.err
		}}
		q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake"})
		q.Add(record(t, group, "a"))
		q.Flush(t.Context())
		q.want(t, tt.want)
		if !strings.Contains(q.log.String(), "log records dropped") {
			t.Errorf("%s: the log has no error:\n%s", name, q.log)
		}
	}
}

// A sink that hangs fills at most half of the queue, and nobody waits for it.
func TestFull(t *testing.T) {
	t.Parallel()
	sink := &fakeSink{held: make(chan struct{})}
	q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake", Capacity: 10})
	for range 20 {
		q.Add(record(t, group, "x"))
	}
	if n := q.Waiting(); n != 5 {
		t.Errorf("Waiting() = %d, want 5", n)
	}
	q.Add(record(t, bucket, "y"))
	if n := q.Waiting(); n != 6 {
		t.Errorf("Waiting() with another destination = %d, want 6", n)
	}
	if n := strings.Count(q.log.String(), "the queue has no space"); n != 1 {
		t.Errorf("the log says %d times that the queue is full, want once", n)
	}
	close(sink.held)
}

// Background work waits for space, so that it loses no records.
func TestAddAll(t *testing.T) {
	t.Parallel()
	sink := new(fakeSink)
	q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake", Capacity: 40})
	records := slices.Repeat([]logdelivery.Record{record(t, group, "x")}, 2000)
	q.AddAll(t.Context(), records)
	q.Flush(t.Context())
	q.want(t, "fake delivered 2000")
}

// Close delivers what waits, and drops what a sink does not accept in time.
func TestClose(t *testing.T) {
	t.Parallel()
	sink := new(fakeSink)
	q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake"})
	q.Add(record(t, group, "a"))
	q.Close(t.Context())
	q.Add(record(t, group, "too late"))
	if got := sink.texts(); got != "a" {
		t.Errorf("the sink got %q, want a", got)
	}
	q.want(t, "fake delivered 1, fake dropped 1")

	hanging := &fakeSink{held: make(chan struct{})}
	q = newQueue(t, logdelivery.Config{Sinks: sinks(hanging), Default: "fake"})
	q.Add(record(t, group, "a"))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	q.Close(ctx)
	q.want(t, "fake dropped 1")
	if n := q.Waiting(); n != 0 {
		t.Errorf("Waiting() after Close() = %d, want 0", n)
	}
}

// Several goroutines may add records while the queue is flushed and closed.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	sink := new(fakeSink)
	q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake"})
	var all sync.WaitGroup
	for _, to := range []string{group, stream, bucket} {
		r := record(t, to, "x")
		all.Go(func() {
			for range 500 {
				q.Add(r)
			}
		})
		all.Go(func() { q.Flush(t.Context()) })
	}
	all.Wait()
	q.Close(t.Context())
	q.want(t, "fake delivered 1500")
}
