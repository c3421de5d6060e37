package invoker

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate/trigger"
)

// Command runs a program for each event. The program reads the event from standard input and writes the answer to standard
// output. It fails with its exit status, and writes its error in the form of Lambda's runtimes.
type Command struct {
	// Arguments starts with the absolute path of the program.
	Arguments []string
	// Slots limits how many programs run at the same time, for all commands that share it, so sign-ins cannot overload the
	// machine. Waiting for a slot counts towards the time limit of the call.
	Slots chan struct{}
	// Output logs what the program writes to standard error, line by line, and output that is not an answer.
	Output trigger.OutputLog
}

// environment is the whole environment of a program. It contains nothing from the server's.
var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

// waitDelay is how long to wait for a program's output after its end, if a child process holds the output open.
const waitDelay = time.Second

// Invoke runs the program. When ctx ends, it kills the program and its children.
func (c *Command) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	answer, err := c.run(ctx, function, event)
	if err != nil && ctx.Err() == nil && !answer.isEmptyOrJSON() {
		c.Output.NotJSON(ctx, trigger.FunctionName(function), answer.kept.Bytes())
	}
	if err != nil {
		return nil, err
	}
	return answer.kept.Bytes(), nil
}

// run runs the program and returns its output, also with an error.
func (c *Command) run(ctx context.Context, function string, event []byte) (*boundedBuffer, error) {
	answer := &boundedBuffer{}
	select {
	case c.Slots <- struct{}{}:
		defer func() { <-c.Slots }()
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
	cmd := exec.CommandContext(ctx, c.Arguments[0], c.Arguments[1:]...)
	cmd.Stdin, cmd.Stdout = bytes.NewReader(event), answer
	cmd.Env, cmd.Dir, cmd.WaitDelay = environment, "/", waitDelay
	killGroup(cmd)
	errorOutput, err := logLines(ctx, c.Output.Log.With("function", trigger.FunctionName(function)))
	if err != nil {
		return answer, &trigger.InvocationError{Message: messageNotRun, Err: err}
	}
	cmd.Stderr = errorOutput.file
	err = cmd.Run()
	errorOutput.close()
	if ctx.Err() != nil {
		return answer, context.Cause(ctx)
	}
	err = answer.failure(err)
	return answer, err
}

// Start runs the program and waits for its end, because nothing else would reap it. The output is no answer, so it may have
// any form; what is not JSON is logged, because it is often a message to the developer.
func (c *Command) Start(ctx context.Context, function string, event []byte) error {
	answer, err := c.run(ctx, function, event)
	if ctx.Err() == nil && !answer.isEmptyOrJSON() {
		c.Output.NotJSON(ctx, trigger.FunctionName(function), answer.kept.Bytes())
	}
	return err
}

const messageNotRun = "The function could not be run"

// boundedBuffer stores up to trigger.MaxAnswer bytes. If a program writes more, its output is closed.
type boundedBuffer struct {
	kept     bytes.Buffer
	overflow bool
}

// Write appends b. Errors: errTooLarge.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > trigger.MaxAnswer {
		b.overflow = true
		return 0, errTooLarge
	}
	return b.kept.Write(p)
}

func (b *boundedBuffer) isEmptyOrJSON() bool {
	text := bytes.TrimSpace(b.kept.Bytes())
	return len(text) == 0 || jsontext.Value(text).IsValid()
}

// failure returns the error of a program that ended with err and wrote b; nil if it answered.
func (b *boundedBuffer) failure(err error) error {
	switch exit, ended := errors.AsType[*exec.ExitError](err); {
	case b.overflow:
		return errTooLarge
	case err == nil:
		return nil
	case !ended:
		return &trigger.InvocationError{Message: messageNotRun, Err: err}
	default:
		if failure := functionError(b.kept.Bytes()); failure != nil {
			return failure
		}
		// This is the text of Lambda's runtime for a program that exits (docs/behaviour.md §6.4).
		return &trigger.FunctionError{Message: "Error: Runtime exited with error: " + exit.String()}
	}
}
