package help_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cli/help"
	"cognate/cli/helptext"
)

// TestOperationSections compares the help of every command with the sections of the AWS CLI's help and with the API
// description: each argument has its text and is marked as required or not.
func TestOperationSections(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		text := help.Operation(op)
		rest := text
		for _, heading := range []string{"NAME", "DESCRIPTION", "SYNOPSIS", "OPTIONS", "GLOBAL OPTIONS", "EXAMPLES", "OUTPUT", "ERRORS"} {
			_, after, found := strings.Cut(rest, "\n"+heading+"\n")
			if !found {
				t.Fatalf("%s has no %s, or in another order", op.CLI, heading)
			}
			rest = after
		}
		flat := strings.Join(strings.Fields(text), " ")
		for _, a := range op.Arguments {
			m := op.Input.Member(a.Member)
			if !strings.Contains(flat, helptext.Member(op.Input, m.Name)) || !strings.Contains(text, "\n       "+a.Flag+" (") {
				t.Errorf("%s has no text about %s", op.CLI, a.Flag)
			}
			if m.Required && !strings.Contains(text, "\n         "+a.Flag) {
				t.Errorf("%s: %s is required, and optional in the synopsis", op.CLI, a.Flag)
			}
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: line %d ends in a space", op.CLI, i)
			}
		}
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"AssociateSoftwareToken": "associate-software-token \\\n             --access-token \"$ACCESS_TOKEN\"\n",
		"DescribeUserPool":       "describe-user-pool \\\n             --user-pool-id us-east-1_EXAMPLE\n",
		"SetUserSettings":        "--mfa-options 'DeliveryMedium=SMS,AttributeName=EXAMPLE'\n",
		"ListUserPools":          "list-user-pools --max-results 1\n",
	} {
		op, _ := api.Lookup(name)
		if text := help.Operation(op); !strings.Contains(text, want) {
			_, text, _ = strings.Cut(text, "\nEXAMPLES\n")
			text, _, _ = strings.Cut(text, "\nOUTPUT\n")
			t.Errorf("%s has no example %q:\n%s", name, want, text)
		}
	}
}

func TestManualHasEachSectionOnce(t *testing.T) {
	t.Parallel()
	for _, page := range help.Manuals() {
		for _, section := range []string{"NAME", "DESCRIPTION", "SYNOPSIS"} {
			if n := strings.Count(page.Text, ".SH "+section+"\n"); n != 1 {
				t.Errorf("%s has %d sections %s", page.File, n, section)
			}
		}
	}
}
