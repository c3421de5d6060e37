// Package cli is the command line of the API: `cognate cognito-idp <command>` with the arguments, values, outputs, texts
// and exit statuses of AWS CLI version 2, derived from the operation table for every operation alike. It talks to a
// server over the network like any other client and shares no code with one.
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

// Command runs commands. Its fields are needed, unless they say otherwise.
type Command struct {
	Stdout, Stderr io.Writer
	Version        string
	Now            func() time.Time

	// LocalServer is the URL of a server of ours, without a path, that is called when it answers and no other endpoint is
	// configured. "" is none.
	LocalServer string

	// Sleep waits before a request is sent again, unless ctx ends before; nil waits by the clock.
	Sleep func(ctx context.Context, d time.Duration) error

	// Terminal and StderrTerminal tell whether Stdout and Stderr are one, TerminalWidth how many columns Stdout has (0 when
	// unknown).
	Terminal       bool
	StderrTerminal bool
	TerminalWidth  int

	// Stdin is what a prompt reads. RawStdin makes the terminal of Stdin give single keys until restore is called; it is nil
	// when Stdin is no terminal.
	Stdin    io.Reader
	RawStdin func() (restore func() error, err error)
}

// Handles tells whether a command line is one for this package: its first word beside global options is "cognito-idp", or
// it has none and asks for a prompt.
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

// Run runs a command line, from the word "cognito-idp" or a global option on, and returns the exit status. What goes
// wrong is told on Stderr.
func (c *Command) Run(ctx context.Context, args []string) int {
	err := c.prompted(ctx, args)
	if err == nil {
		return StatusOK
	}
	if errors.Is(err, prompt.ErrLeft) {
		return StatusInterrupted
	}
	if ctx.Err() != nil {
		fmt.Fprintln(c.Stdout)
		return StatusInterrupted
	}
	text, status := Explain(err)
	fmt.Fprintf(c.Stderr, "\n%s\n", text)
	return status
}

// configurationError is a setting that lacks or can't be used.
type configurationError struct{ text string }

func (e *configurationError) Error() string { return e.text }

// usageError is a command line that contradicts itself.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Explain gives the text for an error of a command line or an input, and the exit status.
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
	if slices.ContainsFunc(args, asksForHelp) {
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
		return c.page(options, help.Service())
	}
	op, ok := api.LookupCommand(command.Word)
	if !ok {
		return arguments.InvalidChoice("operation", command.Word, commandNames())
	}
	return c.operation(ctx, op, command.Rest, options)
}

// asksForHelp knows the options that ask for help wherever they stand; no option takes them for its value.
func asksForHelp(word string) bool { return word == "--help" || word == "-h" }

// help shows the help of the command that args name, or of all.
func (c *Command) help(args []string) error {
	options, err := newOptions(&arguments.Values{})
	if err != nil {
		return err
	}
	for _, word := range args {
		if op, ok := api.LookupCommand(word); ok {
			return c.page(options, help.Operation(op))
		}
	}
	return c.page(options, help.Service())
}

func (c *Command) operation(ctx context.Context, op *api.Operation, words []string, options *options) error {
	if len(words) == 1 && words[0] == helpWord {
		return c.page(options, help.Operation(op))
	}
	values, err := operationGrammar(op, words).Parse(words)
	if err != nil {
		return err
	}
	if values.Word == helpWord {
		return c.page(options, help.Operation(op))
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

// page shows a text through the pager of the user.
func (c *Command) page(options *options, text string) error {
	settings, err := options.profile()
	if err != nil {
		return err
	}
	out, closePager := c.pager(options, settings)
	_, err = io.WriteString(out, text)
	return errors.Join(ignoreClosed(err), closePager())
}

// ignoreClosed drops the error of a reader that had enough.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) || err != nil && strings.Contains(err.Error(), "broken pipe") {
		return nil
	}
	return err
}
