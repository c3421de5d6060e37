package help_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cli/help"
)

// TestEveryPageIsWhole looks in the help of each command for all that its operation has.
func TestEveryPageIsWhole(t *testing.T) {
	t.Parallel()
	service := help.Service()
	for _, op := range api.Operations() {
		if !strings.Contains(service, op.CLI) {
			t.Errorf("the service's help lacks %s", op.CLI)
		}
		text := help.Operation(op)
		for _, a := range op.Arguments {
			m := op.Input.Member(a.Member)
			if !strings.Contains(text, "\n       "+a.Flag+" (") {
				t.Errorf("%s: no entry for %s", op.CLI, a.Flag)
			}
			for _, value := range m.Shape.Enum {
				if !strings.Contains(text, value) {
					t.Errorf("%s: %s lacks its value %s", op.CLI, a.Flag, value)
				}
			}
		}
		if op.Output != nil {
			for _, m := range op.Output.Members {
				if !strings.Contains(text, m.Name+" -> (") {
					t.Errorf("%s: the output lacks %s", op.CLI, m.Name)
				}
			}
		}
		for _, name := range op.Errors {
			if !strings.Contains(text, name) {
				t.Errorf("%s: the errors lack %s", op.CLI, name)
			}
		}
		if got := strings.Contains(text, "--dry-run"); got != help.HasDryRun(op) {
			t.Errorf("%s: --dry-run is named: %t", op.CLI, got)
		}
	}
}

// TestManuals has a page for each command in which roff finds nothing to obey but its own requests.
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
