// Package audit describes events: who did what to whom, from where, with what outcome. Each API request has one event. The
// dispatcher puts it into the context and writes it before it answers; the packages with rules add what they know.
//
// An event holds IDs and fixed names. It never holds a secret, a token, a code, a password or a username.
package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"cognate/store"
)

// OK is the outcome of a request without an error.
const OK = "ok"

// Event is what one request did. Only the goroutine that answers the request writes it.
type Event struct {
	RequestID string
	Began     time.Time
	Took      time.Duration
	// Operation is the name of the API operation; empty if the request names none.
	Operation string
	// PoolID and ClientID are what the request, its access token or its Session names. They need not exist.
	PoolID, ClientID string
	// UserSub is the sub of the user whom the request is about; empty for an unknown username.
	UserSub string
	// CallerKeyID is the ID of the access key that signed the request; empty if no signature was checked.
	CallerKeyID string
	// Address is the IP address of the client. UserAgent is what the client calls itself; it is not checked.
	Address, UserAgent string
	// Outcome is OK or the code of the API error.
	Outcome string
	// Changes are what the request changed, in that order, each once.
	Changes Changes
	// Internal is the cause of an internal error, for the log.
	Internal error
}

// Change is a kind of change that a request makes.
type Change string

// The changes to users. What an operation on pools and clients changes is clear from its name.
const (
	UserCreated           Change = "user created"
	UserDeleted           Change = "user deleted"
	UserConfirmed         Change = "user confirmed"
	UserEnabled           Change = "user enabled"
	UserDisabled          Change = "user disabled"
	AttributesChanged     Change = "attributes changed"
	PasswordChanged       Change = "password changed"
	PasswordReset         Change = "password reset"
	SoftwareTokenAdded    Change = "software token associated"
	SoftwareTokenVerified Change = "software token verified"
	SoftwareTokenDeleted  Change = "software token deleted"
	MFAPreferenceChanged  Change = "mfa preference changed"
	PasskeyRegistered     Change = "passkey registered"
	PasskeyDeleted        Change = "passkey deleted"
	DeviceConfirmed       Change = "device confirmed"
	DeviceForgotten       Change = "device forgotten"
	SignedIn              Change = "signed in"
	TokensRefreshed       Change = "tokens refreshed"
	TokensRevoked         Change = "tokens revoked"
)

// Changes are changes of one request.
type Changes []Change

// String returns the changes with commas between them. The server's log shows only values that can write themselves as text.
func (c Changes) String() string {
	var names []string
	for _, change := range c {
		names = append(names, string(change))
	}
	return strings.Join(names, ", ")
}

type eventKey struct{}

// With returns a context that carries the event of a request.
func With(ctx context.Context, e *Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// from returns the event of the request; without one, an event that nothing reads.
func from(ctx context.Context) *Event {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		return e
	}
	return new(Event)
}

// SetClient names the pool and the client that the request is about. Outside a request it does nothing, as do the others.
func SetClient(ctx context.Context, poolID, clientID string) {
	e := from(ctx)
	e.PoolID, e.ClientID = poolID, clientID
}

// SetUser names the user whom the request is about.
func SetUser(ctx context.Context, sub string) { from(ctx).UserSub = sub }

// SetCaller names the access key that signed the request.
func SetCaller(ctx context.Context, keyID string) { from(ctx).CallerKeyID = keyID }

// Changed adds a change if err, the error of the transaction that made it, is nil. It returns err.
func Changed(ctx context.Context, c Change, err error) error {
	if e := from(ctx); err == nil && !slices.Contains(e.Changes, c) {
		e.Changes = append(e.Changes, c)
	}
	return err
}

// Sink takes events.
type Sink interface {
	// Record writes an event. A sink that keeps events in the store writes in tx, so that an event and the change that it
	// describes are committed together; with a nil tx it opens its own transaction. The sink must not keep e.
	Record(ctx context.Context, tx *store.Tx, e *Event) error
}

// Log is a Sink that writes each event as one line of the log.
type Log struct{ *slog.Logger }

// Record writes the line. It ignores tx: a line is written even if the transaction is rolled back. UserAgent stays out of
// the line, because a client can write anything into it.
func (l Log) Record(ctx context.Context, _ *store.Tx, e *Event) error {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("operation", e.Operation), slog.String("pool", e.PoolID), slog.String("client", e.ClientID),
		slog.String("outcome", e.Outcome), slog.Duration("took", e.Took), slog.String("request", e.RequestID),
		slog.String("caller", e.CallerKeyID), slog.String("sub", e.UserSub), slog.String("address", e.Address),
	}
	if e.Changes != nil {
		attrs = append(attrs, slog.Any("changes", e.Changes))
	}
	if e.Internal != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", e.Internal.Error()))
	}
	l.LogAttrs(ctx, level, "request", attrs...)
	return nil
}
