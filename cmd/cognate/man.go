package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cognate/cli/help"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of all commands",
		Long: `Write the manual pages of all commands, also of each command of cognito-idp, to a folder. If the folder is man1 below a
folder of MANPATH, man shows them.`,
		Example: `  cognate man ~/.local/share/man/man1
  man cognate-dev`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("man needs one folder, for example: cognate man ~/.local/share/man/man1")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			for _, page := range manuals(cmd.Root()) {
				if err := os.WriteFile(filepath.Join(args[0], page.File), []byte(page.Text), 0o644); err != nil {
					return fmt.Errorf("write manual pages: %w", err)
				}
			}
			return nil
		},
	}
}

// manuals returns the manual pages of all commands.
func manuals(root *cobra.Command) []help.Manual {
	all := help.Manuals()
	var add func(*cobra.Command)
	add = func(cmd *cobra.Command) {
		if cmd.Name() != cognitoCommand { // help.Manuals has its page
			all = append(all, manual(cmd))
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				add(sub)
			}
		}
	}
	add(root)
	return all
}

// manualWidth is the number of columns of a manual page without its margins.
const manualWidth = 72

// manual returns the manual page of a command.
func manual(cmd *cobra.Command) help.Manual {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	section := func(title, text string) {
		if text = strings.Trim(text, "\n"); text == "" {
			return
		}
		b.WriteString("\n" + title + "\n")
		for line := range strings.Lines(text) {
			b.WriteString("       " + line)
		}
		b.WriteString("\n")
	}
	if cmd.Runnable() {
		section("SYNOPSIS", cmd.UseLine())
	} else {
		section("SYNOPSIS", cmd.CommandPath()+" <command>")
	}
	section("DESCRIPTION", wrap(cmp.Or(cmd.Long, cmd.Short), manualWidth))
	var others []string
	var commands strings.Builder
	if cmd.HasParent() {
		others = append(others, manualName(cmd.Parent()))
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			others = append(others, manualName(sub))
			fmt.Fprintf(&commands, "%s\n%s\n", sub.Name(), indented(wrap(sub.Short, manualWidth-2)))
		}
	}
	section("COMMANDS", commands.String())
	section("OPTIONS", cmd.LocalFlags().FlagUsagesWrapped(manualWidth))
	section("EXAMPLES", cmd.Example)
	return help.NewManual(manualName(cmd), cmd.Short, b.String(), others...)
}

// manualName returns the name of the manual page of a command.
func manualName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// wrap breaks the paragraphs of a text into lines of at most width columns. Indented lines stay as they are.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, " ") {
			if column > 0 {
				b.WriteString("\n")
			}
			b.WriteString(line)
			column = 0
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if column > 0 && column+1+len(word) > width {
				b.WriteString("\n")
				column = 0
			} else if column > 0 {
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += len(word)
		}
	}
	return b.String()
}

// indented returns a text with two more spaces before each line.
func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
