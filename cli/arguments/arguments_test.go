package arguments_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/cli/arguments"
)

func grammar() *arguments.Grammar {
	return &arguments.Grammar{Positional: "command", Options: []arguments.Option{
		{Name: "--one", Arity: arguments.One, Required: true},
		{Name: "--many", Arity: arguments.Many},
		{Name: "--flag", Constant: "true"},
		{Name: "--no-flag", Key: "--flag", Constant: "false"},
		{Name: "--maybe", Arity: arguments.Maybe, Constant: "input", Choices: []string{"input", "output"}},
		{Name: "--count", Arity: arguments.One, Integer: true},
	}}
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := grammar().Parse(strings.Split("go|--one=a=b|--many|x|-1|- y|--flag|--no-flag|--may|--unknown|z|--one|last", "|"))
	if err != nil {
		t.Fatal(err)
	}
	want := &arguments.Values{Word: "go", Rest: []string{"--unknown", "z"}, Given: map[string][]string{
		"--one": {"last"}, "--many": {"x", "-1", "- y"}, "--flag": {"false"}, "--maybe": {"input"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                          "the following arguments are required: --one, command",
		"go":                        "the following arguments are required: --one",
		"go --one":                  "argument --one: expected one argument",
		"go --one --flag":           "argument --one: expected one argument",
		"go --one a --flag=x":       "argument --flag: ignored explicit argument 'x'",
		"go --one a --m":            "ambiguous option: --m could match --many, --maybe",
		"go --one a --count x":      "argument --count: invalid int value: 'x'",
		"go --one a --maybe outptu": "argument --maybe: Invalid choice, valid choices are:",
	} {
		if _, err := grammar().Parse(strings.Fields(line)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want %s", line, err, want)
		}
	}
}

func TestInvalidChoiceOffersWhatIsClose(t *testing.T) {
	t.Parallel()
	err := arguments.InvalidChoice("operation", "list-user", []string{"list-users", "sign-up", "list-user-pools"})
	if want := "Invalid choice: 'list-user', maybe you meant:\n\n  * list-users"; !strings.Contains(err.Error(), want) {
		t.Errorf("InvalidChoice = %v, want %q in it", err, want)
	}
}

// TestEndOfOptions covers "--". Words after it are not options. It belongs to the positional word before it.
func TestEndOfOptions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]*arguments.Values{
		"--one a go -- --flag": {Word: "go", Rest: []string{"--flag"}, Given: map[string][]string{"--one": {"a"}}},
		"go --one a -- x":      {Word: "go", Rest: []string{"--", "x"}, Given: map[string][]string{"--one": {"a"}}},
	} {
		got, err := grammar().Parse(strings.Fields(line))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Parse(%q), %v (-want +got):\n%s", line, err, diff)
		}
	}
	if _, err := grammar().Parse(strings.Fields("go --one -- a")); err == nil {
		t.Error("Parse(an option before --) has no error")
	}
}
