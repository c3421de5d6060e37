package trigger

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	"cognate"
	"cognate/api"
)

// The errors for invalid answers (docs/behaviour.md §6.4).
var (
	errNotJSON        = api.InvalidLambdaResponseException("Invalid lambda function output : Invalid JSON")
	errUnrecognizable = api.InvalidLambdaResponseException("Unrecognizable lambda output")
)

// maxErrorText limits the part of a function's error message that callers see, in bytes.
const maxErrorText = 2048

// callError returns the API error for a failed call. Errors: UserLambdaValidationException, UnexpectedLambdaException
// (docs/behaviour.md §6.4).
func (s *Service) callError(ctx context.Context, call *Call, t cognate.Trigger, err error) error {
	if ctx.Err() != nil { // the request was cancelled
		return ctx.Err()
	}
	log := s.log(call, t).With("function", functionName(call.Pool, t))
	if failure, ok := errors.AsType[*FunctionError](err); ok {
		if s.QuoteFunctions {
			log = log.With("error", failure.Message)
		}
		log.InfoContext(ctx, "trigger function failed")
		return api.UserLambdaValidationException(string(t) + " failed with error " + sentence(failure.Message))
	}
	log.WarnContext(ctx, "trigger function not invoked", "error", err)
	text := "The function could not be invoked" // the cause is only logged, because it may contain hosts and paths
	if failure, ok := errors.AsType[*InvocationError](err); ok {
		text = failure.Message
	}
	return api.UnexpectedLambdaException(string(t) + " invocation failed due to error " + sentence(text))
}

// log returns the logger for calls of the pool's function for t.
func (s *Service) log(call *Call, t cognate.Trigger) *slog.Logger {
	return s.Log.With("pool", call.Pool.ID, "trigger", string(t))
}

func (s *Service) outputLog(call *Call, t cognate.Trigger) OutputLog {
	return OutputLog{Log: s.log(call, t), Quote: s.QuoteFunctions}
}

// functionName returns the name of the pool's function for t, for the log. An invalid ARN is returned unchanged.
func functionName(pool *cognate.UserPool, t cognate.Trigger) string {
	return FunctionName(pool.Function(t))
}

// sentence limits the length of text and adds a full stop. The service adds one to any text.
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
