package helptext_test

import (
	"regexp"
	"slices"
	"testing"

	"cognate/api"
	"cognate/cli/helptext"
)

// sentence matches a valid text: a capital letter, a full stop, no markup.
var sentence = regexp.MustCompile(`^[A-Z][^<>\n\t]{7,}[.]$`)

// TestComplete compares the tables with the API description: each operation and member has a text, and each text has an
// operation or member.
func TestComplete(t *testing.T) {
	t.Parallel()
	ofOperations, ofMembers := helptext.Names()
	used := map[string]bool{}
	seen := map[*api.Shape]bool{}
	var walk func(shape *api.Shape)
	walk = func(shape *api.Shape) {
		if shape == nil || seen[shape] {
			return
		}
		seen[shape] = true
		for _, m := range shape.Members {
			text := helptext.Member(shape, m.Name)
			if !sentence.MatchString(text) || len(text) > 160 {
				t.Errorf("%s.%s means %q", shape.Name, m.Name, text)
			}
			used[m.Name], used[shape.Name+"."+m.Name] = true, true
			walk(m.Shape)
		}
		walk(shape.Element)
	}
	for _, op := range api.Operations() {
		if text := helptext.Operation(op); !sentence.MatchString(text) {
			t.Errorf("%s means %q", op.Name, text)
		}
		used[op.Name] = true
		walk(op.Input)
		walk(op.Output)
	}
	for _, name := range slices.Concat(ofOperations, ofMembers) {
		if !used[name] {
			t.Errorf("there is a text for %s, which does not exist", name)
		}
	}
}

func TestMemberByStructure(t *testing.T) {
	t.Parallel()
	op, _ := api.Lookup("AssociateSoftwareToken")
	in, out := helptext.Member(op.Input, "Session"), helptext.Member(op.Output, "Session")
	if in == out || in == "" || out == "" {
		t.Errorf("Session means %q in the input and %q in the output", in, out)
	}
	if got := helptext.Member(op.Input, "Nothing"); got != "" {
		t.Errorf("Nothing means %q", got)
	}
}
