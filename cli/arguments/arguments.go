// Package arguments owns the syntax of the command line, which is that of the AWS CLI: options at any position,
// unambiguous abbreviations of their names, several words after an option, and the texts of usage errors. It does not
// know what an option means.
//
// Source: AWS CLI version 2 user guide, "Specify parameter values"; behaviour of its argument parser (Python argparse).
package arguments

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cognate/cli/document"
	"cognate/internal/similar"
)

// Arity is the number of words that an option takes.
type Arity int

// Values of Arity.
const (
	None  Arity = iota // a flag
	One                //
	Maybe              // zero or one
	Many               // any number
)

// Option is an option of a command line.
type Option struct {
	Name     string   // "--page-size"
	Arity    Arity    //
	Key      string   // the key in Values; Name if empty
	Constant string   // the value of a flag, or of a Maybe option without a word
	Choices  []string // the allowed words, or nil for any
	Integer  bool     // the word must be an integer
	Required bool
	Exact    bool // no abbreviation means this option, so that it makes no abbreviation of another ambiguous
}

func (o *Option) key() string {
	if o.Key != "" {
		return o.Key
	}
	return o.Name
}

// Grammar describes the options and words of a command line.
type Grammar struct {
	Options []Option
	// Positional is the name of the first word that belongs to no option. A missing word is an error unless Optional is
	// set.
	Positional string
	Optional   bool
}

// Values is a parsed command line.
type Values struct {
	Given map[string][]string // by Key; if two options have the same key, the last one is used
	Word  string              // the positional
	Rest  []string            // unknown options and words, in order
}

// First returns the first word of an option, and whether the option is set.
func (v *Values) First(key string) (string, bool) {
	words, ok := v.Given[key]
	if !ok || len(words) == 0 {
		return "", ok
	}
	return words[0], true
}

// Is reports whether the first word of an option is value.
func (v *Values) Is(key, value string) bool {
	first, ok := v.First(key)
	return ok && first == value
}

// Error is an invalid command line. Its text is that of the AWS CLI.
type Error struct{ Text string }

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Parse parses a command line. Errors: *Error.
func (g *Grammar) Parse(words []string) (*Values, error) {
	values := &Values{Given: map[string][]string{}}
	classified, err := g.classify(words)
	if err != nil {
		return nil, err
	}
	positional := false
	for i := 0; i < len(words); {
		word := classified[i]
		switch {
		case !word.option && g.Positional != "" && !positional:
			values.Word, positional = words[i], true
			if i++; i < len(words) && words[i] == endOfOptions { // it belongs to the word before it
				i++
			}
		case !word.option || word.known == nil:
			values.Rest = append(values.Rest, words[i])
			i++
		default:
			end := i + 1
			for end < len(words) && !classified[end].option {
				end++
			}
			optionResult, err := word.known.take(word, words[i+1:end])
			if err != nil {
				return nil, err
			}
			values.Given[word.known.key()] = optionResult.values
			i += 1 + optionResult.words
		}
	}
	return values, g.missing(values, positional)
}

// missing returns the error for missing required options, or for a missing positional word.
func (g *Grammar) missing(values *Values, positional bool) error {
	var names []string
	for _, o := range g.Options {
		if _, given := values.Given[o.key()]; o.Required && !given {
			names = append(names, o.Name)
		}
	}
	if g.Positional != "" && !g.Optional && !positional {
		names = append(names, g.Positional)
	}
	if len(names) == 0 {
		return nil
	}
	return &Error{"the following arguments are required: " + strings.Join(names, ", ")}
}

// word is one classified word of the command line.
type word struct {
	option   bool    // it cannot be the value of an option
	known    *Option // nil for an unknown option
	explicit *string // the text after "=", or nil
}

var negativeNumber = regexp.MustCompile(`^-\d+$|^-\d*\.\d+$`)

// endOfOptions: words after this one are not options.
const endOfOptions = "--"

func (g *Grammar) classify(words []string) ([]word, error) {
	all := make([]word, len(words))
	for i, text := range words {
		if text == endOfOptions {
			all[i] = word{option: true} // not a value of an option
			return all, nil
		}
		var err error
		if all[i], err = g.look(text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (g *Grammar) look(text string) (word, error) {
	if len(text) < 2 || text[0] != '-' {
		return word{}, nil
	}
	name, value, hasValue := strings.Cut(text, "=")
	if o := g.option(text); o != nil {
		return word{option: true, known: o}, nil
	}
	w := word{option: true}
	if hasValue {
		w.explicit = &value
	}
	if w.known = g.option(name); w.known != nil {
		return w, nil
	}
	matches := g.optionsWithPrefix(name)
	switch {
	case len(matches) > 1:
		names := make([]string, len(matches))
		for i, o := range matches {
			names[i] = o.Name
		}
		return word{}, &Error{fmt.Sprintf("ambiguous option: %s could match %s", text, strings.Join(names, ", "))}
	case len(matches) == 1:
		w.known = matches[0]
		return w, nil
	case negativeNumber.MatchString(text), strings.Contains(text, " "):
		return word{}, nil
	}
	return w, nil
}

func (g *Grammar) option(name string) *Option {
	for i := range g.Options {
		if g.Options[i].Name == name {
			return &g.Options[i]
		}
	}
	return nil
}

func (g *Grammar) optionsWithPrefix(prefix string) []*Option {
	var all []*Option
	for i := range g.Options {
		if !g.Options[i].Exact && strings.HasPrefix(g.Options[i].Name, prefix) {
			all = append(all, &g.Options[i])
		}
	}
	return all
}

// optionResult is the result of applying an option to the words after it.
type optionResult struct {
	values []string
	words  int // number of the following words that were used
}

func (o *Option) take(w word, following []string) (optionResult, error) {
	if w.explicit != nil {
		if o.Arity == None {
			return optionResult{}, o.newError("ignored explicit argument " + quote(*w.explicit))
		}
		return optionResult{values: []string{*w.explicit}}, o.check(*w.explicit)
	}
	switch o.Arity {
	case None:
		return optionResult{values: []string{o.Constant}}, nil
	case Many:
		return optionResult{values: slices.Clone(following), words: len(following)}, nil
	}
	if len(following) == 0 {
		if o.Arity == Maybe {
			return optionResult{values: []string{o.Constant}}, nil
		}
		return optionResult{}, o.newError("expected one argument")
	}
	return optionResult{values: following[:1:1], words: 1}, o.check(following[0])
}

func (o *Option) check(value string) error {
	if o.Integer {
		if _, ok := document.Integer(value); !ok {
			return o.newError("invalid int value: " + quote(value))
		}
	}
	if o.Choices != nil && !slices.Contains(o.Choices, value) {
		return InvalidChoice(o.Name, value, o.Choices)
	}
	return nil
}

func (o *Option) newError(what string) error { return &Error{"argument " + o.Name + ": " + what} }

// quote quotes a word as the AWS CLI's messages do.
func quote(s string) string {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
}

// InvalidChoice returns the error for a word that is not one of the choices. It lists the choices in two columns, and
// up to three similar ones.
func InvalidChoice(argument, value string, choices []string) error {
	lines := []string{"argument " + argument + ": Invalid choice, valid choices are:\n"}
	for pair := range slices.Chunk(choices, 2) {
		for i := range pair {
			pair[i] = fmt.Sprintf("%-40s", pair[i])
		}
		lines = append(lines, strings.Join(pair, " | "))
	}
	if similar := suggestion(value, choices); similar != "" {
		lines = append(lines, "\n\n"+similar)
	}
	return &Error{strings.Join(lines, "\n")}
}

// Mistyped returns the text for a word that is not one of many choices. Unlike InvalidChoice, it lists only similar ones.
func Mistyped(argument, value string, choices []string) string {
	text := suggestion(value, choices)
	if text == "" {
		text = "Invalid choice: " + quote(value)
	}
	return "argument " + argument + ": " + text
}

// suggestion returns a text with the choices that are similar to a wrong word, or "" if there are none.
func suggestion(value string, choices []string) string {
	closest := similar.Closest(value, choices)
	if len(closest) == 0 {
		return ""
	}
	return "Invalid choice: " + quote(value) + ", maybe you meant:\n\n  * " + strings.Join(closest, "\n  * ")
}
