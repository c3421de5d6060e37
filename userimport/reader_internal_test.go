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

func TestHasMoreRows(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "a": false, "a\nb": false, "a\nb\n": false, "\n \na\r\n\r\nb\n\n": false, "a\nb\nc": true, "a\nb\n\nc\n": true, "a\nb\n" + strings.Repeat("x", maxRowBytes+1): true,
	} {
		if got, err := readerOf(text, 3).hasMoreRows(2); got != want || err != nil {
			t.Errorf("hasMoreRows(%.20q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

// Every text has lines, which are the whole text, and each line has values or an error.
func FuzzReader(f *testing.F) {
	f.Add("a,b\nc,d\\,e\r\n\xff\n", 3)
	f.Add("\ufeffa,b\n\x00\n\n \r\nlast", 1)
	f.Add("a,"+strings.Repeat("ä", maxRow)+"\n"+strings.Repeat("x", maxRowBytes+1)+"\nb,\\", 63)
	f.Fuzz(func(t *testing.T, text string, size int) {
		r := readerOf(text, max(size%64, 1))
		var whole strings.Builder
		rows, line := 0, int64(0)
		for {
			found, err := r.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("read() = %v", err)
			}
			if line++; found.line != line || found.end <= int64(whole.Len()) || found.end > int64(len(text)) {
				t.Fatalf("line %d has the number %d and ends at %d", line, found.line, found.end)
			}
			if !found.isBlank() {
				rows++
			}
			if want := strings.TrimSuffix(text[whole.Len():found.end], "\n"); string(found.text) != want && !found.tooLong || len(found.text) > maxRowBytes {
				t.Fatalf("line %d = %q, want %q", line, found.text, want)
			}
			whole.WriteString(text[whole.Len():found.end])
			values, err := found.values()
			if err == nil && len(values) != 1+strings.Count(string(found.text), ",")-strings.Count(string(found.text), `\,`) {
				t.Errorf("values(%q) = %q", found.text, values)
			}
			if named, err := found.byColumn([]string{"a", "b"}); (err == nil) != (len(values) == 2) || len(named) > 2 {
				t.Errorf("byColumn(%q) = %q, %v", found.text, named, err)
			}
		}
		if r.position != int64(len(text)) || whole.Len() != len(text) {
			t.Errorf("position at the end = %d, want %d", r.position, len(text))
		}
		for limit := range 3 {
			if more, err := readerOf(text, max(size%64, 1)).hasMoreRows(limit); more != (rows > limit) || err != nil {
				t.Errorf("hasMoreRows(%d) of %d rows = %v, %v", limit, rows, more, err)
			}
		}
	})
}
