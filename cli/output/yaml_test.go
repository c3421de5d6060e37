package output_test

import (
	"io"
	"strings"
	"testing"

	"cognate/cli/document"
	"cognate/cli/output"
)

// TestYAMLLongKeys checks keys that are too long for the line of their value. The expected output is that of libyaml.
func TestYAMLLongKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 129)
	for value, want := range map[string]string{
		`{"` + long[1:] + `": "v"}`:               long[1:] + ": v\n",
		`{"` + long + `": "v"}`:                   "? " + long + "\n: v\n",
		`{"é` + long[2:] + `": "v"}`:              "? é" + long[2:] + "\n: v\n",
		`{"a": {"` + long + `": "v"}}`:            "a:\n  ? " + long + "\n  : v\n",
		`{"` + long + `": {"a": 1, "b": 2}}`:      "? " + long + "\n: a: 1\n  b: 2\n",
		`{"` + long + `": [{"a": 1, "b": 2}]}`:    "? " + long + "\n: - a: 1\n    b: 2\n",
		`[{"` + long + `": []}]`:                  "- ? " + long + "\n  : []\n",
		`{"a\nb": "v"}`:                           "? 'a\n\n  b'\n: v\n",
		`{"` + strings.Repeat("k ", 70) + `x":1}`: "? " + strings.Repeat("k ", 39) + "k\n  " + strings.Repeat("k ", 30) + "x\n: 1\n",
	} {
		if got := printed(t, output.Write, output.YAML, value); got != want {
			t.Errorf("%s = %q, want %q", value, got, want)
		}
	}
}

func TestWritePage(t *testing.T) {
	t.Parallel()
	for format, want := range map[output.Format]string{output.YAMLStream: "- {}\n", output.Text: "", output.JSON: ""} {
		if got := printed(t, output.WritePage, format, `{}`); got != want {
			t.Errorf("an empty page as %s = %q, want %q", format, got, want)
		}
		if got := printed(t, output.Write, format, `{}`); got != "" {
			t.Errorf("an empty answer as %s = %q, want nothing", format, got)
		}
	}
}

func printed(t *testing.T, write func(io.Writer, output.Format, string, any, output.Style) error, format output.Format, text string) string {
	t.Helper()
	value, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := write(&b, format, "", value, output.Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
