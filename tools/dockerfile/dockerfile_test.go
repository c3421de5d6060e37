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

// targets are the images of the Dockerfile. The empty name is the default.
var targets = []string{"", "static", "libcrypto"}

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
		for _, target := range targets {
			convert(t, target, arch, warn)
		}
	}
	if len(findings) > 0 {
		t.Error(strings.Join(findings, "\n"))
	}
}

// convert converts the Dockerfile as BuildKit does, for a target and an architecture.
func convert(t *testing.T, target, arch string, warn linter.LintWarnFunc) *dockerfile2llb.Result {
	t.Helper()
	opt := dockerfile2llb.ConvertOpt{TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: arch}, Warn: warn}
	opt.Target = target
	result, err := dockerfile2llb.Dockerfile2LLB(t.Context(), mustRead(t), opt)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return result
}

// Each image is built on the common stage, which has no base, and its files come from dist/ only. The static image is the default.
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
	var names []string
	for _, stage := range stages {
		names = append(names, stage.BaseName+" "+stage.Name)
		for _, command := range stage.Commands {
			checkSource(t, command)
		}
	}
	if want := []string{"scratch common", "common libcrypto", "common static"}; !slices.Equal(names, want) {
		t.Errorf("the Dockerfile has the stages %q, want %q", names, want)
	}
}

// checkSource checks that a command takes files from dist/ only, and sets their mode. The base files have their modes in dist/.
func checkSource(t *testing.T, command instructions.Command) {
	t.Helper()
	switch c := command.(type) {
	case *instructions.RunCommand, *instructions.AddCommand:
		t.Errorf("%s: the image is not built from dist/ only", command.Name())
	case *instructions.CopyCommand:
		for _, path := range c.SourcePaths {
			hasMode := c.Chmod != "" || strings.HasPrefix(path, "dist/libcrypto/")
			if !strings.HasPrefix(path, "dist/") || c.From != "" || !hasMode {
				t.Errorf("COPY %s: want a path in dist/ with --chmod", path)
			}
		}
	}
}

// The images that the Dockerfile describes run as another user than root, and check their health.
func TestImage(t *testing.T) {
	t.Parallel()
	for _, target := range targets {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			checkImage(t, convert(t, target, "amd64", nil))
		})
	}
}

func checkImage(t *testing.T, result *dockerfile2llb.Result) {
	t.Helper()
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
