package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, with commit and date",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			line := versionLine()
			if asJSON {
				text, err := json.Marshal(jsonVersion(thisBuild()))
				if err != nil {
					return err
				}
				line = string(text) + "\n"
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), line)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object, for programs")
	return cmd
}

// printedVersion is what `cognate version --json` prints. Its names never change.
type printedVersion struct {
	Version string `json:"version"`
	// Commit and Date are absent if they are unknown.
	Commit string `json:"commit,omitzero"`
	Date   string `json:"date,omitzero"`
	Go     string `json:"go"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
}

func jsonVersion(b build) printedVersion {
	return printedVersion{b.version, b.commit, b.date, runtime.Version(), runtime.GOOS, runtime.GOARCH}
}

// versionLine returns what `cognate version` and `cognate --version` print.
func versionLine() string {
	b := thisBuild()
	return fmt.Sprintf("cognate %s (commit %s, date %s) %s %s/%s\n",
		b.version, cmp.Or(b.commit, unknown), cmp.Or(b.date, unknown), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// unknown stands for a commit or date that the build does not name.
const unknown = "unknown"

// These are set by the linker in the binaries of scripts/dist.sh, and are empty in all other builds.
var distVersion, distCommit, distDate string

// build identifies the source of a binary. Except for the version, a text is empty if it is unknown.
type build struct {
	// version is a release (v1.2.3), a Go pseudo-version, or devel.
	version string
	// commit is the hash of the commit. It ends in +dirty if files were changed since.
	commit string
	// date is the time of the commit in UTC, as RFC 3339.
	date string
}

// thisBuild returns what the linker has set, otherwise what Go records in binaries.
func thisBuild() build {
	if distVersion != "" {
		return build{distVersion, distCommit, distDate}
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{version: "devel"}
	}
	return recordedBuild(info)
}

// recordedBuild returns what Go has recorded. Builds outside a repository, and with -buildvcs=false, have no commit.
func recordedBuild(info *debug.BuildInfo) build {
	b := build{version: info.Main.Version}
	if b.version == "(devel)" || b.version == "" {
		b.version = "devel"
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			b.date = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified {
		b.commit += "+dirty"
	}
	return b
}

// version returns the version of this binary, without commit and date.
func version() string { return thisBuild().version }
