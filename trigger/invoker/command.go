package invoker

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"time"

	"cognate/trigger"
)

// Command runs a program for each event: the event on standard input, the answer on standard output. A program fails by its
// exit status, in the words that it writes in the form of Lambda's runtimes.
type Command struct {
	// Arguments begin with the absolute path of the program.
	Arguments []string
	// Turns bounds how many programs run at a time, of all commands that share it: those who sign in must not fill the
	// machine. A program that waits for its turn waits within its time.
	Turns chan struct{}
}

// environment is all that a program learns of the server's.
var environment = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}

// linger is how long a program's output is waited for after its end, when a child of it keeps it open.
const linger = time.Second

// Invoke runs the program. When ctx ends, the program and its children are killed.
func (c *Command) Invoke(ctx context.Context, _ string, event []byte) ([]byte, error) {
	select {
	case c.Turns <- struct{}{}:
		defer func() { <-c.Turns }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	cmd := exec.CommandContext(ctx, c.Arguments[0], c.Arguments[1:]...)
	answer := &boundedBuffer{}
	cmd.Stdin, cmd.Stdout = bytes.NewReader(event), answer
	cmd.Env, cmd.Dir, cmd.WaitDelay = environment, "/", linger
	killGroup(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return answer.result(err)
}

// Start runs the program to its end: nobody else would see to it.
func (c *Command) Start(ctx context.Context, function string, event []byte) error {
	_, err := c.Invoke(ctx, function, event)
	return err
}

// boundedBuffer keeps up to trigger.MaxAnswer bytes; a program that writes more finds its output closed.
type boundedBuffer struct {
	kept     bytes.Buffer
	overflow bool
}

// Write keeps b. Errors: errTooLarge.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > trigger.MaxAnswer {
		b.overflow = true
		return 0, errTooLarge
	}
	return b.kept.Write(p)
}

// result says what a program that ended with err answered.
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
		if failure := thrown(answer); failure != nil {
			return nil, failure
		}
		// The words of Lambda's runtime for a program that exits (docs/behaviour.md §6.4).
		return nil, &trigger.FunctionError{Message: "Error: Runtime exited with error: " + exit.String()}
	}
}
