package logdelivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"cognate/internal/pause"
)

// Sink receives records. Several goroutines may call it, but only one for each lane.
type Sink interface {
	// Lane returns the lane of a record. The records of a lane are delivered in their order, and in common batches. The records of
	// one lane do not wait for those of another.
	Lane(r *Record) Lane
	// Deliver delivers records of one lane. With an error it returns the records that were not delivered. The queue tries them
	// again, unless the error was made by Refused.
	Deliver(ctx context.Context, batch []Record) (left []Record, err error)
}

// Lane is a sequence of records.
type Lane struct {
	Name   string
	Gather time.Duration // how long a batch waits for more records
}

// Refused marks an error of a Sink after which another attempt is unlikely to succeed.
func Refused(err error) error { return refused{err} }

type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// Outcome is the result of an attempt to deliver a record.
type Outcome string

// The outcomes. A record can be Retried several times before it is Delivered or Dropped.
const (
	Delivered Outcome = "delivered"
	Dropped   Outcome = "dropped"
	Retried   Outcome = "retried"
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return []Outcome{Delivered, Dropped, Retried} }

// Config has the sinks and the limits of a queue.
type Config struct {
	// Sinks has the sinks by their names. Default is the name of the sink for the ARNs that Routes does not have.
	Sinks   map[string]Sink
	Default string
	Routes  map[string]string
	// Capacity is the number of records that can wait; 0 means DefaultCapacity. One lane can take half of it.
	Capacity int
	// Pause is the time before the second attempt, which doubles with each attempt; 0 means a second.
	Pause time.Duration
	Log   *slog.Logger
}

const (
	// DefaultCapacity is the default of Config.Capacity.
	DefaultCapacity = 10_000

	maxAttempts    = 8
	maxPause       = 30 * time.Second
	attemptTimeout = 10 * time.Second
	// maxBatch and maxBatchBytes limit a batch. They are below the limits of all services.
	maxBatch      = 500
	maxBatchBytes = 512 << 10
	// maxConcurrent is how many attempts run at the same time.
	maxConcurrent = 32
)

// Queue holds the records that wait for their delivery. Make it with New.
type Queue struct {
	config Config
	count  func(sink string, o Outcome, records int)
	ctx    context.Context // ends when the queue gives up
	giveUp context.CancelFunc
	slots  chan struct{}

	mu      sync.Mutex
	lanes   map[laneKey]*lane
	waiting int           // records, also those of running attempts
	idle    chan struct{} // closed if no record waits
	hurry   chan struct{} // closed to end all pauses
	closed  bool
	full    bool // a record was dropped since the queue last had space
}

type laneKey struct{ sink, name string }

type lane struct {
	records []Record
	waiting int  // records, also those of a running attempt
	failing bool // the last attempt failed
}

// New returns a queue that is ready for records.
func New(c Config) *Queue {
	if c.Capacity == 0 {
		c.Capacity = DefaultCapacity
	}
	if c.Pause == 0 {
		c.Pause = time.Second
	}
	q := &Queue{
		config: c, count: func(string, Outcome, int) {}, slots: make(chan struct{}, maxConcurrent),
		lanes: make(map[laneKey]*lane), idle: make(chan struct{}), hurry: make(chan struct{}),
	}
	close(q.idle)
	q.ctx, q.giveUp = context.WithCancel(context.Background())
	return q
}

// Observe sets a function that counts records. Call it before the first use of the queue.
func (q *Queue) Observe(count func(sink string, o Outcome, records int)) { q.count = count }

// Sinks returns the names of the sinks.
func (q *Queue) Sinks() []string {
	var names []string
	for name := range q.config.Sinks {
		names = append(names, name)
	}
	return names
}

// Waiting returns the number of records that wait.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}

// Add adds a record and returns immediately. It drops the record if the queue has no space for it.
func (q *Queue) Add(r Record) {
	sink, key, gather := q.route(&r)
	q.mu.Lock()
	l := q.lanes[key]
	if q.closed || q.waiting >= q.config.Capacity || l != nil && l.waiting >= q.config.Capacity/2 {
		wasFull := q.full
		q.full = true
		q.mu.Unlock()
		q.count(key.sink, Dropped, 1)
		if !wasFull {
			q.config.Log.Error("log records dropped: the queue has no space", "sink", key.sink, "destination", r.Destination.String())
		}
		return
	}
	defer q.mu.Unlock()
	q.full = false
	if q.waiting == 0 {
		q.idle = make(chan struct{})
	}
	q.waiting++
	if l == nil {
		l = new(lane)
		q.lanes[key] = l
		go q.work(key, l, sink, gather)
	}
	l.records = append(l.records, r)
	l.waiting++
}

// AddAll adds the records of background work. As long as the sink accepts records, it waits while the queue has little space, so
// that other records have precedence.
func (q *Queue) AddAll(ctx context.Context, records []Record) {
	const look, most = 5 * time.Millisecond, 30 * time.Second
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	for _, r := range records {
		for q.isBusy(&r) && pause.For(ctx, look) == nil {
			continue
		}
		q.Add(r)
	}
}

// isBusy reports whether the queue has little space and the sink accepts records, so that there will soon be more space.
func (q *Queue) isBusy(r *Record) bool {
	_, key, _ := q.route(r)
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lanes[key]
	return !q.closed && q.waiting >= q.config.Capacity/4 && l != nil && !l.failing
}

func (q *Queue) route(r *Record) (Sink, laneKey, time.Duration) {
	name, ok := q.config.Routes[r.Destination.String()]
	if !ok {
		name = q.config.Default
	}
	sink := q.config.Sinks[name]
	l := sink.Lane(r)
	return sink, laneKey{name, l.Name}, l.Gather
}

// Flush waits until no record waits, or ctx ends. It ends the pauses of all lanes.
func (q *Queue) Flush(ctx context.Context) {
	q.mu.Lock()
	idle := q.idle
	close(q.hurry)
	q.hurry = make(chan struct{})
	q.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// Close delivers the waiting records, without pauses, until ctx ends. It drops the others. Afterwards the queue accepts no
// records.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.Flush(ctx)
	q.giveUp()
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	<-idle // each attempt ends with its context
}

// work delivers the records of a lane until it has none.
func (q *Queue) work(key laneKey, l *lane, sink Sink, gather time.Duration) {
	for {
		if gather > 0 {
			q.pause(gather)
		}
		batch := q.next(key, l)
		if batch == nil {
			return
		}
		left := q.deliver(key, l, sink, batch)
		q.count(key.sink, Delivered, len(batch)-left)
		if left > 0 {
			q.count(key.sink, Dropped, left)
		}
		q.mu.Lock()
		l.waiting -= len(batch)
		q.waiting -= len(batch)
		if q.waiting == 0 {
			close(q.idle)
		}
		q.mu.Unlock()
	}
}

// next removes the first batch from a lane. If the lane is empty, next removes the lane and returns nil.
func (q *Queue) next(key laneKey, l *lane) []Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(l.records) == 0 {
		delete(q.lanes, key)
		return nil
	}
	n, size := 0, 0
	for n < len(l.records) && n < maxBatch && (n == 0 || size+len(l.records[n].Text) <= maxBatchBytes) {
		size += len(l.records[n].Text)
		n++
	}
	batch := l.records[:n:n]
	l.records = l.records[n:]
	return batch
}

// deliver tries a batch until all its records are delivered. It returns how many it drops.
func (q *Queue) deliver(key laneKey, l *lane, sink Sink, batch []Record) int {
	wait := q.config.Pause
	for attempt := 1; ; attempt++ {
		last := q.isClosed() // there will be no pause
		left, err := q.try(sink, batch)
		q.setFailing(l, err != nil)
		if err == nil || len(left) == 0 {
			return 0
		}
		_, isRefused := errors.AsType[refused](err)
		if isRefused || last || attempt == maxAttempts {
			q.config.Log.Error("log records dropped", "sink", key.sink, "destination", batch[0].Destination.String(), "pool", batch[0].PoolID, "records", len(left), "attempts", attempt, "error", err)
			return len(left)
		}
		q.count(key.sink, Retried, len(left))
		q.config.Log.Warn("log records not delivered yet", "sink", key.sink, "destination", batch[0].Destination.String(), "pool", batch[0].PoolID, "records", len(left), "attempt", attempt, "error", err)
		batch = left
		q.pause(wait)
		wait = min(2*wait, maxPause)
	}
}

// try makes one attempt.
func (q *Queue) try(sink Sink, batch []Record) ([]Record, error) {
	q.slots <- struct{}{}
	defer func() { <-q.slots }()
	ctx, stop := context.WithTimeout(q.ctx, attemptTimeout)
	defer stop()
	return sink.Deliver(ctx, batch)
}

func (q *Queue) setFailing(l *lane, failing bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.failing = failing
}

func (q *Queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// pause waits for d, or until the queue is closed or flushed.
func (q *Queue) pause(d time.Duration) {
	q.mu.Lock()
	hurry, closed := q.hurry, q.closed
	q.mu.Unlock()
	if closed {
		return
	}
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-hurry:
	}
}
