package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/internal/pgtest"
)

func TestManuals(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, page := range manuals(newRoot(time.Now)) {
		pages[page.File] = page.Text
	}
	for _, name := range []string{
		"cognate", "cognate-check", "cognate-cognito-idp", "cognate-completion", "cognate-completion-bash", "cognate-demo", "cognate-dev",
		"cognate-help", "cognate-man", "cognate-master-key", "cognate-serve", "cognate-totp", "cognate-version",
	} {
		if pages[name+".1"] == "" {
			t.Errorf("no page %s.1", name)
		}
	}
	for _, op := range api.Operations() {
		if pages["cognate-cognito-idp-"+op.CLI+".1"] == "" {
			t.Errorf("no page of %s", op.CLI)
		}
	}
	for file, parts := range map[string][]string{
		"cognate-dev.1": {"\n.SH OPTIONS\n", "\\-\\-listen host:port", "\n.SH EXAMPLES\n", "cognate(1)\n"},
		"cognate.1":     {"cognate <command>\n", "\n.SH COMMANDS\n", "cognate\\-totp(1)"},
		"cognate-cognito-idp-verify-software-token.1": {"\n.SH OPTIONS\n", "cognate\\-cognito\\-idp(1)\n"},
	} {
		for _, part := range parts {
			if !strings.Contains(pages[file], part) {
				t.Errorf("%s has no %q", file, part)
			}
		}
	}
}

// TestManualsRender formats all pages. Groff reports what it does not understand.
func TestManualsRender(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("groff"); err != nil {
		if os.Getenv(pgtest.EnvRequire) == "1" {
			t.Fatalf("%v: install Debian's groff-base, as `make test` does", err)
		}
		t.Skip(err)
	}
	folder := t.TempDir()
	args := []string{"-ww", "-man", "-Kutf8", "-Tutf8", "-z"}
	for _, page := range manuals(newRoot(time.Now)) {
		path := filepath.Join(folder, page.File)
		if err := os.WriteFile(path, []byte(page.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command("groff", args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
