package importer_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/apigen/importer"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestImport compares the description of a small facts file with a golden file. It covers member order, auth classes, an
// exception that the facts only name, overrides and the removal of unused shapes.
func TestImport(t *testing.T) {
	facts, err := os.ReadFile("testdata/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := importer.Import(facts, "2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Format()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/description.golden.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	facts, err := os.ReadFile("testdata/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, replacement, want string }{
		{"no JSON", "{", "", "import facts"},
		{"outgrown override", `"PasswordType": {`, `"NewPasswordType": {`, "override of PasswordType"},
		{"unknown shape of a member", `"Names": "ThingMap"`, `"Names": "Nothing"`, `ListThingsResponse.Names: no shape "Nothing"`},
		{"unknown input", `"input": "FindThingRequest"`, `"input": "Nothing"`, `FindThing: no shape "Nothing"`},
		{"unknown argument", `"--zebra"`, `"--zebra", "Lion": "--lion"`, "argument for unknown member Lion"},
		{"unknown auth", `"sigv4"`, `"magic"`, `unknown auth class "magic"`},
		{"error that is none", `"errors": ["GoneException", "BrokenException"]`, `"errors": ["StringType"]`, "StringType is no exception"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(string(facts), test.old, test.replacement, 1)
			d, err := importer.Import([]byte(changed), "2026-11-22")
			if err == nil || d != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Import = %v, %v; want an error with %q", d, err, test.want)
			}
		})
	}
}
