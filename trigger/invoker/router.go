package invoker

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"cognate/trigger"
)

// Router knows the invoker of each function.
type Router struct {
	ByARN map[string]trigger.Invoker
	Else  trigger.Invoker // of all others
}

// Invoke runs a function by its invoker.
func (r *Router) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	return r.of(function).Invoke(ctx, function, event)
}

// Start runs a function by its invoker, whose answer nobody waits for.
func (r *Router) Start(ctx context.Context, function string, event []byte) error {
	return r.of(function).Start(ctx, function, event)
}

func (r *Router) of(function string) trigger.Invoker {
	if i, ok := r.ByARN[function]; ok {
		return i
	}
	return r.Else
}

// errTooLarge says that an answer is longer than trigger.MaxAnswer.
var errTooLarge = &trigger.InvocationError{Message: "Response payload size exceeded maximum allowed payload size"}

// readAnswer reads an answer up to trigger.MaxAnswer bytes. Errors: errTooLarge, and those of r.
func readAnswer(r io.Reader) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(r, trigger.MaxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(answer) > trigger.MaxAnswer {
		return nil, errTooLarge
	}
	return answer, nil
}

// thrown returns the error that a function says it failed with, in the form of Lambda's runtimes: an object with
// errorMessage and perhaps errorType. Nil when payload is none of these.
func thrown(payload []byte) *trigger.FunctionError {
	var failure struct {
		ErrorMessage *string `json:"errorMessage"`
		ErrorType    string  `json:"errorType"`
	}
	_ = json.Unmarshal(payload, &failure) // of what is none there is no message
	if failure.ErrorMessage == nil {
		return nil
	}
	if *failure.ErrorMessage == "" {
		return &trigger.FunctionError{Message: failure.ErrorType}
	}
	return &trigger.FunctionError{Message: *failure.ErrorMessage}
}

// unreached says that a function could not be reached. What the cause says is for the log: it may name hosts.
func unreached(err error) error {
	if _, ok := errors.AsType[*trigger.InvocationError](err); ok {
		return err
	}
	return &trigger.InvocationError{Message: "The function could not be reached", Err: fmt.Errorf("invoke: %w", err)}
}
