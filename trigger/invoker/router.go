package invoker

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"cognate/trigger"
)

// Router selects the invoker of each function.
type Router struct {
	ByARN map[string]trigger.Invoker
	Else  trigger.Invoker // for all other functions
}

// Invoke runs a function with its invoker.
func (r *Router) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	return r.of(function).Invoke(ctx, function, event)
}

// Start runs a function with its invoker and does not wait for the answer.
func (r *Router) Start(ctx context.Context, function string, event []byte) error {
	return r.of(function).Start(ctx, function, event)
}

func (r *Router) of(function string) trigger.Invoker {
	if i, ok := r.ByARN[function]; ok {
		return i
	}
	return r.Else
}

// errTooLarge means that the answer is longer than trigger.MaxAnswer.
var errTooLarge = &trigger.InvocationError{Message: "Response payload size exceeded maximum allowed payload size"}

// readAnswer reads an answer of up to trigger.MaxAnswer bytes. Errors: errTooLarge, and those of r.
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

// functionError returns the error in payload, in the form of Lambda's runtimes: an object with errorMessage and optionally
// errorType. It returns nil if payload has another form.
func functionError(payload []byte) *trigger.FunctionError {
	var failure struct {
		ErrorMessage *string `json:"errorMessage"`
		ErrorType    string  `json:"errorType"`
	}
	_ = json.Unmarshal(payload, &failure) // a payload of another form has no message
	if failure.ErrorMessage == nil {
		return nil
	}
	if *failure.ErrorMessage == "" {
		return &trigger.FunctionError{Message: failure.ErrorType}
	}
	return &trigger.FunctionError{Message: *failure.ErrorMessage}
}

// unreachableError returns the error for a function that could not be reached. The cause is only logged, because it may
// contain host names.
func unreachableError(err error) error {
	if _, ok := errors.AsType[*trigger.InvocationError](err); ok {
		return err
	}
	return &trigger.InvocationError{Message: "The function could not be reached", Err: fmt.Errorf("invoke: %w", err)}
}
