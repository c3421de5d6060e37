// Package prompt asks a person for a command line: it completes words, shows what there is, and asks for what lacks. It
// knows no commands: they are told by who asks. Nothing that is typed is kept.
package prompt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Offer is a word that may come next.
type Offer struct {
	Word string
	Text string // what it means, in a line
}

// Question asks for the value of an option that lacks.
type Question struct {
	Option  string
	Text    string   // what it means, in a line
	Choices []string // its valid values, if they are few
	Many    bool     // the answer is several words
	Hidden  bool     // the answer isn't shown
}

// Prompter asks for one command line. Its fields are needed, unless they say otherwise.
type Prompter struct {
	// In gives single keys, as a terminal in raw mode does; Out shows what a terminal shows.
	In  io.Reader
	Out io.Writer

	// Width and Height are the size of the terminal, 0 when unknown.
	Width, Height int

	// Program stands before the line.
	Program string

	// Offers tells what may come after words, beginning with begun.
	Offers func(words []string, begun string) []Offer

	// Lacking tells what a command line has to have besides.
	Lacking func(words []string) []Question
}

// ErrLeft says that the person left without a command.
var ErrLeft = errors.New("left the prompt")

// Line is a command line that was asked for.
type Line struct {
	Words []string
	Shown string // the words as they may be shown: hidden answers aren't in it
}

// hint is told before the first line.
const hint = "Tab completes and shows what there is, Enter runs the command, Ctrl-C leaves.\n"

// prefill is a key that no keyboard has here: it fills the line in.
const prefill = '\x1d'

// hidden stands for a hidden answer.
const hidden = "(hidden)"

// Ask asks for a command line that begins with words. Errors: ErrLeft; of reading.
func (p *Prompter) Ask(words []string) (*Line, error) {
	text := Quote(words)
	if text != "" {
		text += " "
	}
	s := &session{Prompter: p, fill: text}
	s.in = strings.NewReader("")
	s.terminal = term.NewTerminal(s, "")
	if p.Width > 0 && p.Height > 0 {
		if err := s.terminal.SetSize(p.Width, p.Height); err != nil {
			return nil, err
		}
	}
	if _, err := s.terminal.Write([]byte(hint)); err != nil {
		return nil, err
	}
	s.terminal.SetBracketedPasteMode(true)
	defer s.terminal.SetBracketedPasteMode(false)
	words, err := s.line()
	if err != nil {
		return nil, err
	}
	return s.complete(words)
}

// session is one asking. It is what its terminal reads from and writes to.
type session struct {
	*Prompter
	terminal *term.Terminal
	in       *strings.Reader // keys of our own, before those of the person
	fill     string
}

// Read gives keys to the terminal.
func (s *session) Read(b []byte) (int, error) {
	if s.in.Len() > 0 {
		return s.in.Read(b)
	}
	return s.In.Read(b)
}

// Write shows what the terminal writes.
func (s *session) Write(b []byte) (int, error) { return s.Out.Write(b) }

// line reads a line until it can be taken apart.
func (s *session) line() ([]string, error) {
	s.terminal.AutoCompleteCallback = s.key
	s.terminal.SetPrompt("> " + s.Program + " ")
	for {
		s.in.Reset(string(prefill))
		text, err := s.read(s.terminal.ReadLine)
		if err != nil {
			return nil, err
		}
		words, err := Split(text)
		if err == nil {
			return words, nil
		}
		s.fill = text
		if _, err := fmt.Fprintln(s.terminal, err); err != nil {
			return nil, err
		}
	}
}

// read reads a line that may have been pasted.
func (s *session) read(line func() (string, error)) (string, error) {
	text, err := line()
	switch {
	case errors.Is(err, term.ErrPasteIndicator):
		return text, nil
	case errors.Is(err, io.EOF):
		return "", ErrLeft
	}
	return text, err
}

// key is called with every key that means nothing to the terminal.
func (s *session) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case prefill:
		return s.fill, len(s.fill), true
	case '\t':
		words, open, err := split(line[:pos])
		if err != nil {
			return "", 0, false
		}
		begun := ""
		if open != nil {
			begun = *open
		}
		return s.offer(line, pos, begun, s.Offers(words, begun))
	}
	return "", 0, false
}

// offer completes the word that was begun as far as all offers agree, or shows them.
func (s *session) offer(line string, pos int, begun string, offers []Offer) (newLine string, newPos int, ok bool) {
	if len(offers) == 0 || !strings.HasSuffix(line[:pos], begun) {
		return "", 0, false
	}
	common := offers[0].Word
	for _, o := range offers[1:] {
		for !strings.HasPrefix(o.Word, common) {
			common = common[:len(common)-1]
		}
	}
	if len(offers) == 1 {
		common += " "
	} else if begun == "" || common == begun {
		s.show(offers)
		return line, pos, true
	}
	before := line[:pos-len(begun)] + common
	return before + line[pos:], len(before), true
}

// maxShown is how many offers are shown at once.
const maxShown = 40

func (s *session) show(offers []Offer) {
	widest := 0
	for _, o := range offers {
		widest = max(widest, len(o.Word))
	}
	var b strings.Builder
	for _, o := range offers[:min(len(offers), maxShown)] {
		b.WriteString(s.fit(fmt.Sprintf("  %-*s  %s", widest, o.Word, o.Text)) + "\n")
	}
	if more := len(offers) - maxShown; more > 0 {
		fmt.Fprintf(&b, "  and %d more: go on writing\n", more)
	}
	_, _ = s.terminal.Write([]byte(b.String())) // what can't be shown is no reason to stop asking
}

// fit cuts a line to the width of the terminal.
func (s *session) fit(line string) string {
	line = strings.TrimRight(line, " ")
	if s.Width <= 1 || utf8.RuneCountInString(line) < s.Width {
		return line
	}
	return string([]rune(line)[:s.Width-2]) + "…"
}

// complete asks for what lacks.
func (s *session) complete(words []string) (*Line, error) {
	line := &Line{Words: words, Shown: Quote(words)}
	for _, q := range s.Lacking(words) {
		answer, err := s.answer(q)
		if err != nil {
			return nil, err
		}
		if len(answer) == 0 {
			continue
		}
		line.Words = append(append(line.Words, q.Option), answer...)
		if q.Hidden {
			answer = []string{hidden}
		}
		line.Shown += " " + Quote(append([]string{q.Option}, answer...))
	}
	return line, nil
}

// answer asks one question. No answer leaves the option out.
func (s *session) answer(q Question) ([]string, error) {
	if _, err := fmt.Fprintln(s.terminal, s.fit(q.Option+" is required: "+q.Text)); err != nil {
		return nil, err
	}
	s.terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		var offers []Offer
		for _, choice := range q.Choices {
			if strings.HasPrefix(choice, line[:pos]) {
				offers = append(offers, Offer{Word: choice})
			}
		}
		return s.offer(line, pos, line[:pos], offers)
	}
	prompt := q.Option + ": "
	s.terminal.SetPrompt(prompt)
	read := s.terminal.ReadLine
	if q.Hidden {
		read = func() (string, error) { return s.terminal.ReadPassword(prompt) }
	}
	for {
		text, err := s.read(read)
		if err != nil || text == "" {
			return nil, err
		}
		if q.Hidden {
			return []string{text}, nil
		}
		if !q.Many {
			return []string{strings.TrimSuffix(text, " ")}, nil // which a completion added
		}
		words, err := Split(text)
		if err == nil {
			return words, nil
		}
		if _, err := fmt.Fprintln(s.terminal, err); err != nil {
			return nil, err
		}
	}
}

// AskPlainly reads the end of a command line from what is no terminal: one line, behind words. Errors: ErrLeft when there
// is none; of reading, and of quotes without an end.
func AskPlainly(in io.Reader, words []string) (*Line, error) {
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || typed == "") {
		if errors.Is(err, io.EOF) {
			err = ErrLeft
		}
		return nil, err
	}
	more, err := Split(typed)
	if err != nil {
		return nil, err
	}
	all := append(append([]string{}, words...), more...)
	return &Line{Words: all, Shown: Quote(all)}, nil
}
