package prompt_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cognate/cli/prompt"
)

// screen is a terminal with the control sequences that the prompt uses.
type screen struct {
	cells      [][]rune
	row, col   int
	saved      [2]int
	unknown    string // a control sequence that it does not know
	incomplete string
}

func newScreen(width, height int) *screen {
	s := &screen{}
	for range height {
		s.cells = append(s.cells, blank(width))
	}
	return s
}

func blank(width int) []rune { return []rune(strings.Repeat(" ", width)) }

// lines returns the rows without spaces at the end, and without empty rows at the end.
func (s *screen) lines() []string {
	var lines []string
	for _, row := range s.cells {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (s *screen) down() {
	if s.row++; s.row == len(s.cells) {
		s.row--
		s.cells = append(s.cells[1:], blank(len(s.cells[0])))
	}
}

func (s *screen) Write(b []byte) (int, error) {
	text := s.incomplete + string(b)
	s.incomplete = ""
	for text != "" {
		if text[0] == 0x1b {
			n := s.control(text)
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		switch text = text[n:]; r {
		case '\r':
			s.col = 0
		case '\n':
			s.down()
		default:
			if s.col == len(s.cells[0]) {
				s.col = 0
				s.down()
			}
			s.cells[s.row][s.col] = r
			s.col++
		}
	}
	return len(b), nil
}

// control applies the control sequence at the start of text and returns its length.
func (s *screen) control(text string) int {
	switch text[1] {
	case '7':
		s.saved = [2]int{s.row, s.col}
		return 2
	case '8':
		s.row, s.col = s.saved[0], s.saved[1]
		return 2
	}
	end := 2 + strings.IndexFunc(text[2:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
	n := 1
	_, _ = fmt.Sscanf(text[2:end], "%d", &n)
	height, width := len(s.cells), len(s.cells[0])
	switch text[end] {
	case 'A':
		s.row = max(0, s.row-n)
	case 'B':
		s.row = min(height-1, s.row+n)
	case 'C':
		s.col = min(width-1, s.col+n)
	case 'D':
		s.col = max(0, s.col-n)
	case 'J':
		for row := s.row + 1; row < height; row++ {
			s.cells[row] = blank(width)
		}
		copy(s.cells[s.row][s.col:], blank(width-s.col))
	case 'K':
		copy(s.cells[s.row][s.col:], blank(width-s.col))
	case 'm', 'h', 'l':
	default:
		s.unknown = text[:end+1]
	}
	return end + 1
}

// typist is an input that notes the screen before each key.
type typist struct {
	*screen
	keys []string
	seen [][]string
}

func (k *typist) Read(b []byte) (int, error) {
	k.seen = append(k.seen, k.lines())
	if len(k.keys) == 0 {
		return 0, io.EOF
	}
	n := copy(b, k.keys[0])
	k.keys = k.keys[1:]
	return n, nil
}

// TestMenu compares the screen before each key with the expected one.
func TestMenu(t *testing.T) {
	t.Parallel()
	const hint = "Tab completes or selects, Enter runs the command, Ctrl-C cancels"
	longRow := "  --long   " + strings.Repeat("long ", 9) + "lo…"
	const up = "\x1b[A"
	tests := []struct {
		name   string
		height int
		keys   []string
		want   [][]string // without the hint; nil for any screen
	}{
		{
			"choices as one types", 20,
			[]string{"p", "a", "r", "\x7f", "\x15", "x"},
			[][]string{
				{"> tool", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool p", "  paint   Paints a wall.", "  parade  Walks."},
				{"> tool pa", "  paint   Paints a wall.", "  parade  Walks."},
				{"> tool par", "  parade  Walks."},
				{"> tool pa", "  paint   Paints a wall.", "  parade  Walks."},
				{"> tool", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool x"},
			},
		},
		{
			"an arrow key in parts", 20,
			[]string{"pa", "\x1b", "[", "D"},
			[][]string{
				nil,
				{"> tool pa", "  paint   Paints a wall.", "  parade  Walks."},
				{"> tool pa"},
				{"> tool pa"},
				{"> tool pa", "  paint   Paints a wall.", "  parade  Walks."},
			},
		},
		{
			"a character in parts", 20,
			[]string{"p\xc3", "\xa9"},
			[][]string{nil, {"> tool p"}, {"> tool pé"}},
		},
		{
			"pasted in parts", 20,
			[]string{"\x1b[200~p", "a\x1b[201~"},
			[][]string{nil, {"> tool p"}, {"> tool pa", "  paint   Paints a wall.", "  parade  Walks."}},
		},
		{
			"selected with Tab", 20,
			[]string{"\t", "\t", "\t", "\t", " "},
			[][]string{
				nil,
				{"> tool paint", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool parade", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool rest", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool paint", "  paint   Paints a wall.", "  parade  Walks.", "  rest"},
				{"> tool paint", "  --color  [required] What color.", longRow},
			},
		},
		{
			"a long line", 20,
			[]string{"paint " + strings.Repeat("x", 60) + " ", "\x1b[H", "p"},
			[][]string{
				nil,
				{"> tool paint " + strings.Repeat("x", 47), strings.Repeat("x", 13), "  --color  [required] What color.", longRow},
				nil,
				{"> tool ppaint " + strings.Repeat("x", 46), strings.Repeat("x", 14), "  paint   Paints a wall.", "  parade  Walks."},
			},
		},
		{
			"at the end of the screen", 4,
			[]string{"p", "\r"},
			[][]string{
				{"> tool", "  paint  Paints a wall.", "  and 2 more"},
				{"> tool p", "  paint   Paints a wall.", "  parade  Walks."},
			},
		},
		{"no room", 3, []string{"p", up}, [][]string{nil, nil, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			keys := &typist{screen: newScreen(60, tt.height), keys: tt.keys}
			p := &prompt.Prompter{In: keys, Out: keys.screen, Width: 60, Height: tt.height, Program: "tool", Suggest: menu, Missing: missing}
			_, _ = p.Ask(nil)
			if keys.unknown != "" {
				t.Errorf("the test does not know the control sequence %q", keys.unknown)
			}
			for i, want := range tt.want {
				if i >= len(keys.seen) {
					t.Fatalf("%d screens, want %d", len(keys.seen), len(tt.want))
				}
				var got []string
				for _, line := range keys.seen[i] {
					if !strings.HasPrefix(hint, line) && line != "cels." {
						got = append(got, line)
					}
				}
				if diff := cmp.Diff(want, got); want != nil && diff != "" {
					t.Errorf("screen before key %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}
