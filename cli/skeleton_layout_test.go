package cli_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestYAMLSkeletonLayout compares the lines of YAML skeletons with the original's, but for the words of the comments:
// names, values, where a comment begins, what is required, and whether there are valid values.
func TestYAMLSkeletonLayout(t *testing.T) {
	setEnvironment(t)
	aws := mustFindOriginal(t)
	for _, name := range []string{"create-user-pool", "associate-software-token", "admin-initiate-auth", "set-risk-configuration", "set-ui-customization", "list-users"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"cognito-idp", name, "--generate-cli-skeleton", "yaml-input"}
			want, got := layout(aws.run(t, args).Stdout), layout(ours(t.Context(), args).Stdout)
			for _, line := range want {
				i := slices.Index(got, line)
				if i < 0 {
					t.Fatalf("lacks the line %q", line)
				}
				got = got[i+1:] // between them are members that are newer than the original
			}
		})
	}
}

// word is a valid value: which one comes first has changed since.
var word = regexp.MustCompile(`((?:: |- ))[A-Za-z][\w.-]*( *)$`)

func layout(skeleton string) []string {
	var lines []string
	for line := range strings.Lines(skeleton) {
		before, comment, found := strings.Cut(strings.TrimRight(line, "\n"), "#")
		line = word.ReplaceAllString(before, "${1}VALUE$2")
		if found {
			line += "#"
		}
		if strings.HasPrefix(comment, " [REQUIRED]") {
			line += " [REQUIRED]"
		}
		if strings.Contains(comment, "Valid values are: ") {
			line += " Valid values"
		}
		lines = append(lines, line)
	}
	return lines
}
