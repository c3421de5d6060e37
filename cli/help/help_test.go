package help_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cli/help"
)

// TestEveryPageIsWhole checks that the help of each command has every argument, value, member and error of its
// operation.
func TestEveryPageIsWhole(t *testing.T) {
	t.Parallel()
	service := help.Service()
	for _, op := range api.Operations() {
		if !strings.Contains(service, op.CLI) {
			t.Errorf("no %s in the help of the service", op.CLI)
		}
		text := help.Operation(op)
		for _, a := range op.Arguments {
			m := op.Input.Member(a.Member)
			if !strings.Contains(text, "\n       "+a.Flag+" (") {
				t.Errorf("%s: no entry for %s", op.CLI, a.Flag)
			}
			for _, value := range m.Shape.Enum {
				if !strings.Contains(text, value) {
					t.Errorf("%s: %s has no value %s", op.CLI, a.Flag, value)
				}
			}
		}
		if op.Output != nil {
			for _, m := range op.Output.Members {
				if !strings.Contains(text, m.Name+" -> (") {
					t.Errorf("%s: no %s in the output", op.CLI, m.Name)
				}
			}
		}
		for _, name := range op.Errors {
			if !strings.Contains(text, name) {
				t.Errorf("%s: no %s in the errors", op.CLI, name)
			}
		}
		if got := strings.Contains(text, "--dry-run"); got != help.HasDryRun(op) {
			t.Errorf("%s: --dry-run is named: %t", op.CLI, got)
		}
	}
}

// TestManuals checks that each command has a manual page, and that only our own lines are roff requests.
func TestManuals(t *testing.T) {
	t.Parallel()
	pages := help.Manuals()
	if want := len(api.Operations()) + 1; len(pages) != want {
		t.Errorf("%d pages, want %d", len(pages), want)
	}
	for _, page := range pages {
		for line := range strings.Lines(page.Text) {
			request, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch {
			case !strings.HasPrefix(line, ".") && !strings.HasPrefix(line, "'"):
			case request == ".TH", request == ".SH", request == ".nf", request == ".fi":
			default:
				t.Errorf("%s: %q is a request to roff", page.File, line)
			}
		}
	}
}
