package output_test

import (
	"strings"
	"testing"

	"cognate/cli/document"
	"cognate/cli/output"
)

// TestWrite does not cover tables. TestParity compares them with those of the AWS CLI.
func TestWrite(t *testing.T) {
	t.Parallel()
	const value = `{"Users": [{"Name": "b", "On": true, "Tags": ["x", "y"]}, {"Name": "1", "N": 2}], "Token": null}`
	tests := map[output.Format]string{
		output.Text: "None\nUSERS\t\tb\tTrue\nTAGS\tx\nTAGS\ty\nUSERS\t2\t1\t\n",
		output.YAML: "Token: null\nUsers:\n- Name: b\n  On: true\n  Tags:\n  - x\n  - y\n- N: 2\n  Name: '1'\n",
		output.Off:  "",
	}
	parsed, err := document.Parse([]byte(value))
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range tests {
		var b strings.Builder
		if err := output.Write(&b, format, "ListUsers", parsed, output.Style{Width: output.DefaultWidth}); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("%s = %q, want %q", format, got, want)
		}
	}
}

// A terminal gets no control character from a value. Other outputs are those of the AWS CLI.
func TestWriteToTerminal(t *testing.T) {
	t.Parallel()
	const name = "a\x1b]0;x\x07\u009b1m\x7f\tb"
	object := &document.Object{}
	object.Set("Names", []any{name})
	object.Set("Name", name)
	for _, format := range output.Formats() {
		for _, terminal := range []bool{false, true} {
			var b strings.Builder
			if err := output.Write(&b, output.Format(format), "Get", object, output.Style{Terminal: terminal, Width: 80}); err != nil {
				t.Fatal(err)
			}
			raw := strings.ContainsAny(b.String(), "\x1b\x07\u009b\x7f")
			if terminal && raw || format == "text" && raw == terminal {
				t.Errorf("%s, terminal %t: %q", format, terminal, b.String())
			}
		}
	}
}

func TestYAMLQuotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a": "a", "": "''", "yes": "yes", "true": "'true'", "012": "'012'", "1e3": "'1e3'", "1:30": "1:30", "- a": "'- a'",
		"a: b": "'a: b'", "a:b": "a:b", "a #b": "'a #b'", "a\tb": `"a\tb"`, "it's": "it's", "'q": "'''q'", "é": "é",
		"😀": `"\U0001F600"`, "a\nb": "'a\n\n  b'", " a": "' a'", "2001-01-01": "'2001-01-01'", "---": "'---'", "=": "'='",
		strings.Repeat("word ", 20) + "end": strings.Repeat("word ", 15) + "word\n  " + strings.Repeat("word ", 4) + "end",
	} {
		object := &document.Object{}
		object.Set("k", text)
		var b strings.Builder
		if err := output.Write(&b, output.YAML, "", object, output.Style{}); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != "k: "+want+"\n" {
			t.Errorf("%q = %q, want %q", text, got, "k: "+want+"\n")
		}
	}
}
