package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cognate/cli"
	"cognate/cli/help"
)

// cognitoIDP runs `cognate cognito-idp …`, whose command line has a grammar and exit statuses of its own.
func cognitoIDP(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := &cli.Command{Stdout: stdout, Stderr: stderr, Version: version(), Now: time.Now}
	if f, ok := stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		command.Terminal = true
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			command.TerminalWidth = width
		}
	}
	return command.Run(ctx, args)
}

// newCognitoIDP lists the command in help and completes it; run has taken its command lines before they come here.
func newCognitoIDP() *cobra.Command {
	cmd := &cobra.Command{
		Use:                "cognito-idp <command>",
		Short:              "Call the API, as `aws cognito-idp` does",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return exitWith(cognitoIDP(cmd.Context(), append([]string{"cognito-idp"}, args...), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			offers := cli.Complete(args, begun)
			if len(offers) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return offers, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { _, _ = io.WriteString(cmd.OutOrStdout(), help.Service()) })
	return cmd
}

// exitWith turns an exit status into an error.
func exitWith(status int) error {
	if status == cli.StatusOK {
		return nil
	}
	return fmt.Errorf("exit status %d", status)
}

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check <command> <file>",
		Short: "Check an input document for a command of cognito-idp, without sending it",
		Example: `  cognate cognito-idp create-user-pool --generate-cli-skeleton > pool.json
  cognate check create-user-pool pool.json`,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return cli.Complete(nil, begun), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cli.Check(args[0], args[1]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: a valid input of %s\n", args[1], args[0])
			return err
		},
	}
}

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man <folder>",
		Short: "Write the manual pages of cognito-idp and its commands",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			for _, page := range help.Manuals() {
				if err := os.WriteFile(filepath.Join(args[0], page.File), []byte(page.Text), 0o644); err != nil {
					return fmt.Errorf("write manual pages: %w", err)
				}
			}
			return nil
		},
	}
}
