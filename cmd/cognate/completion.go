package main

import (
	_ "embed" // completion.bash
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cognate/cli"
)

// bashWords is added to cobra's script for bash. It replaces the function of the script that needs the package
// bash-completion.
//
//go:embed completion.bash
var bashWords string

// addHelpAndCompletion adds cobra's commands help and completion. Both report a mistyped command, with suggestions, instead
// of showing the whole help.
func addHelpAndCompletion(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Run, cmd.RunE = nil, showHelp
		case "completion":
			cmd.Args, cmd.RunE = noSubcommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range cmd.Commands() {
				if shell.Name() == "bash" {
					completeBash(shell)
				}
			}
		}
	}
}

// completionOrder moves the global options before cognito-idp behind it, in the arguments of cobra's hidden command that
// completes a command line. Cobra would reject them.
func completionOrder(args []string) []string {
	at := slices.Index(args, cognitoCommand)
	if at < 2 || args[0] != cobra.ShellCompRequestCmd && args[0] != cobra.ShellCompNoDescRequestCmd || !cli.Handles(args[1:]) {
		return args
	}
	return slices.Concat(args[:1], args[at:at+1], args[1:at], args[at+1:])
}

// noSubcommand returns an error with suggestions if there is a word after a command that only has subcommands.
func noSubcommand(cmd *cobra.Command, args []string) error {
	err := cobra.NoArgs(cmd, args)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w%s", err, suggestions(cmd, args[0]))
}

// suggestions returns lines with the commands of cmd that are similar to a word; empty without any.
func suggestions(cmd *cobra.Command, word string) string {
	cmd.SuggestionsMinimumDistance = 2 // as cobra does for the first word
	similar := cmd.SuggestionsFor(word)
	if len(similar) == 0 {
		return ""
	}
	return "\n\nDid you mean this?\n\t" + strings.Join(similar, "\n\t")
}

// showHelp shows the help of the command in args.
func showHelp(cmd *cobra.Command, args []string) error {
	root := cmd.Root()
	found, rest, err := root.Find(args)
	if err != nil {
		return usageError{err}
	}
	if found.Name() == cognitoCommand {
		words := append(append([]string{cognitoCommand}, rest...), "help")
		return exitWith(cognitoIDP(cmd.Context(), words, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
	}
	found.InitDefaultHelpFlag()
	return found.Help()
}

// completeBash makes cmd print a script that needs bash alone.
func completeBash(cmd *cobra.Command) {
	cmd.Long = `Print the script that completes command lines in bash. It needs no other package.

To load it in the current shell:

  source <(cognate completion bash)

To load it in every new shell, add this line to ~/.bashrc.`
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		without, err := cmd.Flags().GetBool("no-descriptions")
		if err != nil {
			return fmt.Errorf("completion: %w", err)
		}
		out := cmd.OutOrStdout()
		err = cmd.Root().GenBashCompletionV2(out, !without)
		_, failed := io.WriteString(out, "\n"+bashWords)
		return errors.Join(err, failed)
	}
}
