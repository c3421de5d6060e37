// Package dockerfile_test checks the Dockerfile with the packages that BuildKit uses to build it. So a check needs no Docker
// engine. It is a module of its own, because BuildKit depends on many modules.
package dockerfile_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// user is the user and group of the image.
const user = "65532:65532"

func mustRead(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// BuildKit's linter has no finding, in the instructions and in their conversion, as in `docker build --check`.
func TestLint(t *testing.T) {
	t.Parallel()
	var findings []string
	warn := func(rule, _, _, text string, _ []parser.Range) { findings = append(findings, rule+": "+text) }
	lint := linter.New(&linter.Config{Warn: warn})
	parsed, err := parser.Parse(bytes.NewReader(mustRead(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := instructions.Parse(parsed.AST, lint); err != nil {
		t.Fatal(err)
	}
	for _, warning := range parsed.Warnings {
		findings = append(findings, warning.Short)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		_, err := dockerfile2llb.Dockerfile2LLB(t.Context(), mustRead(t), dockerfile2llb.ConvertOpt{
			TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: arch}, Warn: warn,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(findings) > 0 {
		t.Error(strings.Join(findings, "\n"))
	}
}

// The image has one stage without a base, and its files come from dist/ only.
func TestSources(t *testing.T) {
	t.Parallel()
	parsed, err := parser.Parse(bytes.NewReader(mustRead(t)))
	if err != nil {
		t.Fatal(err)
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 1 || stages[0].BaseName != "scratch" {
		t.Fatalf("the Dockerfile has %d stages, want one FROM scratch", len(stages))
	}
	for _, command := range stages[0].Commands {
		switch c := command.(type) {
		case *instructions.RunCommand, *instructions.AddCommand:
			t.Errorf("%s: the image is not built from dist/ only", command.Name())
		case *instructions.CopyCommand:
			for _, path := range c.SourcePaths {
				if !strings.HasPrefix(path, "dist/") || c.From != "" || c.Chmod == "" {
					t.Errorf("COPY %s: want a path in dist/ with --chmod", path)
				}
			}
		}
	}
}

// The image that the Dockerfile describes runs as another user than root, and checks its health.
func TestImage(t *testing.T) {
	t.Parallel()
	result, err := dockerfile2llb.Dockerfile2LLB(t.Context(), mustRead(t), dockerfile2llb.ConvertOpt{
		TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
	})
	if err != nil {
		t.Fatal(err)
	}
	config := result.Image.Config
	if config.User != user || config.WorkingDir != "/data" || !slices.Contains(config.Env, "COGNATE_LISTEN=:8229") {
		t.Errorf("user %q, folder %q, environment %v", config.User, config.WorkingDir, config.Env)
	}
	health := config.Healthcheck
	if health == nil || !slices.Equal(health.Test, []string{"CMD", "/cognate", "healthcheck"}) {
		t.Errorf("health check %+v, want cognate healthcheck", health)
	}
	if !slices.Equal(append(slices.Clone(config.Entrypoint), config.Cmd...), []string{"/cognate", "serve"}) {
		t.Errorf("entrypoint %v, command %v", config.Entrypoint, config.Cmd)
	}
}
