// Package cli owns the command `cognate cognito-idp <command>`: arguments, values, outputs, messages and exit statuses
// like those of AWS CLI version 2. It derives every command from the operation table. It calls a server over HTTP as
// other clients do, and does not import server code.
//
// Source: AWS CLI version 2 user guide and command reference; observed behaviour of AWS CLI 2.9.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/help"
	"cognate/cli/input"
	"cognate/cli/jmespath"
	"cognate/cli/output"
	"cognate/cli/profile"
	"cognate/cli/prompt"
)

// Exit statuses. Source: AWS CLI user guide, "Return codes".
const (
	StatusOK            = 0
	StatusInterrupted   = 130
	StatusUsage         = 252
	StatusConfiguration = 253
	StatusService       = 254
	StatusOther         = 255
)

// Command runs command lines. A field is required unless its comment says otherwise.
type Command struct {
	Stdout, Stderr io.Writer
	Version        string
	Now            func() time.Time

	// LocalServer is the URL, without a path, of a local Cognate server. It is called if it responds and no endpoint is
	// configured. "" means no local server.
	LocalServer string

	// CompletionTimeout limits the requests for one completion. 0 means 1.5 seconds.
	CompletionTimeout time.Duration

	// Sleep waits for d before a retry, or until ctx ends. If it is nil, the system clock is used.
	Sleep func(ctx context.Context, d time.Duration) error

	// Terminal and StderrTerminal report whether Stdout and Stderr are terminals. TerminalWidth and TerminalHeight
	// are the columns and rows of Stdout, or 0 if unknown.
	Terminal       bool
	StderrTerminal bool
	TerminalWidth  int
	TerminalHeight int

	// Stdin is the input of the prompt. RawStdin switches the terminal of Stdin to raw mode until restore is called. It is
	// nil if Stdin is not a terminal.
	Stdin    io.Reader
	RawStdin func() (restore func() error, err error)
}

// Handles reports whether this package runs the command line. It does if the first word that is not a global option is
// "cognito-idp", or if there is no such word and the command line requests the prompt.
func Handles(args []string) bool {
	values, err := globalGrammar().Parse(args)
	if err == nil {
		return values.Word == serviceCommand
	}
	if values != nil && values.Word == "" && values.Is(optAutoPrompt, yes) {
		return true
	}
	begins := len(args) > 0 && (args[0] == serviceCommand || strings.HasPrefix(args[0], "-"))
	return begins && slices.Contains(args, serviceCommand)
}

// Run runs a command line and returns the exit status. args starts with "cognito-idp" or a global option. Run writes
// errors to Stderr.
func (c *Command) Run(ctx context.Context, args []string) int {
	err := c.runWithPrompt(ctx, args)
	if err == nil {
		return StatusOK
	}
	if errors.Is(err, prompt.ErrCanceled) {
		return StatusInterrupted
	}
	if ctx.Err() != nil {
		fmt.Fprintln(c.Stdout)
		return StatusInterrupted
	}
	text, status := Explain(err)
	fmt.Fprintf(c.Stderr, "\n%s\n", output.Printable(text)) // it may contain text of a server
	return status
}

// configurationError is a missing or unusable setting.
type configurationError struct{ text string }

func (e *configurationError) Error() string { return e.text }

// usageError is an invalid command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Explain returns the message and the exit status for an error of a command line or an input.
func Explain(err error) (text string, status int) {
	var (
		grammar       *arguments.Error
		usage         *usageError
		argument      *input.ArgumentError
		faults        input.Faults
		configuration *configurationError
		service       *serviceError
		missing       *profile.NotFoundError
		function      *jmespath.FunctionError
	)
	switch {
	case errors.As(err, &grammar):
		return help.Usage() + "\ncognate: error: " + grammar.Text + "\n", StatusUsage
	case errors.As(err, &usage), errors.As(err, &argument), errors.As(err, &faults):
		return err.Error(), StatusUsage
	case errors.As(err, &configuration):
		return configuration.text, StatusConfiguration
	case errors.As(err, &service):
		return service.Error(), StatusService
	case errors.As(err, &missing):
		return missing.Error(), StatusOther
	case errors.As(err, &function):
		return function.Error(), StatusOther
	}
	return err.Error(), StatusOther
}

func (c *Command) run(ctx context.Context, args []string) error {
	if slices.ContainsFunc(args, isHelpOption) {
		return c.help(args)
	}
	globals, err := globalGrammar().Parse(args)
	if globals != nil && globals.Is(optVersion, yes) {
		fmt.Fprintln(c.Stdout, "cognate "+c.Version)
		return nil
	}
	if err != nil {
		return err
	}
	options, err := newOptions(globals)
	if err != nil {
		return err
	}
	service := &arguments.Grammar{Positional: "operation"}
	command, err := service.Parse(globals.Rest)
	if err != nil {
		return err
	}
	if command.Word == helpWord {
		return c.serviceHelp(options)
	}
	op, ok := api.LookupCommand(command.Word)
	if !ok {
		return mistyped(command.Word)
	}
	return c.operation(ctx, op, command.Rest, options)
}

// isHelpOption reports whether word is an option that shows help. It does so at any position, even where another option
// expects a value.
func isHelpOption(word string) bool { return word == "--help" || word == "-h" }

// mistyped returns the error for a command that does not exist. It has suggestions, but no list of all commands.
func mistyped(command string) error {
	return &usageError{"cognate: error: " + arguments.Mistyped("operation", command, commandNames()) +
		"\n\n`cognate cognito-idp help` lists the commands."}
}

// help shows the help of the command in args, or of the service if there is none. Other options have no effect on the text.
func (c *Command) help(args []string) error {
	globals, err := globalGrammar().Parse(slices.DeleteFunc(slices.Clone(args), isHelpOption))
	if err != nil {
		globals = &arguments.Values{}
	}
	options, err := newOptions(globals)
	if err == nil {
		_, err = options.profile()
	}
	if err != nil {
		options = noOptions()
	}
	for _, word := range args {
		if op, ok := api.LookupCommand(word); ok {
			return c.operationHelp(op, options)
		}
	}
	if rest := globals.Rest; len(rest) > 0 && rest[0] != helpWord && !strings.HasPrefix(rest[0], "-") {
		return mistyped(rest[0])
	}
	return c.serviceHelp(options)
}

func (c *Command) serviceHelp(options *options) error {
	return c.page(options, help.Service())
}

func (c *Command) operationHelp(op *api.Operation, options *options) error {
	return c.page(options, help.Operation(op))
}

func (c *Command) operation(ctx context.Context, op *api.Operation, words []string, options *options) error {
	if len(words) == 1 && words[0] == helpWord {
		return c.operationHelp(op, options)
	}
	values, err := operationGrammar(op, words).Parse(words)
	if err != nil {
		return err
	}
	if values.Word == helpWord {
		return c.operationHelp(op, options)
	}
	if values.Word != "" {
		values.Rest = append(values.Rest, values.Word)
	}
	if len(values.Rest) > 0 {
		return &usageError{help.Usage() + "Unknown options: " + strings.Join(values.Rest, ", ") + "\n"}
	}
	call := &call{Command: c, op: op, values: values, options: options}
	return call.run(ctx)
}

// page shows a text in the user's pager.
func (c *Command) page(options *options, text string) error {
	settings, err := options.profile()
	if err != nil {
		return err
	}
	out, closePager := c.pager(options, settings)
	_, err = io.WriteString(out, text)
	return errors.Join(ignoreClosed(err), closePager())
}

// ignoreClosed returns nil for the error of a pager or pipe that was closed early.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) || err != nil && strings.Contains(err.Error(), "broken pipe") {
		return nil
	}
	return err
}
