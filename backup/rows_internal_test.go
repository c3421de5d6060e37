package backup

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/archive"
)

var testColumns = []string{"name", "number", "bytes"}

func TestRows(t *testing.T) {
	t.Parallel()
	want := rows{testColumns, [][]any{
		{"", int64(0), []byte{}},
		{"\"é\x00<\u2028\n\U0001F600", int64(math.MinInt64), []byte{0, 1, 0xff}},
		{`{"base64":"AA=="}`, int64(math.MaxInt64), []byte("x")},
	}}
	var lines []byte
	for _, values := range want.values {
		var err error
		if lines, err = appendRow(lines, testColumns, values); err != nil {
			t.Fatalf("appendRow(%v) = %v", values, err)
		}
	}
	got, err := readRows(lines)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(rows{})); err != nil || diff != "" {
		t.Errorf("readRows() = %v (-want +got):\n%s", err, diff)
	}
}

// A value that JSON cannot hold makes the backup fail, instead of changing the value.
func TestAppendRowRefuses(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"\xff", 1.5, nil, true} {
		if line, err := appendRow(nil, []string{"a"}, []any{value}); err == nil {
			t.Errorf("appendRow(%v) = %s, want an error", value, line)
		}
	}
}

func TestReadRowsRefuses(t *testing.T) {
	t.Parallel()
	const first = `{"a":1,"b":"x"}` + "\n"
	for name, lines := range map[string]string{
		"cut":               `{"a":1,"b"`,
		"no object":         `[1]`,
		"no column":         `{}`,
		"fewer columns":     first + `{"a":1}`,
		"more columns":      first + `{"a":1,"b":"x","c":1}`,
		"another column":    first + `{"a":1,"c":"x"}`,
		"another order":     first + `{"b":"x","a":1}`,
		"a column twice":    first + `{"a":1,"a":2}`,
		"a fraction":        `{"a":1.5}`,
		"a large number":    `{"a":9223372036854775808}`,
		"null":              `{"a":null}`,
		"a bool":            `{"a":true}`,
		"a list":            `{"a":[]}`,
		"another object":    `{"a":{"b":"AA=="}}`,
		"wrong base64":      `{"a":{"base64":"A"}}`,
		"two members":       `{"a":{"base64":"AA==","x":"AA=="}}`,
		"not UTF-8":         "{\"a\":\"\xff\"}",
		"text behind a row": first + `x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := readRows([]byte(lines)); !errors.Is(err, archive.ErrDamaged) {
				t.Errorf("readRows(%s) = %v, %v, want ErrDamaged", lines, got, err)
			}
		})
	}
}

func FuzzReadRows(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":"x","c":{"base64":"AA=="}}` + "\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		got, err := readRows(lines)
		if err != nil {
			return
		}
		var again []byte
		for _, values := range got.values {
			if again, err = appendRow(again, got.columns, values); err != nil {
				t.Fatalf("appendRow(%v) = %v", values, err)
			}
		}
		twice, err := readRows(again)
		if diff := cmp.Diff(got, twice, cmp.AllowUnexported(rows{})); err != nil || diff != "" {
			t.Errorf("read again: %v (-first +second):\n%s", err, diff)
		}
	})
}
