package prompt_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"cognate/cli/prompt"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                      nil,
		"  a  b ":               {"a", "b"},
		`'a b' "c \"d\" $e"`:    {"a b", `c "d" $e`},
		`a\ b ''`:               {"a b", ""},
		`--x='y z'w`:            {"--x=y zw"},
		`$'a\nb\u0009c' $d "$"`: {"a\nb\tc", "$d", "$"},
		`é"日本"`:                 {"é日本"},
		`'it'"'"'s'`:            {"it's"},
		`"a\nb"`:                {`a\nb`},
	} {
		if got, err := prompt.Split(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("Split(%s) = %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'a`, `"a`, `a\`, `$'a`} {
		if got, err := prompt.Split(line); err == nil || got != nil {
			t.Errorf("Split(%s) = %q, want an error", line, got)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, word := range []string{"", "a b", "it's", "a\nb", `\u0041`, "$'", "é", "--x=1", "\x00", `"`} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		word = strings.ToValidUTF8(word, "")
		line := prompt.Quote([]string{"a", word, "b"})
		if got, err := prompt.Split(line); err != nil || !slices.Equal(got, []string{"a", word, "b"}) {
			t.Errorf("Split(%q) = %q, %v; want %q", line, got, err, word)
		}
		if strings.ContainsAny(line, "\n\r") {
			t.Errorf("Quote(%q) = %q, more than a line", word, line)
		}
	})
}

// menu suggests the words of a program with three commands. missing returns the questions of two of them.
func menu(words []string, prefix string) []prompt.Suggestion {
	all := []prompt.Suggestion{{"paint", "Paints a wall."}, {"parade", "Walks."}, {"rest", ""}}
	if len(words) > 0 {
		all = []prompt.Suggestion{{"--color", "[required] What color."}, {"--long", strings.Repeat("long ", 30)}}
	}
	return slices.DeleteFunc(all, func(o prompt.Suggestion) bool { return !strings.HasPrefix(o.Word, prefix) })
}

func missing(words []string) []prompt.Question {
	switch {
	case slices.Contains(words, "paint"):
		return []prompt.Question{
			{Option: "--color", Text: "What color.", Choices: []prompt.Suggestion{{Word: "green"}, {Word: "grey"}, {Word: "red"}}},
			{Option: "--key", Text: "The key.", Hidden: true},
		}
	case slices.Contains(words, "parade"):
		return []prompt.Question{{Option: "--names", Text: "Who.", Many: true}}
	}
	return nil
}

// ask runs a prompt with keys as input, and returns the line and the output.
func ask(t *testing.T, keys string, words ...string) (*prompt.Line, string, error) {
	t.Helper()
	var screen bytes.Buffer
	p := &prompt.Prompter{
		In: iotest.OneByteReader(strings.NewReader(keys)), Out: &screen, Width: 60, Height: 20,
		Program: "tool", Suggest: menu, Missing: missing,
	}
	line, err := p.Ask(words)
	return line, screen.String(), err
}

func TestAsk(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		words  []string
		keys   string
		want   []string
		shown  string
		screen string // a part of the output
	}{
		{"unchanged", []string{"rest", "a b"}, "\r", []string{"rest", "a b"}, "rest 'a b'", "> tool rest 'a b' "},
		{"written", nil, "rest now\r", []string{"rest", "now"}, "rest now", ""},
		{"line feed", nil, "rest\n", []string{"rest"}, "rest", ""},
		{"edited", nil, "rset\x7f\x7f\x7fest\r", []string{"rest"}, "rest", ""},
		{"completed", nil, "r\t\r", []string{"rest"}, "rest", "rest "},
		{"partly completed", nil, "r\tp\x7f\r", []string{"rest"}, "rest", ""},
		{"shown", nil, "p\t\t\x15rest\r", []string{"rest"}, "rest", "  paint   Paints a wall.\r\n  parade  Walks.\r\n"},
		{"shown immediately", []string{"rest"}, "\r", []string{"rest"}, "rest", "  --color  [required] What color.\r\n"},
		{"cut to the width", []string{"rest"}, "\r", []string{"rest"}, "rest", "long lo…"},
		{"nothing to offer", nil, "x\t\r", []string{"x"}, "x", ""},
		{"in open quotes", nil, "'x\t y'\r", []string{"x y"}, "'x y'", ""},
		{"an open quote", nil, "'x\r'\r", []string{"x"}, "x", "No closing quotation"},
		{"a line break", []string{"rest", "a\nb"}, "\r", []string{"rest", "a\nb"}, `rest $'a\u000ab'`, ""},
		{"pasted", nil, "\x1b[200~rest\x1b[201~\r", []string{"rest"}, "rest", ""},
		{"asked", []string{"paint"}, "\rred\rhunter2 \r", []string{"paint", "--color", "red", "--key", "hunter2 "}, "paint --color red --key '(hidden)'", "--color is required: What color.\r\n--color: "},
		{"choices", []string{"paint"}, "\rg\t\t\r\r", []string{"paint", "--color", "green"}, "paint --color green", "  green\r\n  grey"},
		{"not answered", []string{"paint"}, "\r\r\r", []string{"paint"}, "paint", "--key: "},
		{"many", []string{"parade"}, "\r'a\ra 'b c'\r", []string{"parade", "--names", "a", "b c"}, "parade --names a 'b c'", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			line, screen, err := ask(t, tt.keys, tt.words...)
			if err != nil {
				t.Fatalf("Ask = %v\n%q", err, screen)
			}
			if !slices.Equal(line.Words, tt.want) || line.Shown != tt.shown || !strings.Contains(screen, tt.screen) {
				t.Errorf("Ask = %q, shown %s; want %q, %s, %q on\n%q", line.Words, line.Shown, tt.want, tt.shown, tt.screen, screen)
			}
			if strings.Contains(screen, "hunter2") {
				t.Errorf("the screen shows a hidden answer: %q", screen)
			}
		})
	}
}

func TestAskCanceled(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{"Ctrl-C": "rest\x03", "Ctrl-D": "\x04", "end": "rest", "Ctrl-C at a question": "paint\r\x03", "Ctrl-C at a hidden one": "paint\rred\rx\x03"} {
		if line, _, err := ask(t, keys); !errors.Is(err, prompt.ErrCanceled) || line != nil {
			t.Errorf("%s: Ask = %v, %v; want ErrCanceled", name, line, err)
		}
	}
}

func TestAskWithoutTerminal(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]string{"--x 'a b'\nmore": {"rest", "--x", "a b"}, "y": {"rest", "y"}, "\n": {"rest"}} {
		if line, err := prompt.AskWithoutTerminal(strings.NewReader(typed), []string{"rest"}); err != nil || !slices.Equal(line.Words, want) {
			t.Errorf("AskWithoutTerminal(%q) = %v, %v; want %q", typed, line, err, want)
		}
	}
	if _, err := prompt.AskWithoutTerminal(strings.NewReader(""), nil); !errors.Is(err, prompt.ErrCanceled) {
		t.Errorf("AskWithoutTerminal(nothing) = %v", err)
	}
	if _, err := prompt.AskWithoutTerminal(strings.NewReader("'"), nil); err == nil {
		t.Error("AskWithoutTerminal(an open quote) has no error")
	}
	if _, err := prompt.AskWithoutTerminal(iotest.ErrReader(io.ErrUnexpectedEOF), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("AskWithoutTerminal(a broken reader) = %v", err)
	}
}
