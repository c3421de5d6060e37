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
	Text    string   // one line that describes the option
	Choices []string // its valid values, or nil if they are not listed
	Many    bool     // the answer is a list of words
	Hidden  bool     // the terminal does not show the answer
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
const hint = "Tab completes and shows suggestions, Enter runs the command, Ctrl-C cancels.\n"

// prefill is an unused key. When it arrives, key fills in the start of the line.
const prefill = '\x1d'

// hidden is shown in place of a hidden answer.
const hidden = "(hidden)"

// Ask reads a command line that starts with words, and the missing options. Errors: ErrCanceled; errors of In and Out.
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

// session is one call of Ask. Its terminal reads from it and writes to it.
type session struct {
	*Prompter
	terminal *term.Terminal
	in       *strings.Reader // our own keys, which are read before those of the user
	fill     string
}

// Read returns keys for the terminal.
func (s *session) Read(b []byte) (int, error) {
	if s.in.Len() > 0 {
		return s.in.Read(b)
	}
	return s.In.Read(b)
}

// Write writes the terminal's output.
func (s *session) Write(b []byte) (int, error) { return s.Out.Write(b) }

// line reads lines until Split accepts one.
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
	case '\t':
		words, open, err := split(line[:pos])
		if err != nil {
			return "", 0, false
		}
		prefix := ""
		if open != nil {
			prefix = *open
		}
		return s.suggest(line, pos, prefix, s.Suggest(words, prefix))
	}
	return "", 0, false
}

// suggest completes prefix to the longest common prefix of the suggestions. If that adds nothing, it shows them.
func (s *session) suggest(line string, pos int, prefix string, suggestions []Suggestion) (newLine string, newPos int, ok bool) {
	if len(suggestions) == 0 || !strings.HasSuffix(line[:pos], prefix) {
		return "", 0, false
	}
	common := suggestions[0].Word
	for _, o := range suggestions[1:] {
		for !strings.HasPrefix(o.Word, common) {
			common = common[:len(common)-1]
		}
	}
	if len(suggestions) == 1 {
		common += " "
	} else if prefix == "" || common == prefix {
		s.show(suggestions)
		return line, pos, true
	}
	before := line[:pos-len(prefix)] + common
	return before + line[pos:], len(before), true
}

// maxShown is the largest number of suggestions that are shown together.
const maxShown = 40

func (s *session) show(suggestions []Suggestion) {
	widest := 0
	for _, o := range suggestions {
		widest = max(widest, len(o.Word))
	}
	var b strings.Builder
	for _, o := range suggestions[:min(len(suggestions), maxShown)] {
		b.WriteString(s.fit(fmt.Sprintf("  %-*s  %s", widest, o.Word, o.Text)) + "\n")
	}
	if more := len(suggestions) - maxShown; more > 0 {
		fmt.Fprintf(&b, "  and %d more: type more letters\n", more)
	}
	_, _ = s.terminal.Write([]byte(b.String())) // the prompt works without suggestions
}

// fit cuts a line to the width of the terminal.
func (s *session) fit(line string) string {
	line = strings.TrimRight(line, " ")
	if s.Width <= 1 || utf8.RuneCountInString(line) < s.Width {
		return line
	}
	return string([]rune(line)[:s.Width-2]) + "…"
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
	s.terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		var suggestions []Suggestion
		for _, choice := range q.Choices {
			if strings.HasPrefix(choice, line[:pos]) {
				suggestions = append(suggestions, Suggestion{Word: choice})
			}
		}
		return s.suggest(line, pos, line[:pos], suggestions)
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
