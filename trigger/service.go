package trigger

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/tokens"
)

// DefaultLimit is how long a function may take to answer. Source: Cognito developer guide, Customizing user pool workflows
// with Lambda triggers: it is not adjustable there.
const DefaultLimit = 5 * time.Second

// attempts is how often a call that timed out is made in all (docs/behaviour.md §6.1).
const attempts = 3

// MaxAnswer bounds the answer of a function, in bytes. Source: AWS Lambda quotas, synchronous invocations.
const MaxAnswer = 6 << 20

// Invoker reaches functions. It may be called from several goroutines, and ends with its context.
type Invoker interface {
	// Invoke runs a function, named by its ARN, on an event in JSON, and returns what it answers, at most MaxAnswer bytes.
	// Errors: *FunctionError, *InvocationError; any other is logged and not shown.
	Invoke(ctx context.Context, function string, event []byte) ([]byte, error)
	// Start runs a function whose answer nobody waits for; it returns when the function has the event, or is sure to
	// get it. Errors: as of Invoke.
	Start(ctx context.Context, function string, event []byte) error
}

// None is the invoker of a server that knows no functions.
type None struct{}

var errNoInvoker = &InvocationError{Message: "This server is not configured to invoke functions"}

// Invoke refuses.
func (None) Invoke(context.Context, string, []byte) ([]byte, error) { return nil, errNoInvoker }

// Start refuses.
func (None) Start(context.Context, string, []byte) error { return errNoInvoker }

// FunctionError says that a function ran, and failed.
type FunctionError struct {
	Message string // its own words, which callers are shown
}

// Error returns the function's own words.
func (e *FunctionError) Error() string { return e.Message }

// InvocationError says that a function did not run, or that it is not known whether it did.
type InvocationError struct {
	Message string // shown to callers: without addresses and paths, and without a full stop
	Timeout bool   // there was no answer in time, and another attempt may get one
	Err     error  // for the log; nil when there is no more to say
}

// Error returns the message with its cause.
func (e *InvocationError) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *InvocationError) Unwrap() error { return e.Err }

// ErrTimedOut is an attempt that took too long. The text is the service's (docs/behaviour.md §6.4).
var ErrTimedOut = &InvocationError{Message: "Socket timeout while invoking Lambda function", Timeout: true}

// Service calls the functions of pools. Its methods do nothing where the pool has no such trigger.
type Service struct {
	Invoker Invoker
	Sealer  CodeSealer // for the functions of custom senders
	Log     *slog.Logger
	// OwnOnly keeps pools to functions of their own account, by the ARN: an invoker calls whatever it can reach, also for an
	// administrator who may not.
	OwnOnly bool
	// Observe is told of every call how it ended ("ok", "refused", "timeout" or "failed") and how long it took, with all its
	// attempts. Nil: nobody is.
	Observe func(t cognate.Trigger, outcome string, took time.Duration)
	Now     func() time.Time // for Observe
	// Limit is how long each attempt may take; 0 means DefaultLimit.
	Limit time.Duration
}

// Call is what every event says: of whom it is, and through which client.
type Call struct {
	Pool     *cognate.UserPool
	ClientID string
	// Username is the name of the event where User is nil.
	Username string
	// User is nil for one who is not stored, or whom nobody knows.
	User *cognate.User
	// Attributes stand in place of the user's, when not nil.
	Attributes                     map[string]string
	ClientMetadata, ValidationData map[string]string
	// Groups of the user, for tokens.
	Groups tokens.GroupConfiguration
}

// invoke calls the pool's function for t and reads the response of its answer.
func (s *Service) invoke(ctx context.Context, call *Call, t cognate.Trigger, e *event, response any) error {
	payload, err := encode(e)
	if err != nil {
		return err
	}
	answer, err := s.callWithRetry(ctx, call.Pool, t, func(ctx context.Context, function string) ([]byte, error) {
		return s.Invoker.Invoke(ctx, function, payload)
	})
	if err != nil {
		return s.refuse(ctx, call, t, err)
	}
	return readResponse(answer, response)
}

// errForeign refuses a function of another account, by the code with which the service shows that it may not invoke one.
var errForeign = &InvocationError{Message: "AccessDeniedException"}

// callWithRetry makes the call until it is answered, as long as it only takes too long.
func (s *Service) callWithRetry(ctx context.Context, pool *cognate.UserPool, t cognate.Trigger, call func(ctx context.Context, function string) ([]byte, error)) (answer []byte, err error) {
	function := pool.Function(t)
	if s.OwnOnly && cognate.FunctionAccount(function) != pool.AccountID {
		return nil, errForeign
	}
	if s.Observe != nil {
		begun := s.Now()
		defer func() { s.Observe(t, outcomeOf(err), s.Now().Sub(begun)) }()
	}
	for range attempts {
		answer, err = s.callOnce(ctx, func(ctx context.Context) ([]byte, error) { return call(ctx, function) })
		if failure, ok := errors.AsType[*InvocationError](err); !ok || !failure.Timeout || ctx.Err() != nil {
			return answer, err
		}
	}
	return nil, err
}

func outcomeOf(err error) string {
	_, refused := errors.AsType[*FunctionError](err)
	switch {
	case err == nil:
		return "ok"
	case refused:
		return "refused"
	case errors.Is(err, ErrTimedOut):
		return "timeout"
	default:
		return "failed"
	}
}

func (s *Service) callOnce(ctx context.Context, call func(context.Context) ([]byte, error)) ([]byte, error) {
	limit := s.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, ErrTimedOut)
	defer cancel()
	answer, err := call(limited)
	if err != nil && errors.Is(context.Cause(limited), ErrTimedOut) {
		return nil, ErrTimedOut
	}
	return answer, err
}

// readResponse reads the response member of an answer; the rest of the event that came back is of no interest. An answer
// without one is none: the service wants the whole event back, whatever the trigger.
// Errors: InvalidLambdaResponseException.
// Assumed: a number where the response should have a string is an error.
func readResponse(answer []byte, response any) error {
	if !jsontext.Value(answer).IsValid() {
		return errNotJSON
	}
	var event struct {
		Response jsontext.Value `json:"response"`
	}
	if err := json.Unmarshal(answer, &event); err != nil || event.Response.Kind() != '{' {
		return errUnrecognizable
	}
	if err := json.Unmarshal(event.Response, response); err != nil {
		return errUnrecognizable
	}
	return nil
}
