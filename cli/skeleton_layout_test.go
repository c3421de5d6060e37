package cli_test

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestYAMLSkeletonLayout compares the lines of YAML skeletons with those of the AWS CLI: names, values, the column of
// comments, what is required, and whether there are valid values. It does not compare the text of comments.
func TestYAMLSkeletonLayout(t *testing.T) {
	setEnvironment(t)
	aws := mustFindAWSCLI(t)
	for _, name := range []string{"create-user-pool", "associate-software-token", "admin-initiate-auth", "set-risk-configuration", "set-ui-customization", "list-users"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"cognito-idp", name, "--generate-cli-skeleton", "yaml-input"}
			want, got := layout(aws.run(t, args).Stdout), layout(runCognate(t.Context(), args).Stdout)
			for _, line := range want {
				line = cmp.Or(newerLines[line], line)
				i := slices.Index(got, line)
				if i < 0 {
					t.Fatalf("has no line %q", line)
				}
				got = got[i+1:] // lines in between are members that the AWS CLI does not have yet
			}
		})
	}
}

// newerLines has the lines of the AWS CLI that the newer API changed. SnsCallerArn became optional (docs/behaviour.md §5.11).
var newerLines = map[string]string{
	"  SnsCallerArn: ''  # [REQUIRED]": "  SnsCallerArn: ''  #",
}

// word matches a valid value. Newer versions of the API have another first value.
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
