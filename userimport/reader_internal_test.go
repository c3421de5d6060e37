package userimport

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readerOf reads a text in parts of that size.
func readerOf(text string, size int) *reader {
	return &reader{next: func(position int64) ([]byte, error) {
		return []byte(text[min(position, int64(len(text))):min(position+int64(size), int64(len(text)))]), nil
	}}
}

func TestReader(t *testing.T) {
	t.Parallel()
	const text = "a,b\r\n\n c , d\ne"
	for _, size := range []int{1, 2, 5, 100} {
		r := readerOf(text, size)
		var lines []string
		var ends []int64
		for {
			found, err := r.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("read() = %v", err)
			}
			lines, ends = append(lines, string(found.text)), append(ends, found.end)
		}
		if diff := cmp.Diff([]string{"a,b\r", "", " c , d", "e"}, lines); diff != "" {
			t.Errorf("lines of parts of %d bytes (-want +got):\n%s", size, diff)
		}
		if diff := cmp.Diff([]int64{5, 6, 13, 14}, ends); diff != "" {
			t.Errorf("ends of parts of %d bytes (-want +got):\n%s", size, diff)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", maxRow)
	for what, tt := range map[string]struct {
		text string
		want []string
		err  error
	}{
		"trimmed":                    {text: " a ,\tb\t, c d \r", want: []string{"a", "b", "c d"}},
		"empty values":               {text: ",,", want: []string{"", "", ""}},
		"a comma in a value":         {text: `a\,b,c`, want: []string{"a,b", "c"}},
		"quotes":                     {text: `"a,b"`, want: []string{`"a`, `b"`}},
		"other backslashes":          {text: `a\b\\,c\`, want: []string{`a\b\,c\`}},
		"16,000 characters":          {text: long, want: []string{long}},
		"16,001 characters":          {text: long + "b", err: errRowTooLong},
		"not UTF-8":                  {text: "a\xff", err: errNotUTF8},
		"NUL":                        {text: "a\x00", err: errNUL},
		"a byte order mark":          {text: "\ufeffa", err: errBOM},
		"far too long":               {text: strings.Repeat("x", 1<<20), err: errRowTooLong},
		"far too long and not UTF-8": {text: strings.Repeat("\xff", 1<<20), err: errRowTooLong},
	} {
		found, err := readerOf(tt.text, 4096).read()
		if err != nil {
			t.Fatalf("read(%s) = %v", what, err)
		}
		if len(found.text) > maxRowBytes {
			t.Errorf("read(%s) keeps %d bytes", what, len(found.text))
		}
		values, err := found.values()
		if !errors.Is(err, tt.err) {
			t.Errorf("values(%s) = %v, want %v", what, err, tt.err)
		}
		if diff := cmp.Diff(tt.want, values); diff != "" {
			t.Errorf("values(%s) (-want +got):\n%s", what, diff)
		}
	}
}

// Every text has lines, and each line has values or an error.
func FuzzReader(f *testing.F) {
	f.Add("a,b\nc,d\\,e\r\n\xff\n", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		r := readerOf(text, max(size%64, 1))
		for {
			found, err := r.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("read() = %v", err)
			}
			if values, err := found.values(); err == nil && len(values) != 1+strings.Count(string(found.text), ",")-strings.Count(string(found.text), `\,`) {
				t.Errorf("values(%q) = %q", found.text, values)
			}
		}
		if r.position != int64(len(text)) {
			t.Errorf("position at the end = %d, want %d", r.position, len(text))
		}
	})
}
