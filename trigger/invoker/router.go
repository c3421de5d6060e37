package invoker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"cognate/trigger"
)

// Router selects the invoker of each function.
type Router struct {
	ByARN map[string]trigger.Invoker
	Else  trigger.Invoker // for all other functions; nil if the server has none for them
}

// Invoke runs a function with its invoker.
func (r *Router) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	i, err := r.of(function)
	if err != nil {
		return nil, err
	}
	return i.Invoke(ctx, function, event)
}

// Start runs a function with its invoker and does not wait for the answer.
func (r *Router) Start(ctx context.Context, function string, event []byte) error {
	i, err := r.of(function)
	if err != nil {
		return err
	}
	return i.Start(ctx, function, event)
}

// of returns the invoker of a function. Errors: an *trigger.InvocationError whose cause, for the log, names the function
// and the configured ones.
func (r *Router) of(function string) (trigger.Invoker, error) {
	if i, ok := r.ByARN[function]; ok {
		return i, nil
	}
	if r.Else != nil {
		return r.Else, nil
	}
	known := "functions is empty"
	if len(r.ByARN) > 0 {
		known = "functions has only " + strings.Join(slices.Sorted(maps.Keys(r.ByARN)), ", ")
	}
	return nil, &trigger.InvocationError{
		Message: "This server is not configured to invoke the function",
		Err:     fmt.Errorf("%s is not in the settings: %s, and lambda_endpoint is not set", function, known),
	}
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
