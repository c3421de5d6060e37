// Command cognate is a self-hosted identity provider that speaks the Amazon Cognito user-pools API. It contains the
// development server, the production server, and their tools. Each subcommand has its own file.
//
// The command parses flags and settings and assembles the server. It contains no rules of the API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cognate/api"
	"cognate/cli"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs the program and returns its exit status: 0 on success; otherwise the reason is on stderr. The status is statusUsage
// for wrong flags, settings and files, before anything is changed, and 1 for errors of the running command. cognito-idp and
// check have their own exit statuses.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runAt(time.Now, args, stdin, stdout, stderr)
}

// runAt is run with another clock for servers. Only tests have one: no setting moves the clock of serve.
func runAt(now func() time.Time, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()

	if cli.Handles(args) {
		return cognitoIDP(ctx, args, stdin, stdout, stderr)
	}
	root := newRoot(now)
	root.SetArgs(completionOrder(args))
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
		if len(args) > 0 {
			if _, ok := api.LookupCommand(args[0]); ok {
				fmt.Fprintf(stderr, "%[1]s is a command of cognito-idp: cognate cognito-idp %[1]s\n", args[0])
			}
		}
	}
	return statusOf(err)
}

// noArguments returns an error if there is a word after a command that has only flags, or a mistyped command of its own.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return fmt.Errorf("%s has no command %q; run %[1]s --help for the list%[3]s", cmd.CommandPath(), args[0], suggestions(cmd, args[0]))
	}
	return fmt.Errorf("%s takes no arguments, but got %q; run %[1]s --help for its flags", cmd.CommandPath(), args[0])
}

// oneArgument returns an error unless a command has the one argument that its Use shows.
func oneArgument(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("%s takes one argument: %s %s; run %[1]s --help for its flags", cmd.CommandPath(), cmd.Parent().CommandPath(), cmd.Use)
}

// addGroup adds commands that the help lists below a title.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, cmd := range commands {
		cmd.GroupID = title
		root.AddCommand(cmd)
	}
}

// newRoot returns the whole program. Servers use the clock now.
func newRoot(now func() time.Time) *cobra.Command {
	root := &cobra.Command{
		Use:           "cognate",
		Short:         "A self-hosted identity provider that speaks the Amazon Cognito user-pools API",
		Version:       version(), // declares --version
		SilenceErrors: true,      // run prints them
		SilenceUsage:  true,
	}
	root.SetVersionTemplate(versionLine())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; run %s --help for the list", err, cmd.CommandPath())
	})
	addGroup(root, "Servers:", newDev(now), newInit(), newServe(now), newHealthcheck(), newDoctor(), newMigrate())
	addGroup(root, "The API:", newCognitoIDP(), newCheck())
	addGroup(root, "Keys:", newKeys(), newMasterKey(), newRotateSigningKeys())
	addGroup(root, "Data:", newAudit(), newUsers(), newImportLog(), newTrash(), newBackup(), newRestore(), newRestored(), newExport(), newImport())
	root.AddCommand(newDemo(), newMan(), newTOTP(), newVersion())
	addHelpAndCompletion(root)
	markRunErrors(root)
	return root
}
