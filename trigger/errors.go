package trigger

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"cognate"
	"cognate/api"
)

// What callers are told of answers that make no sense (docs/behaviour.md §6.4).
var (
	errNotJSON        = api.InvalidLambdaResponseException("Invalid lambda function output : Invalid JSON")
	errUnrecognizable = api.InvalidLambdaResponseException("Unrecognizable lambda output")
)

// maxErrorText bounds a function's own words in an error, in bytes.
const maxErrorText = 2048

// refuse turns a failed call into what the caller of the operation is told. Errors: UserLambdaValidationException,
// UnexpectedLambdaException (docs/behaviour.md §6.4).
func (s *Service) refuse(ctx context.Context, call *Call, t cognate.Trigger, err error) error {
	if ctx.Err() != nil { // the caller has gone
		return ctx.Err()
	}
	log := s.Log.With("pool", call.Pool.ID, "trigger", string(t))
	if failure, ok := errors.AsType[*FunctionError](err); ok {
		log.InfoContext(ctx, "trigger refused") // its words are for the caller: they may quote what the event said
		return api.UserLambdaValidationException(string(t) + " failed with error " + sentence(failure.Message))
	}
	log.WarnContext(ctx, "trigger not invoked", "error", err)
	text := "The function could not be invoked" // what went wrong is for the log: it may name hosts and paths
	if failure, ok := errors.AsType[*InvocationError](err); ok {
		text = failure.Message
	}
	return api.UnexpectedLambdaException(string(t) + " invocation failed due to error " + sentence(text))
}

// sentence returns text, bounded, with the full stop that the service puts behind it, whatever it ends in.
func sentence(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return text + "."
}
