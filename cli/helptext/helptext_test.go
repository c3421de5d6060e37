package helptext_test

import (
	"regexp"
	"slices"
	"testing"

	"cognate/api"
	"cognate/cli/helptext"
)

// sentence is how a text looks: short enough for a comment, with a capital and a full stop, without markup.
var sentence = regexp.MustCompile(`^[A-Z][^<>\n\t]{7,}[.]$`)

// TestComplete holds the tables against the description: each operation and member has its sentence, and none is left
// of what is gone.
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
			t.Errorf("%s is written about, and isn't there", name)
		}
	}
}

func TestMemberByStructure(t *testing.T) {
	t.Parallel()
	op, _ := api.Lookup("AssociateSoftwareToken")
	in, out := helptext.Member(op.Input, "Session"), helptext.Member(op.Output, "Session")
	if in == out || in == "" || out == "" {
		t.Errorf("Session means %q when asked and %q when answered", in, out)
	}
	if got := helptext.Member(op.Input, "Nothing"); got != "" {
		t.Errorf("Nothing means %q", got)
	}
}
