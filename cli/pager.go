package cli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"

	"cognate/cli/profile"
)

// defaultPager is the pager if none is configured.
const defaultPager = "less"

// pager starts the pager. It returns a writer and a function that closes it and waits. Without a terminal, with
// --no-cli-pager, or if the setting is empty, the writer is Stdout.
func (c *Command) pager(options *options, settings *profile.Settings) (io.Writer, func() error) {
	direct := func() error { return nil }
	command := pagerCommand(settings)
	if !c.Terminal || options.values.Is(optNoPager, yes) || len(command) == 0 {
		return c.Stdout, direct
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return c.Stdout, direct
	}
	process := exec.Command(path, command[1:]...) //nolint:noctx // the user ends the pager
	process.Stdout, process.Stderr = c.Stdout, c.Stderr
	process.Env = os.Environ()
	if _, set := os.LookupEnv("LESS"); !set {
		process.Env = append(process.Env, "LESS=FRX")
	}
	pipe, err := process.StdinPipe()
	if err != nil || process.Start() != nil {
		return c.Stdout, direct
	}
	return pipe, func() error {
		return errors.Join(ignoreClosed(pipe.Close()), process.Wait())
	}
}

// pagerCommand returns the command line of the configured pager.
// Source: AWS CLI user guide, "Server-side and client-side pager".
func pagerCommand(settings *profile.Settings) []string {
	if pager, set := os.LookupEnv("AWS_PAGER"); set {
		return strings.Fields(pager)
	}
	if settings.Has("cli_pager") {
		return strings.Fields(settings.Get("cli_pager"))
	}
	if pager, set := os.LookupEnv("PAGER"); set {
		return strings.Fields(pager)
	}
	return []string{defaultPager}
}
