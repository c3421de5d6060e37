package iam_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/iam"
)

var update = flag.Bool("update", false, "write the table in docs/access-keys.md anew")

// The marks around the table in docs/access-keys.md.
const (
	tableStart = "<!-- The table of the ready policies. `go test ./iam -update` writes it. -->\n\n"
	tableEnd   = "\n<!-- The end of the table. -->\n"
)

// The table in docs/access-keys.md says what each ready policy allows. The naive evaluator decides alike.
func TestReadyTable(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	names := iam.ReadyNames()
	fmt.Fprintf(&table, "| operation | %s |\n| --- |%s\n", strings.Join(names, " | "), strings.Repeat(" --- |", len(names)))
	for _, op := range api.Operations() {
		if op.Auth != api.AuthSigV4 {
			continue
		}
		r := &iam.Request{Operation: op.Name, Resource: poolARN}
		if op.Resource == api.ResourceNone {
			r.Resource = iam.AnyResource
		}
		fmt.Fprintf(&table, "| `%s` |", op.Name)
		for _, name := range names {
			p, _ := iam.Ready(name)
			decision := p.Decide(r).Effect
			if other := naive(p.Text(), r); other != decision {
				t.Errorf("Decide(%s, %s) = %v, naive %v", name, op.Name, decision, other)
			}
			word := "no"
			if decision == iam.Allow {
				word = "yes"
			}
			fmt.Fprintf(&table, " %s |", word)
		}
		table.WriteByte('\n')
	}
	const file = "../docs/access-keys.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableStart)
	committed, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatalf("%s has no marks of the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+tableStart+table.String()+tableEnd+after), 0o644); err != nil { //nolint:gosec // a page of the docs
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(committed, table.String()); diff != "" {
		t.Errorf("the table in docs/access-keys.md is not true: run go test ./iam -update. Difference (-written +true):\n%s", diff)
	}
}
