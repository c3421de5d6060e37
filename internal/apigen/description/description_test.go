package description_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/apigen/description"
)

// TestFormatCommitted fails if the committed description is not formatted as the importer formats it. So manual edits and
// imports make the same diffs.
func TestFormatCommitted(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("../../../api/description/cognito-idp.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := description.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Format()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("formatted (-committed +formatted):\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, data, want string }{
		{"no JSON", `{`, "read description"},
		{"unknown field", `{"shapes":{"A":{"type":"string","length":1}}}`, "unknown object member"},
		{"dangling list", `{"shapes":{"A":{"type":"list","element":"B"}}}`, `A: no shape "B"`},
		{"dangling map", `{"shapes":{"A":{"type":"map","key":"A","value":"B"}}}`, `A: no shape "B"`},
		{"other order of other values", `{"shapes":{"A":{"type":"string","enum":["a","b"],"enumInMessages":["b","c"]}}}`, "A: enumInMessages has other values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if d, err := description.Parse([]byte(test.data)); err == nil || d != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Parse = %v, %v; want an error with %q", d, err, test.want)
			}
		})
	}
}
