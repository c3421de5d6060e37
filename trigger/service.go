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
	"cognate/trace"
)

// DefaultLimit is how long a function may take to answer. Source: Cognito developer guide, Customizing user pool workflows
// with Lambda triggers: the service's limit is fixed.
const DefaultLimit = 5 * time.Second

// attempts is how often a call that times out is made in total (docs/behaviour.md §6.1).
const attempts = 3

// MaxAnswer is the maximum size of a function's answer, in bytes. Source: AWS Lambda quotas, synchronous invocations.
const MaxAnswer = 6 << 20

// Invoker invokes functions. Several goroutines may call it. A call ends with its context.
type Invoker interface {
	// Invoke runs a function, named by its ARN, with an event in JSON, and returns its answer of at most MaxAnswer bytes.
	// Errors: *FunctionError, *InvocationError; any other error is logged and not shown to callers.
	Invoke(ctx context.Context, function string, event []byte) ([]byte, error)
	// Start runs a function and does not wait for its answer. It returns when the event is delivered or safely queued.
	// Errors: as Invoke.
	Start(ctx context.Context, function string, event []byte) error
}

// None is the invoker of a server without functions.
type None struct{}

var errNoInvoker = &InvocationError{Message: "This server is not configured to invoke functions"}

// Invoke returns an error.
func (None) Invoke(context.Context, string, []byte) ([]byte, error) { return nil, errNoInvoker }

// Start returns an error.
func (None) Start(context.Context, string, []byte) error { return errNoInvoker }

// FunctionError means that the function ran and returned an error.
type FunctionError struct {
	Message string // the function's own message, which callers see
}

// Error returns the function's message.
func (e *FunctionError) Error() string { return e.Message }

// InvocationError means that the function did not run, or it is unknown whether it ran.
type InvocationError struct {
	Message string // shown to callers: without hosts and paths, and without a full stop
	Timeout bool   // there was no answer in time; another attempt may succeed
	Err     error  // for the log; may be nil
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

// ErrTimedOut means that an attempt took too long. The text is the service's (docs/behaviour.md §6.4).
var ErrTimedOut = &InvocationError{Message: "Socket timeout while invoking Lambda function", Timeout: true}

// Service calls the functions of pools. A method does nothing if the pool does not have its trigger.
type Service struct {
	Invoker Invoker
	Sealer  CodeSealer // for the functions of custom senders
	Log     *slog.Logger
	// SameAccountOnly rejects functions whose ARN has another account than the pool. Without it, an administrator of a pool
	// could call any function that the invoker can reach.
	SameAccountOnly bool
	// Observe, if not nil, is called after every call with its outcome ("ok", "refused", "timeout" or "failed") and its
	// duration, with all attempts.
	Observe func(t cognate.Trigger, outcome string, took time.Duration)
	Now     func() time.Time // for Observe
	// Limit is the time limit of each attempt. 0 means DefaultLimit.
	Limit time.Duration
	// QuoteFunctions adds what functions return to the log: the messages of their errors, and the first bytes of invalid
	// output. These may quote the event, and with it passwords, so it is for development only.
	QuoteFunctions bool
}

// Call holds what every event contains: the pool, the user and the client.
type Call struct {
	cognate.ClientRequest
	// Username is the user name in the event if User is nil.
	Username string
	// User is nil if the user is unknown or not stored yet.
	User *cognate.User
	// Attributes replace the user's attributes if not nil.
	Attributes     map[string]string
	ValidationData map[string]string
	// Groups are the user's groups, for tokens.
	Groups tokens.GroupConfiguration
	// HasLink says that the message has a link, which can stand for the code.
	HasLink bool
}

// clientID returns the client's ID in events.
func (c *Call) clientID() string {
	if c.Client == nil {
		return NoClient
	}
	return c.Client.ID
}

// invoke calls the pool's function for t and decodes the response in its answer.
func (s *Service) invoke(ctx context.Context, call *Call, t cognate.Trigger, e *event, response any) error {
	payload, err := encode(e)
	if err != nil {
		return err
	}
	answer, err := s.callWithRetry(ctx, call.Pool, t, func(ctx context.Context, function string) ([]byte, error) {
		return s.Invoker.Invoke(ctx, function, payload)
	})
	if err != nil {
		return s.callError(ctx, call, t, err)
	}
	err = readResponse(answer, response)
	switch {
	case errors.Is(err, errNotJSON):
		s.outputLog(call, t).NotJSON(ctx, functionName(call.Pool, t), answer)
	case err != nil:
		s.outputLog(call, t).noResponse(ctx, functionName(call.Pool, t), answer)
	}
	return err
}

// errOtherAccount rejects a function of another account, with the code that the service shows if it may not invoke a
// function.
var errOtherAccount = &InvocationError{Message: "AccessDeniedException"}

// callWithRetry repeats the call as long as it times out.
func (s *Service) callWithRetry(ctx context.Context, pool *cognate.UserPool, t cognate.Trigger, call func(ctx context.Context, function string) ([]byte, error)) (answer []byte, err error) {
	function, err := cognate.ParseARN(cognate.FunctionARN, pool.Function(t))
	if err != nil {
		return nil, &InvocationError{Message: "Invalid function ARN", Err: err}
	}
	if s.SameAccountOnly && function.Account() != pool.AccountID {
		return nil, errOtherAccount
	}
	ctx, end := trace.Start(ctx, "trigger "+string(t))
	defer func() { end(outcomeOf(err)) }()
	if s.Observe != nil {
		begun := s.Now()
		defer func() { s.Observe(t, outcomeOf(err), s.Now().Sub(begun)) }()
	}
	for range attempts {
		answer, err = s.callOnce(ctx, func(ctx context.Context) ([]byte, error) { return call(ctx, function.String()) })
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

// readResponse decodes the response member of an answer and ignores the rest of the event. An answer without a response is
// invalid: the service requires the whole event, for every trigger.
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
