package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"
)

const flagProfile = "cpu-profile"

// addProfile declares the flag with which the benchmark profiles a server. It is not a setting, and help does not show it.
func addProfile(cmd *cobra.Command) {
	cmd.Flags().String(flagProfile, "", "`file` to write a CPU profile of the whole run to")
	if err := cmd.Flags().MarkHidden(flagProfile); err != nil {
		panic(err) // the flag is declared one line above
	}
}

// profiled runs fn, with a CPU profile if the flag is set.
func profiled(cmd *cobra.Command, fn func() error) (err error) {
	path := cmd.Flag(flagProfile).Value.String()
	if path == "" {
		return fn()
	}
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return fn()
}
