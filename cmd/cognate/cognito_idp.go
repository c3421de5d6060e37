package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cognate/cli"
)

// cognitoIDP runs `cognate cognito-idp …`, whose command line has a grammar and exit statuses of its own.
func cognitoIDP(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := &cli.Command{Stdout: stdout, Stderr: stderr, Version: version(), Now: time.Now}
	if f, ok := stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		command.Terminal = true
		command.TerminalWidth, _, _ = term.GetSize(int(f.Fd()))
	}
	return command.Run(ctx, args)
}

// newCognitoIDP lists the command in help and completion; run has taken its command lines before they come here.
func newCognitoIDP() *cobra.Command {
	return &cobra.Command{
		Use:                "cognito-idp <command>",
		Short:              "Call the API, as `aws cognito-idp` does",
		DisableFlagParsing: true,
		RunE:               func(*cobra.Command, []string) error { return nil },
	}
}
