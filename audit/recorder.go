package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Level says which events are recorded. A level includes the one before it.
type Level string

// The levels.
const (
	// LevelOff records nothing.
	LevelOff Level = "off"
	// LevelChanges records changes by administrators, users, commands and jobs; locks of users; refused signatures; and other failed
	// requests of administrators that would have changed something.
	LevelChanges Level = "changes"
	// LevelSignIns also records sign-ins, refreshes and sign-outs, and failed requests of users.
	LevelSignIns Level = "sign-ins"
	// LevelAll also records requests that only read.
	LevelAll Level = "all"
)

// Recorder is a Sink that stores records in the database. A nil Recorder stores nothing.
//
// The first transaction of a request stores the record of the request, and later ones replace it. What is known only after the
// transaction is added within FlushPeriod. If the server is killed before, the record says that it is incomplete.
type Recorder struct {
	Store *store.Store
	Level Level
	// Node names this server in records.
	Node string
	Log  *slog.Logger
	// Now is the clock of the server; nil means real time.
	Now func() time.Time
	// Writable, if not nil, returns an error while changes must be refused, because records cannot be copied to the file.
	Writable func() error

	made atomic.Uint32 // IDs

	mu      sync.Mutex
	pending []store.AuditEvent
	refused map[refusalKey]*Event

	flushing sync.Mutex // serializes Flush
}

const (
	// FlushPeriod is how often the outcomes of requests are stored.
	FlushPeriod = 100 * time.Millisecond
	// batch is how many records one transaction stores.
	batch = 500
	// maxPending is the number of waiting records from which requests store the records themselves, without waiting for Run.
	maxPending = 20 * batch
)

func (r *Recorder) isOff() bool { return r == nil || r.Level == LevelOff || r.Level == "" }

// Begin returns a context that carries the event of a request, and with which transactions store its record.
func (r *Recorder) Begin(ctx context.Context, e *Event) context.Context {
	ctx = With(ctx, e)
	if r.isOff() {
		return ctx
	}
	e.id = r.newID(e.Began)
	return store.WithBeforeCommit(ctx, func(ctx context.Context, tx *store.Tx) error { return r.inTransaction(ctx, tx, e) })
}

// inTransaction stores the record of a change as a part of its transaction.
func (r *Recorder) inTransaction(ctx context.Context, tx *store.Tx, e *Event) error {
	if e.ended {
		return nil
	}
	if err := r.recordLocks(ctx, tx, e); err != nil {
		return err
	}
	isWanted, seen := r.wantsClass(e), e.seen
	if changes := tx.UserChanges(); len(changes) > 0 {
		if seen = seen.with(changes); !isWanted {
			isWanted = seen.isChange()
		}
	}
	if !isWanted && !e.stored {
		return nil
	}
	if r.Writable != nil {
		if err := r.Writable(); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	saved, err := r.event(e, seen, false)
	if err != nil {
		return err
	}
	if err := tx.SaveAuditEvent(ctx, &saved); err != nil {
		return err
	}
	tx.AfterCommit(func() { e.seen, e.stored = seen, true })
	return nil
}

// wantsClass reports whether the level includes all events of this class.
func (r *Recorder) wantsClass(e *Event) bool {
	switch e.class() {
	case classChange:
		return true
	case classSignIn:
		return r.Level == LevelSignIns || r.Level == LevelAll
	case classRead:
		return r.Level == LevelAll
	}
	return true
}

// wantsWithoutChange reports whether the level includes an event that no transaction has stored.
func (r *Recorder) wantsWithoutChange(e *Event) bool {
	switch {
	case e.Operation == "":
		return r.Level == LevelAll
	case e.Outcome == OK || e.kind != operation && e.kind != endpoint:
		return r.wantsClass(e)
	case e.CallerAccountID != "" && e.class() == classChange:
		return true
	case e.Outcome == api.CodeAccessDeniedException && e.CallerAccountID != "": // a policy of the access key
		return true
	case e.class() == classRead:
		return r.Level == LevelAll
	}
	return r.Level == LevelSignIns || r.Level == LevelAll
}

func (r *Recorder) event(e *Event, seen seen, isComplete bool) (store.AuditEvent, error) {
	text, err := e.record(r.Node, seen, isComplete).encode()
	if err != nil {
		return store.AuditEvent{}, fmt.Errorf("encode audit event: %w", err)
	}
	return store.AuditEvent{ID: e.id, Node: r.Node, Record: text, IsComplete: isComplete}, nil
}

// Record takes the outcome of a request. It is stored within FlushPeriod.
func (r *Recorder) Record(ctx context.Context, e *Event) error {
	if r.isOff() {
		return nil
	}
	e.ended = true
	if isRefusedSignature(e) {
		r.countRefusal(e)
		return nil
	}
	if !e.stored && !r.wantsWithoutChange(e) {
		return nil
	}
	saved, err := r.event(e, e.seen, true)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.pending = append(r.pending, saved)
	isFull := len(r.pending) >= maxPending
	r.mu.Unlock()
	if isFull {
		return r.Flush(ctx)
	}
	return nil
}

// recordLocks stores a record for each user whom the transaction has locked. A username that has no user gets one too, without the
// name, so that both take the same time.
func (r *Recorder) recordLocks(ctx context.Context, tx *store.Tx, e *Event) error {
	for _, lock := range tx.Locks() {
		if strings.Contains(lock.Subject, "/") { // a limit on requests, not a lock
			continue
		}
		locked := &Event{
			RequestID: e.RequestID, Began: e.Began, Operation: "CognateUserLocked", PoolID: lock.PoolID, ClientID: e.ClientID, AccountID: e.AccountID,
			Address: e.Address, UserAgent: e.UserAgent, TLS: e.TLS, Outcome: OK, kind: notice, id: r.newID(e.Began),
			CallerKeyID: e.CallerKeyID, CallerName: e.CallerName, CallerAccountID: e.CallerAccountID, CallerRegion: e.CallerRegion,
		}
		if !strings.Contains(lock.Subject, ":") {
			locked.UserSub = lock.Subject
		}
		if locked.UserSub == e.UserSub {
			locked.Username = e.Username
		}
		saved, err := r.event(locked, seen{lockedUntil: lock.Until}, true)
		if err != nil {
			return err
		}
		if err := tx.SaveAuditEvent(ctx, &saved); err != nil {
			return err
		}
	}
	return nil
}

// Flush stores the outcomes that wait, and the counts of refused signatures of minutes that are over.
func (r *Recorder) Flush(ctx context.Context) error {
	if r.isOff() {
		return nil
	}
	return r.flush(ctx, r.now())
}

// Close stores everything that waits.
func (r *Recorder) Close(ctx context.Context) error {
	if r.isOff() {
		return nil
	}
	return r.flush(ctx, r.now().Add(time.Minute))
}

// newID returns the ID of a new record. The records of a clock that stands still are in their order too.
func (r *Recorder) newID(at time.Time) string { return store.NewAuditEventID(at, r.made.Add(1)) }

func (r *Recorder) now() time.Time {
	if r.Now == nil {
		return time.Now() //nolint:forbidigo // a command has no other clock
	}
	return r.Now()
}

func (r *Recorder) flush(ctx context.Context, now time.Time) error {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	if err := r.endRefusals(now); err != nil {
		return err
	}
	for {
		r.mu.Lock()
		next := slices.Clone(r.pending[:min(len(r.pending), batch)])
		r.mu.Unlock()
		if len(next) == 0 {
			return nil
		}
		err := r.Store.Write(store.WithoutBeforeCommit(ctx), func(tx *store.Tx) error {
			for i := range next {
				if err := tx.SaveAuditEvent(ctx, &next[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.pending = slices.Delete(r.pending, 0, len(next))
		r.mu.Unlock()
	}
}

// Run stores outcomes until ctx ends, and then what waits.
func (r *Recorder) Run(ctx context.Context) error {
	if r.isOff() {
		return nil
	}
	tick := time.NewTicker(FlushPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return r.Close(context.WithoutCancel(ctx))
		case <-tick.C:
			if err := r.Flush(ctx); err != nil && ctx.Err() == nil {
				r.Log.ErrorContext(ctx, "audit events were not stored", "error", err)
			}
		}
	}
}

// refusalKey says which refused signatures are counted together.
type refusalKey struct {
	minute       int64 // since 1970
	key, address string
}

// maxRefusals is how many keys and addresses of a minute are counted apart. The others are counted together.
const maxRefusals = 10_000

// signatureErrors are the outcomes of requests whose signature is refused.
var signatureErrors = []string{
	api.MissingAuthenticationTokenException().Code, api.UnrecognizedClientException().Code, api.InvalidSignatureException("").Code,
	api.IncompleteSignatureException("").Code,
}

func isRefusedSignature(e *Event) bool {
	return e.kind == operation && e.CallerAccountID == "" && slices.Contains(signatureErrors, e.Outcome)
}

// countRefusal counts a request whose signature was refused. One record stands for all requests of a key and an address in a minute.
func (r *Recorder) countRefusal(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused == nil {
		r.refused = make(map[refusalKey]*Event)
	}
	k := refusalKey{e.Began.Unix() / 60, e.ClaimedKeyID, e.Address}
	first, ok := r.refused[k]
	if !ok && len(r.refused) >= maxRefusals {
		k.key, k.address = "", ""
		first, ok = r.refused[k]
	}
	if !ok {
		first = &Event{
			RequestID: e.RequestID, Began: e.Began, Operation: e.Operation, CallerKeyID: k.key, Address: k.address, UserAgent: e.UserAgent,
			TLS: e.TLS, Outcome: e.Outcome, Message: e.Message, id: e.id,
		}
		r.refused[k] = first
	}
	first.count++
}

// endRefusals moves the counts of the minutes before now to the records that wait.
func (r *Recorder) endRefusals(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, e := range r.refused {
		if k.minute >= now.Unix()/60 {
			continue
		}
		saved, err := r.event(e, seen{}, true)
		if err != nil {
			return err
		}
		r.pending = append(r.pending, saved)
		delete(r.refused, k)
	}
	return nil
}

// Job returns a context with which each transaction of a task of the server stores a record of its own, under a name such as
// CognateSigningKeysChanged. SetClient, SetUser and SetDetails say what the next transaction is about.
func (r *Recorder) Job(ctx context.Context, name string) context.Context {
	if r.isOff() {
		return ctx
	}
	return r.each(ctx, r.newOwnEvent(job, name, nil))
}

// Notice is Job for a request to a signed address, such as that of an upload. It is not an operation, and the caller is unknown.
func (r *Recorder) Notice(ctx context.Context, name string) context.Context {
	if r.isOff() {
		return ctx
	}
	e, origin := r.newOwnEvent(notice, name, nil), cognate.OriginFrom(ctx)
	e.Address, e.UserAgent = origin.IPAddress, origin.UserAgent
	return r.each(ctx, e)
}

func (r *Recorder) each(ctx context.Context, e *Event) context.Context {
	return store.WithBeforeCommit(With(ctx, e), func(ctx context.Context, tx *store.Tx) error { return r.recordEach(ctx, tx, e) })
}

// recordEach stores the record of a transaction as a part of it.
func (r *Recorder) recordEach(ctx context.Context, tx *store.Tx, e *Event) error {
	done := *e
	done.id, done.Outcome = r.newID(e.Began), OK
	saved, err := r.event(&done, seen{}.with(tx.UserChanges()), true)
	if err != nil {
		return err
	}
	return tx.SaveAuditEvent(ctx, &saved)
}

func (r *Recorder) newOwnEvent(k kind, name string, details map[string]string) *Event {
	return &Event{
		RequestID: uuid.NewString(), Began: r.now(), Started: time.Now(), //nolint:forbidigo // how long the work took
		Operation: name, kind: k, details: details,
	}
}

// end sets the outcome by the error of a command.
func (e *Event) end(err error) {
	e.Took = time.Since(e.Started) //nolint:forbidigo // as above
	e.Outcome = OK
	if err != nil {
		e.Outcome, e.Message = "Failed", ""
		if refusal, ok := errors.AsType[*api.Error](err); ok {
			e.Outcome, e.Message = refusal.Code, refusal.Message
		}
	}
}
