package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The operation Do of a small module has a member for each way of a value.
func TestInertMembers(t *testing.T) {
	t.Parallel()
	values, err := loadFlow("testdata/module")
	if err != nil {
		t.Fatal(err)
	}
	want := inert{
		recorded: []string{"Stored", "Checked", "Helped", "Kept", "Mixed.Unread"},
		ignored:  []string{"Unread", "Returned", "Logged", "Untouched"},
	}
	if diff := cmp.Diff(want, values.inertMembers("Do"), cmp.AllowUnexported(inert{})); diff != "" {
		t.Errorf("inertMembers(Do) (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(inert{}, values.inertMembers("Other"), cmp.AllowUnexported(inert{})); diff != "" {
		t.Errorf("inertMembers(Other) (-want +got):\n%s", diff)
	}
}

// The document says of each member what the code does with it.
func TestDocument(t *testing.T) {
	t.Parallel()
	const root = "../.."
	tested, err := testedOperations(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	values, err := loadFlow(root)
	if err != nil {
		t.Fatal(err)
	}
	if missing := unexplained(values.allInert()); len(missing) > 0 {
		t.Errorf("reasons.go does not say why these members do nothing: %q", missing)
	}
	committed, err := os.ReadFile(root + "/docs/api-operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := document(tested, values); !bytes.Equal(want, committed) {
		t.Errorf("docs/api-operations.md is not true: run go generate ./server. Difference (-written +true):\n%s",
			cmp.Diff(string(committed), string(want)))
	}
}
