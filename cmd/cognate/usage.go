package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/sealing"
)

// statusUsage is the exit status of a command that ends before it changes anything, because of its flags, its settings or
// the files that these name. cognito-idp and check have the exit statuses of the AWS CLI instead.
const statusUsage = 2

// usageError is an error of flags or arguments that a command found itself.
type usageError struct{ error }

// Unwrap returns the error.
func (e usageError) Unwrap() error { return e.error }

// requireCommand is the RunE of a command that does nothing without one of its own commands: it names the first one.
func requireCommand(cmd *cobra.Command, _ []string) error {
	return usageError{fmt.Errorf("%s needs a command, such as %s; %[1]s --help lists the commands", cmd.CommandPath(), cmd.Commands()[0].CommandPath())}
}

// runError is an error of a command after its flags and arguments were accepted.
type runError struct{ error }

// Unwrap returns the error.
func (e runError) Unwrap() error { return e.error }

// markRunErrors makes every command return its errors as a runError, so that the errors of cobra can be told from them.
func markRunErrors(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		markRunErrors(sub)
	}
	run := cmd.RunE
	if run == nil {
		return
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := run(cmd, args); err != nil {
			return runError{err}
		}
		return nil
	}
}

// statusOf returns the exit status of the error with which a command ended.
func statusOf(err error) int {
	if err == nil {
		return 0
	}
	_, ran := errors.AsType[runError](err)
	_, usage := errors.AsType[usageError](err)
	_, settings := errors.AsType[config.Problems](err)
	if !ran || usage || settings || errors.Is(err, sealing.ErrWrongMasterKey) {
		return statusUsage
	}
	return 1
}
