package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cognate/cli"
	"cognate/config"
)

// cognitoIDP runs `cognate cognito-idp …`. It does not use cobra, because its command line and exit statuses are those of
// the AWS CLI.
func cognitoIDP(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	command := newCommandLine()
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, stderr
	if f, ok := terminal(stdout); ok {
		command.Terminal = true
		if width, height, err := term.GetSize(int(f.Fd())); err == nil {
			command.TerminalWidth, command.TerminalHeight = width, height
		}
	}
	_, command.StderrTerminal = terminal(stderr)
	if f, ok := terminal(stdin); ok {
		command.RawStdin = func() (restore func() error, err error) {
			state, err := term.MakeRaw(int(f.Fd()))
			if err != nil {
				return nil, err
			}
			return func() error { return term.Restore(int(f.Fd()), state) }, nil
		}
	}
	return command.Run(ctx, args)
}

// newCommandLine returns a command line of the API without streams.
func newCommandLine() *cli.Command {
	listen := cmp.Or(os.Getenv(config.EnvPrefix+"LISTEN"), defaultListen)
	if address, err := config.LocalAddress(listen); err == nil {
		listen = address
	}
	return &cli.Command{
		Version: version(), Now: time.Now, LocalServer: "http://" + listen,
	}
}

// terminal returns the file of a stream, and whether it is a terminal.
func terminal(stream any) (f *os.File, ok bool) {
	f, ok = stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// cognitoCommand is the name of the command that calls the API.
const cognitoCommand = "cognito-idp"

// newCognitoIDP returns the command for help and completion. run handles its command lines before cobra.
func newCognitoIDP() *cobra.Command {
	return &cobra.Command{
		Use:                cognitoCommand + " <command>",
		Short:              "Call the API, as `aws cognito-idp` does",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return exitWith(cognitoIDP(cmd.Context(), append([]string{cognitoCommand}, args...), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			offers := newCommandLine().Complete(cmd.Context(), args, begun)
			if len(offers) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return offers, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// statusError ends the program with an exit status of the API's command line. Its text, if any, is printed in that command
// line's form.
type statusError struct {
	status int
	text   string
}

// Error returns the text, or the status.
func (e *statusError) Error() string {
	if e.text == "" {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.text
}

// exitWith returns an exit status as an error.
func exitWith(status int) error {
	if status == cli.StatusOK {
		return nil
	}
	return &statusError{status: status}
}

// usage returns an error of the command line, which ends with StatusUsage.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &statusError{cli.StatusUsage, err.Error()}
}

// commandAndFiles checks the number of arguments of check.
func commandAndFiles(args []string) error {
	if len(args) < 2 {
		return errors.New("check needs a command and at least one file, for example: cognate check create-user-pool pool.json")
	}
	return nil
}

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check COMMAND FILE...",
		Short: "Check input documents for a command of cognito-idp, without sending them",
		Example: `  cognate cognito-idp create-user-pool --generate-cli-skeleton > pool.json
  cognate check create-user-pool pool.json
  envsubst < pool.yaml | cognate check create-user-pool -`,
		Long: `Check input documents for a command of cognito-idp against its description, without sending them: every member that is
missing or unknown, every type, length, pattern and valid value. Each problem is a line on standard error with the file, the
line and the member. A file is JSON, or YAML if it ends in .yaml or .yml. The file - is standard input, in either format.
The exit status is 0 if all documents are valid, and otherwise 252.`,
		Args: func(_ *cobra.Command, args []string) error { return usage(commandAndFiles(args)) },
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return cli.Commands(begun), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			err := cli.Check(args[0], args[1:], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			if errors.Is(err, cli.ErrInvalid) {
				return exitWith(cli.StatusUsage)
			}
			if err != nil {
				text, status := cli.Explain(err)
				return &statusError{status, text}
			}
			return nil
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	return cmd
}
