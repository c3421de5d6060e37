package prompt

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// menuRows is the largest number of rows of the menu.
const menuRows = 8

// Size of a terminal that does not say its size.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// menu shows suggestions in the rows below the line that the user edits. It is drawn when the prompt waits for a key, and
// erased when the key arrives, so the terminal's own output never meets it.
type menu struct {
	p *Prompter

	prompt string                                                     // the text before the line
	offer  func(line string, pos int) (prefix string, s []Suggestion) // nil for no menu

	line  string // the line when the menu was drawn last, and the position of the cursor in bytes
	pos   int
	cycle *cycle // nil unless Tab selected a suggestion
	below string // moves the cursor to the last row of the line, if the menu is on the screen
	drawn bool
}

// cycle is a selection with Tab.
type cycle struct {
	before, after string // the line around the word
	suggestions   []Suggestion
	selected      int
}

func (c *cycle) line() string { return c.before + c.suggestions[c.selected].Word + c.after }
func (c *cycle) pos() int     { return len(c.line()) - len(c.after) }

// tab completes the word before the cursor to the longest common prefix of the suggestions. If that adds nothing, it selects
// the first suggestion, and then the next one each time.
func (m *menu) tab(line string, pos int) (newLine string, newPos int, ok bool) {
	if c := m.selection(line, pos); c != nil {
		c.selected = (c.selected + 1) % len(c.suggestions)
		return c.line(), c.pos(), true
	}
	if m.offer == nil {
		return "", 0, false
	}
	prefix, suggestions := m.offer(line, pos)
	if len(suggestions) == 0 || !strings.HasSuffix(line[:pos], prefix) {
		return "", 0, false
	}
	common := suggestions[0].Word
	for _, o := range suggestions[1:] {
		for !strings.HasPrefix(o.Word, common) {
			common = common[:len(common)-1]
		}
	}
	before := line[:pos-len(prefix)]
	switch {
	case len(suggestions) == 1:
		common += " "
	case common == prefix, prefix == "":
		m.cycle = &cycle{before: before, after: line[pos:], suggestions: suggestions}
		return m.cycle.line(), m.cycle.pos(), true
	}
	return before + common + line[pos:], len(before + common), true
}

// selection returns the cycle if the line is still as Tab left it.
func (m *menu) selection(line string, pos int) *cycle {
	if m.cycle != nil && (m.cycle.line() != line || m.cycle.pos() != pos) {
		m.cycle = nil
	}
	return m.cycle
}

// look notes the line that the user sees.
func (m *menu) look(line string, pos int) { m.line, m.pos = line, pos }

// draw returns the text that draws the menu below the line and leaves the cursor where it is.
func (m *menu) draw() string {
	if m.offer == nil {
		return ""
	}
	var suggestions []Suggestion
	selected := -1
	if c := m.selection(m.line, m.pos); c != nil {
		suggestions, selected = c.suggestions, c.selected
	} else {
		_, suggestions = m.offer(m.line, m.pos)
	}
	width, height := m.p.size()
	start := utf8.RuneCountInString(m.prompt)
	last := (start + utf8.RuneCountInString(m.line)) / width // row of the end of the line
	down := last - (start+utf8.RuneCountInString(m.line[:m.pos]))/width
	rows := m.rows(suggestions, selected, min(menuRows, height-last-2))
	if len(rows) == 0 {
		return ""
	}
	m.drawn, m.below = true, ""
	if down > 0 {
		m.below = fmt.Sprintf("\x1b[%dB", down)
	}
	// The line feeds scroll the screen if there is no room. Only then the position of the cursor can be saved.
	need := down + len(rows)
	return strings.Repeat("\n", need) + fmt.Sprintf("\x1b[%dA", need) +
		"\x1b7" + m.below + "\r\n" + strings.Join(rows, "\r\n") + "\x1b8"
}

// erase returns the text that erases the menu.
func (m *menu) erase() string {
	if !m.drawn {
		return ""
	}
	m.drawn = false
	return "\x1b7" + m.below + "\r\n\x1b[J\x1b8"
}

// rows returns the rows of the menu, at most most. The selected one is among them.
func (m *menu) rows(suggestions []Suggestion, selected, most int) []string {
	if most <= 0 {
		return nil
	}
	first := 0
	shown := suggestions
	if len(suggestions) > most {
		first = min(max(0, selected-most/2), len(suggestions)-(most-1))
		shown = suggestions[first : first+most-1]
	}
	widest := 0
	for _, o := range shown {
		widest = max(widest, utf8.RuneCountInString(o.Word))
	}
	rows := make([]string, 0, len(shown)+1)
	for i, o := range shown {
		row := m.p.fit(fmt.Sprintf("  %-*s  %s", widest, o.Word, o.Text))
		if first+i == selected {
			row = "\x1b[7m" + row + "\x1b[27m"
		}
		rows = append(rows, row)
	}
	if more := len(suggestions) - len(shown); more > 0 {
		rows = append(rows, m.p.fit(fmt.Sprintf("  and %d more", more)))
	}
	return rows
}

// size returns the size of the terminal, or a usual one if it is not known.
func (p *Prompter) size() (width, height int) {
	width, height = p.Width, p.Height
	if width <= 0 {
		width = defaultWidth
	}
	if height <= 0 {
		height = defaultHeight
	}
	return width, height
}

// keys follows the bytes that a terminal sends, to find where a key ends.
type keys struct {
	escape  []byte // the start of an escape sequence
	partial []byte // the start of a character
	pasting bool   // between the start and the end of pasted text
}

func (k *keys) add(b []byte) {
	for _, c := range b {
		k.addByte(c)
	}
}

// addByte follows one byte. Source: ECMA-48, section 5.4; xterm, "Bracketed Paste Mode".
func (k *keys) addByte(c byte) {
	switch {
	case c == 0x1b:
		k.escape = append(k.escape[:0], c)
	case len(k.escape) == 1 && (c == '[' || c == 'O'):
		k.escape = append(k.escape, c)
	case len(k.escape) > 1 && (c < 0x40 || c > 0x7e):
		k.escape = append(k.escape, c)
	case len(k.escape) > 0:
		switch sequence := string(append(k.escape, c)); sequence {
		case "\x1b[200~":
			k.pasting = true
		case "\x1b[201~":
			k.pasting = false
		}
		k.escape = k.escape[:0]
	case c >= utf8.RuneSelf:
		if k.partial = append(k.partial, c); utf8.FullRune(k.partial) {
			k.partial = k.partial[:0]
		}
	default:
		k.partial = k.partial[:0]
	}
}

// whole reports whether the bytes end with a whole key, and outside pasted text.
func (k *keys) whole() bool { return len(k.escape) == 0 && len(k.partial) == 0 && !k.pasting }
