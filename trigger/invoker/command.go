package invoker

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"time"

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
}

// environment is the whole environment of a program. It contains nothing from the server's.
var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

// waitDelay is how long to wait for a program's output after its end, if a child process holds the output open.
const waitDelay = time.Second

// Invoke runs the program. When ctx ends, it kills the program and its children.
func (c *Command) Invoke(ctx context.Context, _ string, event []byte) ([]byte, error) {
	select {
	case c.Slots <- struct{}{}:
		defer func() { <-c.Slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	cmd := exec.CommandContext(ctx, c.Arguments[0], c.Arguments[1:]...)
	answer := &boundedBuffer{}
	cmd.Stdin, cmd.Stdout = bytes.NewReader(event), answer
	cmd.Env, cmd.Dir, cmd.WaitDelay = environment, "/", waitDelay
	killGroup(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return answer.result(err)
}

// Start runs the program and waits for its end, because nothing else would reap it.
func (c *Command) Start(ctx context.Context, function string, event []byte) error {
	_, err := c.Invoke(ctx, function, event)
	return err
}

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

// result returns the answer of a program that ended with err.
func (b *boundedBuffer) result(err error) ([]byte, error) {
	answer := b.kept.Bytes()
	switch exit, ended := errors.AsType[*exec.ExitError](err); {
	case b.overflow:
		return nil, errTooLarge
	case err == nil:
		return answer, nil
	case !ended:
		return nil, &trigger.InvocationError{Message: "The function could not be run", Err: err}
	default:
		if failure := functionError(answer); failure != nil {
			return nil, failure
		}
		// This is the text of Lambda's runtime for a program that exits (docs/behaviour.md §6.4).
		return nil, &trigger.FunctionError{Message: "Error: Runtime exited with error: " + exit.String()}
	}
}
