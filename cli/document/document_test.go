package document_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cognate/cli/document"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want, err string }{
		{text: `{"b": 1, "a": [true, null, -1.5e3, "x"], "b": 2}`, want: `{"b": 2, "a": [true, null, -1500.0, "x"]}`},
		{text: " [] ", want: "[]"},
		{text: `"\u00e9\ud83d\ude00\n"`, want: `"é😀\n"`},
		{text: `12345678901234567890`, want: `12345678901234567890`},
		{text: "", err: "Expecting value: line 1 column 1 (char 0)"},
		{text: "{\n\"é\" 1}", err: "Expecting ':' delimiter: line 2 column 5 (char 6)"},
		{text: "[1 2]", err: "Expecting ',' delimiter: line 1 column 4 (char 3)"},
		{text: "{1: 2}", err: "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
		{text: `"abc`, err: "Unterminated string starting at: line 1 column 1 (char 0)"},
		{text: `"\x"`, err: `Invalid \escape: line 1 column 2 (char 1)`},
		{text: "\"\n\"", err: "Invalid control character at: line 1 column 2 (char 1)"},
		{text: "01", err: "Extra data: line 1 column 2 (char 1)"},
	}
	for _, tt := range tests {
		value, err := document.Parse([]byte(tt.text))
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("Parse(%q) = %v, want %s", tt.text, err, tt.err)
			}
			continue
		}
		if got := string(document.AppendJSON(nil, value, "")); err != nil || got != tt.want {
			t.Errorf("Parse(%q) = %s, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestObjectKeepsOrder(t *testing.T) {
	t.Parallel()
	o := &document.Object{}
	o.Set("z", int64(1))
	o.Set("a", []any{int64(1), &document.Object{}})
	o.Set("m", nil)
	o.Delete("m")
	o.Delete("none")
	o.Set("z", "again")
	want := "{\n  \"z\": \"again\",\n  \"a\": [\n    1,\n    {}\n  ]\n}"
	if got := string(document.AppendJSON(nil, o, "  ")); got != want {
		t.Errorf("AppendJSON = %s, want %s", got, want)
	}
	if got := string(document.AppendCompact(nil, o)); got != `{"z":"again","a":[1,{}]}` {
		t.Errorf("AppendCompact = %s", got)
	}
}

func TestFormatFloat(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{1: "1.0", 0: "0.0", 0.1: "0.1", 1e15: "1000000000000000.0", 1e16: "1e+16", 1e-5: "1e-05", -2.5: "-2.5"} {
		if got := document.FormatFloat(f); got != want {
			t.Errorf("FormatFloat(%v) = %s, want %s", f, got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	parse := func(text string) any { v, _ := document.Parse([]byte(text)); return v }
	tests := []struct {
		a, b any
		want bool
	}{
		{parse(`{"a": 1, "b": [1]}`), parse(`{"b": [1.0], "a": 1}`), true},
		{parse(`{"a": 1}`), parse(`{"a": 1, "b": 2}`), false},
		{int64(1), "1", false},
		{nil, nil, true},
		{"a", &document.Object{}, false},
		{[]byte("a"), []byte("a"), true},
		{math.Inf(1), int64(1), false},
	}
	for _, tt := range tests {
		if got := document.Equal(tt.a, tt.b); got != tt.want {
			t.Errorf("Equal(%v, %v) = %v", tt.a, tt.b, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a": [1, -2.5e-3, "\u00e9\ud83d\ude00", true, null]}`, `[`, `"\`, "1.", "-", `{"a":`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := document.Parse(text)
		if err != nil {
			if value != nil {
				t.Fatalf("Parse(%q) = %v with error %v", text, value, err)
			}
			return
		}
		again, err := document.Parse(document.AppendJSON(nil, value, ""))
		if !hasInfinity(value) && (err != nil || !document.Equal(value, again)) {
			t.Fatalf("Parse(%q) is not what it writes: %v, %v", text, again, err)
		}
	})
}

// hasInfinity reports whether value contains an infinity, which JSON cannot express.
func hasInfinity(value any) bool {
	switch v := value.(type) {
	case float64:
		return math.IsInf(v, 0)
	case []any:
		return slices.ContainsFunc(v, hasInfinity)
	case *document.Object:
		for _, member := range v.All() {
			if hasInfinity(member) {
				return true
			}
		}
	}
	return false
}

func TestInteger(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", " 12\n": "12", "+3": "3", "-3": "-3", "007": "7", "1_000": "1000", "9223372036854775808": "9223372036854775808",
		"": "", "+": "", "1.0": "", "1e3": "", "0x1": "", "1__0": "", "_1": "", "1_": "", "--1": "", "1 2": "", "\u0663": "",
		strings.Repeat("9", 4301): "",
	} {
		value, ok := document.Integer(text)
		if ok != (want != "") || ok && string(document.AppendJSON(nil, value, "")) != want {
			t.Errorf("Integer(%.20q) = %v, %t; want %q", text, value, ok, want)
		}
	}
}

func TestEqualNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		want bool
	}{
		{"1", "1.0", true},
		{"9223372036854775808", "9223372036854775808", true},
		{"9223372036854775808", "9223372036854775809", false},
		{"9223372036854775808", "9223372036854775808.0", true},
		{"1", "true", false},
	}
	for _, tt := range tests {
		a, errA := document.Parse([]byte(tt.a))
		b, errB := document.Parse([]byte(tt.b))
		if got := document.Equal(a, b); errA != nil || errB != nil || got != tt.want {
			t.Errorf("Equal(%s, %s) = %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}

// A small document with a long name and many values does not take much memory, and its problems still have lines.
func TestLinesOfLongNames(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("k", 20_000)
	text := "{\"a\": 1,\n\"" + name + "\":\n[" + strings.Repeat("1,\n", 100_000) + "1]}"
	_, lines, err := document.ParseWithLines([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{".a": 1, "." + name: 2, "." + name + "[0]": 3, "." + name + "[99999]": 2} {
		if got := lines.Of(path); got != want {
			t.Errorf("Of(a path of %d bytes) = %d, want %d", len(path), got, want)
		}
	}
}
