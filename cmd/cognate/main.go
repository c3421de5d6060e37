// Command cognate is a self-hosted identity provider that speaks the Amazon Cognito user-pools API: its server, for
// development and for real, and the tools around it. Each subcommand has a file of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"cognate/cli"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the program, as far as its exit status: 0 when it did what it was told, else the reason is on stderr. The command
// line of the API and the check of its inputs have statuses of their own, the others 1.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()

	if cli.Handles(args) {
		return cognitoIDP(ctx, args, stdin, stdout, stderr)
	}
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if status, ok := errors.AsType[*statusError](err); ok {
		if status.text != "" {
			fmt.Fprintf(stderr, "\n%s\n", status.text)
		}
		return status.status
	}
	if err != nil {
		fmt.Fprintf(stderr, "cognate: %v\n", err)
		return 1
	}
	return 0
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "cognate",
		Short:         "A self-hosted identity provider that speaks the Amazon Cognito user-pools API",
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help says what there is", err, cmd.CommandPath())
	})
	root.AddCommand(newCognitoIDP(), newCheck(), newMan(), newDev(), newServe(), newDemo(), newTOTP(), newMasterKey(), newVersion())
	return root
}
