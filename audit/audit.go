// Package audit has the audit events: which caller did what to which user, from which address, with what outcome. Each API
// request has one event. The dispatcher puts it into the context and writes it before it answers. The packages with rules add
// details to it.
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

// Event describes one request. Only the goroutine that answers the request changes it.
type Event struct {
	RequestID string
	Began     time.Time
	Took      time.Duration
	// Operation is the name of the API operation; empty if the request names none.
	Operation string
	// PoolID and ClientID are from the request, its access token or its Session. The pool and the client may not exist.
	PoolID, ClientID string
	// UserSub is the sub of the user that the request is about; empty for an unknown username.
	UserSub string
	// CallerKeyID is the ID of the access key that signed the request; empty if no signature was checked.
	CallerKeyID string
	// Address is the IP address of the client. UserAgent is the client's User-Agent header; it is not checked.
	Address, UserAgent string
	// Outcome is OK or the code of the API error.
	Outcome string
	// Changes lists the kinds of changes that the request made, in their order, each once.
	Changes Changes
	// Internal is the cause of an internal error, for the log.
	Internal error
}

// Change is a kind of change that a request makes.
type Change string

// The changes to users. There are none for pools and clients: the name of the operation says what it changes.
const (
	UserCreated             Change = "user created"
	UserDeleted             Change = "user deleted"
	UserConfirmed           Change = "user confirmed"
	UserEnabled             Change = "user enabled"
	UserDisabled            Change = "user disabled"
	AttributesChanged       Change = "attributes changed"
	PasswordChanged         Change = "password changed"
	PasswordReset           Change = "password reset"
	SoftwareTokenAssociated Change = "software token associated"
	SoftwareTokenVerified   Change = "software token verified"
	SoftwareTokenDeleted    Change = "software token deleted"
	MFAPreferenceChanged    Change = "mfa preference changed"
	PasskeyRegistered       Change = "passkey registered"
	PasskeyDeleted          Change = "passkey deleted"
	DeviceConfirmed         Change = "device confirmed"
	DeviceForgotten         Change = "device forgotten"
	DeviceGrantApproved     Change = "device grant approved"
	DeviceGrantDenied       Change = "device grant denied"
	SignedIn                Change = "signed in"
	SignedOut               Change = "signed out"
	TokensRefreshed         Change = "tokens refreshed"
	TokensRevoked           Change = "tokens revoked"
	AddedToGroup            Change = "added to group"
	RemovedFromGroup        Change = "removed from group"
	IdentityLinked          Change = "identity linked"
	IdentityUnlinked        Change = "identity unlinked"
	PasswordDisabled        Change = "password disabled"
)

// Changes are the changes of one request.
type Changes []Change

// String returns the changes with commas between them. The log calls it to write the value.
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

// from returns the event of the request. If ctx has none, it returns a new event, which is discarded.
func from(ctx context.Context) *Event {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		return e
	}
	return new(Event)
}

// RequestID returns the ID of the request; "" without one.
func RequestID(ctx context.Context) string { return from(ctx).RequestID }

// SetClient sets the pool and the client that the request is about. Like the other functions, it has no effect if ctx has no
// event.
func SetClient(ctx context.Context, poolID, clientID string) {
	e := from(ctx)
	e.PoolID, e.ClientID = poolID, clientID
}

// SetUser sets the user that the request is about.
func SetUser(ctx context.Context, sub string) { from(ctx).UserSub = sub }

// SetCaller sets the access key that signed the request.
func SetCaller(ctx context.Context, keyID string) { from(ctx).CallerKeyID = keyID }

// SetOutcome sets the outcome of a request that fails with an error code of another protocol than the API's.
func SetOutcome(ctx context.Context, code string) { from(ctx).Outcome = code }

// SetInternal sets the cause of an internal error.
func SetInternal(ctx context.Context, err error) { from(ctx).Internal = err }

// Changed adds a change to the event if err is nil. The err is the error of the transaction that made the change; Changed
// returns it.
func Changed(ctx context.Context, c Change, err error) error {
	if e := from(ctx); err == nil && !slices.Contains(e.Changes, c) {
		e.Changes = append(e.Changes, c)
	}
	return err
}

// Sink stores or writes events.
type Sink interface {
	// Record writes an event. A sink that stores events in the database writes in tx, so that an event and its change are
	// committed together; if tx is nil, it opens its own transaction. The sink must not use e after it returns.
	Record(ctx context.Context, tx *store.Tx, e *Event) error
}

// LogMessage is the message of the log line of each event.
const LogMessage = "request"

// Log is a Sink that writes each event as one line of the log.
type Log struct{ *slog.Logger }

type detailsKey struct{}

// WithDetails returns a context with which Log adds attributes to the line of an event. They are no part of the event, so
// no other sink gets them.
func WithDetails(ctx context.Context, details ...slog.Attr) context.Context {
	return context.WithValue(ctx, detailsKey{}, details)
}

// Record writes the line. It ignores tx: the line is written even if the transaction is rolled back. The line does not
// contain UserAgent, because its text comes from the client.
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
	details, _ := ctx.Value(detailsKey{}).([]slog.Attr)
	l.LogAttrs(ctx, level, LogMessage, append(attrs, details...)...)
	return nil
}
