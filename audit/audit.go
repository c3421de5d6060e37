// Package audit has the audit events: which caller did what to which user, from which address, with what outcome. Each API
// request, each page and each endpoint of a domain, each command that changes something and some background tasks have one event.
// The server puts the event of a request into the context, and the packages with rules add details to it.
//
// An event has two sinks. Log writes one line for each. Recorder stores records in the table audit_events, in the form of AWS
// CloudTrail: a change and its record are one transaction. Chain links the records with hashes, so that a later change of the
// table is found, and Copies writes the linked records to a file and to a webhook.
//
// An event never holds a secret, a token, a code or a password. The log shows no username; a record has it in one member.
package audit

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/trace"
)

// OK is the outcome of a request without an error.
const OK = "ok"

// Event describes one request. Only the goroutine that answers the request changes it.
type Event struct {
	RequestID string
	// Began is by the clock of the server, as all times that it stores. Started is real time, from which Took is measured.
	Began, Started time.Time
	Took           time.Duration
	// Operation is the name of the API operation, or the path of a page or an endpoint; empty if the request names none.
	Operation string
	// PoolID and ClientID are from the request, its access token or its Session. The pool and the client may not exist.
	PoolID, ClientID string
	// AccountID is the account of the pool; empty if the pool was not read.
	AccountID string
	// UserSub is the sub of the user that the request is about, and Username the name, which the log does not show. Both are
	// empty for an unknown username.
	UserSub, Username string
	// CallerKeyID is the ID of the access key that signed the request; empty if no signature was checked. CallerName,
	// CallerAccountID and CallerRegion are those of the key and of its signature.
	CallerKeyID, CallerName, CallerAccountID, CallerRegion string
	// ClaimedKeyID is the ID in a signature that is wrong. It proves nothing about the sender.
	ClaimedKeyID string
	// Address is the IP address of the client. UserAgent is the client's User-Agent header; it is not checked.
	Address, UserAgent string
	// TLS describes the connection; nil without TLS.
	TLS *TLSDetails
	// Outcome is OK or the code of the API error. Message is the message of the error.
	Outcome, Message string
	// Changes lists the kinds of changes that the request made, in their order, each once.
	Changes Changes
	// Internal is the cause of an internal error, for the log.
	Internal error

	// Method, Domain, Form and Status describe a request at a domain.
	Method, Domain string
	Form           url.Values
	Status         int

	kind       kind
	shape      *api.Operation
	input      any // the decoded request; nil if it was not decoded
	output     any
	parameters jsontext.Value // of requestParameters; nil before its first call
	details    map[string]string
	count      int

	id     string
	seen   seen
	stored bool // a transaction has stored the record
	ended  bool
}

// SetOperation says that the event is a request of the API.
func (e *Event) SetOperation(op *api.Operation) { e.Operation, e.shape = op.Name, op }

// SetInput sets the decoded request, of which a record shows the parts that are not secret.
func (e *Event) SetInput(input any) { e.input = input }

// SetOutput sets the answer, of which a record shows the parts that are not secret.
func (e *Event) SetOutput(output any) { e.output = output }

// SetEndpoint says that the event is a request for a page or an endpoint, with its path in the pattern of the endpoint.
func (e *Event) SetEndpoint(method, path, domain string) {
	e.kind, e.Method, e.Operation, e.Domain = endpoint, method, path, domain
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

// Detach returns a context for work that goes on after the request. Such work changes no event and no record.
func Detach(ctx context.Context) context.Context {
	return store.WithoutBeforeCommit(With(ctx, new(Event)))
}

// RequestID returns the ID of the request; "" without one.
func RequestID(ctx context.Context) string { return from(ctx).RequestID }

// SetClient sets the pool and the client that the request is about. Like the other functions, it has no effect if ctx has no
// event.
func SetClient(ctx context.Context, poolID, clientID string) {
	e := from(ctx)
	e.PoolID, e.ClientID = poolID, clientID
}

// SetPool sets the pool that the request is about, with its account.
func SetPool(ctx context.Context, p *cognate.UserPool) {
	e := from(ctx)
	e.PoolID, e.AccountID = p.ID, p.AccountID
}

// SetDetails sets what the record of a task of the server says about it. The values must not be secrets.
func SetDetails(ctx context.Context, details map[string]string) { from(ctx).details = details }

// SetUser sets the user that the request is about.
func SetUser(ctx context.Context, sub string) {
	e := from(ctx)
	if e.UserSub != sub {
		e.Username = ""
	}
	e.UserSub = sub
}

// SetUserOf is SetUser with the username.
func SetUserOf(ctx context.Context, u *cognate.User) {
	e := from(ctx)
	e.UserSub, e.Username = u.Sub, u.Username
}

// SetCaller sets the access key that signed the request.
func SetCaller(ctx context.Context, c cognate.Caller) {
	e := from(ctx)
	e.CallerKeyID, e.CallerName, e.CallerAccountID, e.CallerRegion = c.KeyID, c.KeyName, c.AccountID, c.Region
}

// SetClaimedKey sets the ID of the access key in a signature that is refused.
func SetClaimedKey(ctx context.Context, keyID string) { from(ctx).ClaimedKeyID = keyID }

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
	// Record takes an event whose request has ended. The sink must not use e after it returns.
	Record(ctx context.Context, e *Event) error
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

// Record writes the line. The line does not contain UserAgent, because its text comes from the client.
func (l Log) Record(ctx context.Context, e *Event) error {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("operation", e.Operation), slog.String("pool", e.PoolID), slog.String("client", e.ClientID),
		slog.String("outcome", e.Outcome), slog.Duration("took", e.Took), slog.String("request", e.RequestID),
		slog.String("caller", e.CallerKeyID), slog.String("sub", e.UserSub), slog.String("address", e.Address),
	}
	if e.CallerName != "" {
		attrs = append(attrs, slog.String("caller_name", e.CallerName))
	}
	if id := trace.ID(ctx); id != "" {
		attrs = append(attrs, slog.String("trace", id))
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
