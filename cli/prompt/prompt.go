// Package prompt owns the interactive prompt for a command line: it completes words, shows suggestions and reads missing
// arguments. It does not know the commands; the caller supplies suggestions and questions. It stores no input.
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

// Suggestion is a word that may follow.
type Suggestion struct {
	Word string
	Text string // one line that describes the word
}

// Question is the question for the value of a missing option.
type Question struct {
	Option  string
	Text    string       // one line that describes the option
	Choices []Suggestion // its valid values, or nil if they are not listed
	Many    bool         // the answer is a list of words
	Hidden  bool         // the terminal does not show the answer
}

// Prompter reads one command line. A field is required unless its comment says otherwise.
type Prompter struct {
	// In is a terminal in raw mode, which returns single keys. Out is the terminal's output.
	In  io.Reader
	Out io.Writer

	// Width and Height are the size of the terminal, or 0 if unknown.
	Width, Height int

	// Program is the text before the command line.
	Program string

	// Suggest returns the words with that prefix that may follow words.
	Suggest func(words []string, prefix string) []Suggestion

	// Missing returns questions for the options that a command line must also have.
	Missing func(words []string) []Question
}

// ErrCanceled means that the user left the prompt without a command.
var ErrCanceled = errors.New("prompt canceled")

// Line is a command line that the user entered.
type Line struct {
	Words []string
	Shown string // the words as text, without hidden answers
}

// hint is the text before the first prompt.
const hint = "Tab completes or selects, Enter runs the command, Ctrl-C cancels.\n"

// Unused keys, with which the prompt calls itself.
const (
	prefill = '\x1d' // fills in the start of the line
	look    = '\x1c' // shows the line to the menu
)

// hidden is shown in place of a hidden answer.
const hidden = "(hidden)"

// Ask reads a command line that starts with words, and the missing options. Errors: ErrCanceled; errors of In and Out.
func (p *Prompter) Ask(words []string) (*Line, error) {
	text := Quote(words)
	if text != "" {
		text += " "
	}
	s := &session{Prompter: p, fill: text, menu: menu{p: p}}
	s.in = strings.NewReader("")
	s.terminal = term.NewTerminal(s, "")
	if err := s.terminal.SetSize(p.size()); err != nil {
		return nil, err
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

// session is one call of Ask. Its terminal reads from it and writes to it.
type session struct {
	*Prompter
	terminal *term.Terminal
	in       *strings.Reader // our own keys, which are read before those of the user
	fill     string
	menu     menu
	keys     keys
	looked   bool // true if the menu has seen the line since the last key
}

// Read returns keys for the terminal. It is called when the terminal has drawn the line. Before it waits for a key, it draws
// the menu.
func (s *session) Read(b []byte) (int, error) {
	if s.in.Len() > 0 {
		return s.in.Read(b)
	}
	if s.menu.offer != nil && !s.looked && s.keys.whole() {
		s.looked = true
		return copy(b, string(look)), nil
	}
	if s.looked {
		if _, err := io.WriteString(s.Out, s.menu.draw()); err != nil {
			return 0, err
		}
	}
	s.looked = false
	n, err := s.In.Read(b)
	s.keys.add(b[:n])
	if _, failed := io.WriteString(s.Out, s.menu.erase()); err == nil {
		err = failed
	}
	return n, err
}

// Write writes the terminal's output.
func (s *session) Write(b []byte) (int, error) { return s.Out.Write(b) }

// line reads lines until Split accepts one.
func (s *session) line() ([]string, error) {
	s.terminal.AutoCompleteCallback = s.key
	s.menu.offer = s.offer
	s.menu.prompt = "> " + s.Program + " "
	s.terminal.SetPrompt(s.menu.prompt)
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

// read reads a line, also if it is pasted.
func (s *session) read(line func() (string, error)) (string, error) {
	text, err := line()
	switch {
	case errors.Is(err, term.ErrPasteIndicator):
		return text, nil
	case errors.Is(err, io.EOF):
		return "", ErrCanceled
	}
	return text, err
}

// key handles the keys that the terminal does not handle itself.
func (s *session) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case prefill:
		return s.fill, len(s.fill), true
	case look:
		s.menu.look(line, pos)
	case '\t':
		return s.menu.tab(line, pos)
	}
	return "", 0, false
}

// offer returns the words that may be at the cursor, and the start of the word before it.
func (s *session) offer(line string, pos int) (prefix string, suggestions []Suggestion) {
	words, open, err := split(line[:pos])
	if err != nil {
		return "", nil
	}
	if open != nil {
		prefix = *open
	}
	return prefix, s.Suggest(words, prefix)
}

// fit cuts a line to the width of the terminal.
func (p *Prompter) fit(line string) string {
	line = strings.TrimRight(line, " ")
	width, _ := p.size()
	if utf8.RuneCountInString(line) < width {
		return line
	}
	return string([]rune(line)[:max(0, width-2)]) + "…"
}

// complete asks the questions about missing options and adds the answers to words.
func (s *session) complete(words []string) (*Line, error) {
	line := &Line{Words: words, Shown: Quote(words)}
	for _, q := range s.Missing(words) {
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

// answer asks one question. An empty answer returns nil, and the option is omitted.
func (s *session) answer(q Question) ([]string, error) {
	if _, err := fmt.Fprintln(s.terminal, s.fit(q.Option+" is required: "+q.Text)); err != nil {
		return nil, err
	}
	s.menu.offer = nil
	if len(q.Choices) > 0 && !q.Hidden {
		s.menu.offer = q.offer
	}
	s.menu.prompt = q.Option + ": "
	s.terminal.SetPrompt(s.menu.prompt)
	read := s.terminal.ReadLine
	if q.Hidden {
		read = func() (string, error) { return s.terminal.ReadPassword(s.menu.prompt) }
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
			return []string{strings.TrimSuffix(text, " ")}, nil // a completion added the space
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

// offer returns the valid values that start like the last word of the answer.
func (q *Question) offer(line string, pos int) (prefix string, suggestions []Suggestion) {
	prefix = line[:pos]
	if q.Many {
		prefix = prefix[strings.LastIndexByte(prefix, ' ')+1:]
	}
	for _, choice := range q.Choices {
		if strings.HasPrefix(choice.Word, prefix) {
			suggestions = append(suggestions, choice)
		}
	}
	return prefix, suggestions
}

// AskWithoutTerminal reads one line from an input that is not a terminal, and appends its words to words.
// Errors: ErrCanceled if there is no line; errors of in; an error for an unclosed quote.
func AskWithoutTerminal(in io.Reader, words []string) (*Line, error) {
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || typed == "") {
		if errors.Is(err, io.EOF) {
			err = ErrCanceled
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
