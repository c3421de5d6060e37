package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/help"
	"cognate/cli/helptext"
	"cognate/cli/profile"
	"cognate/cli/prompt"
)

// promptMode decides when the command shows a prompt.
type promptMode string

// Values of AWS_CLI_AUTO_PROMPT and of the setting cli_auto_prompt. Any other is promptOff.
const (
	promptOff     promptMode = "off"
	promptOn      promptMode = "on"
	promptPartial promptMode = "on-partial" // only for an invalid command line
)

// promptModeOf returns the mode of the command line, the environment or the profile, in this order. Errors: *usageError.
// Source: AWS CLI user guide, "Command prompts"; observed behaviour of AWS CLI 2.9.
func promptModeOf(args []string) (promptMode, error) {
	on, off := slices.Contains(args, optAutoPrompt), slices.Contains(args, optNoAutoPrompt)
	switch {
	case on && off:
		return promptOff, &usageError{"Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified at the same time."}
	case off, slices.Contains(args, helpWord), slices.Contains(args, optVersion):
		return promptOff, nil
	case on:
		return promptOn, nil
	}
	mode := os.Getenv("AWS_CLI_AUTO_PROMPT")
	if mode == "" {
		settings, err := profile.Load("")
		if err != nil {
			return promptOff, nil //nolint:nilerr // the command reports this error later, if it needs the profile
		}
		mode = settings.Get("cli_auto_prompt")
	}
	return promptMode(strings.ToLower(mode)), nil
}

// runWithPrompt runs a command line. If the mode requires it, it first shows a prompt for the command line.
func (c *Command) runWithPrompt(ctx context.Context, args []string) error {
	mode, err := promptModeOf(args)
	if err != nil {
		return err
	}
	switch mode {
	case promptOn:
	case promptPartial:
		err := c.run(ctx, args)
		if err == nil {
			return nil
		}
		if _, status := Explain(err); status != StatusUsage {
			return err
		}
	default:
		return c.run(ctx, args)
	}
	args = slices.DeleteFunc(slices.Clone(args), func(word string) bool { return word == optAutoPrompt })
	line, err := c.promptForLine(ctx, args)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "> cognate %s\n", line.Shown)
	return c.run(ctx, line.Words)
}

// errNoInput is the error of a prompt without input. It has no text, as in the AWS CLI.
var errNoInput = errors.New("")

// promptForLine reads the rest of a command line that starts with args: on the terminal, or from Stdin if that is not a
// terminal.
func (c *Command) promptForLine(ctx context.Context, args []string) (line *prompt.Line, err error) {
	if c.RawStdin == nil {
		fmt.Fprintln(c.Stderr, "Warning: Input is not a terminal (fd=0).")
		line, err := prompt.AskWithoutTerminal(c.Stdin, args)
		if errors.Is(err, prompt.ErrCanceled) {
			return nil, errNoInput
		}
		return line, err
	}
	if len(args) == 0 {
		args = []string{serviceCommand}
	}
	screen := c.Stdout
	if !c.Terminal {
		screen = c.Stderr
	}
	line, err = c.askOnTerminal(ctx, screen, args)
	if errors.Is(err, prompt.ErrCanceled) {
		_, _ = io.WriteString(screen, "\n")
	}
	return line, err
}

// askOnTerminal shows the prompt. It restores the terminal on every return, also of a panic.
func (c *Command) askOnTerminal(ctx context.Context, screen io.Writer, args []string) (line *prompt.Line, err error) {
	restore, err := c.RawStdin()
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	defer func() {
		if restored := restore(); err == nil {
			err = restored
		}
	}()
	s := &suggester{Command: c, ctx: ctx, listed: map[string][]prompt.Suggestion{}}
	prompter := &prompt.Prompter{
		In: &contextReader{ctx, c.Stdin}, Out: screen, Width: c.TerminalWidth, Height: c.TerminalHeight,
		Program: "cognate", Suggest: s.words, Missing: s.missingArguments,
	}
	return prompter.Ask(args)
}

// suggester makes the suggestions of one prompt.
type suggester struct {
	*Command
	ctx    context.Context
	listed map[string][]prompt.Suggestion // what the server listed, by the command line that asked
}

// contextReader is a reader that returns io.EOF when ctx ends, even during a blocked read.
type contextReader struct {
	ctx context.Context
	in  io.Reader
}

// Read stops waiting when ctx ends. Input after that is lost, because the program ends too.
func (k *contextReader) Read(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	typed := make([]byte, len(b))
	done := make(chan result, 1)
	go func() {
		n, err := k.in.Read(typed)
		done <- result{n, err}
	}()
	select {
	case <-k.ctx.Done():
		return 0, io.EOF
	case r := <-done:
		return copy(b, typed[:r.n]), r.err
	}
}

// words returns the words that may follow on a command line: commands, options and values of options. Required
// arguments are first.
func (s *suggester) words(words []string, prefix string) []prompt.Suggestion {
	at := slices.Index(words, serviceCommand)
	if at < 0 {
		return withPrefix(append([]prompt.Suggestion{{Word: serviceCommand, Text: help.Summary()}}, globalSuggestions(words)...), prefix)
	}
	line := words
	words = words[at+1:]
	if len(words) == 0 {
		return withPrefix(append(s.commands(), globalSuggestions(words)...), prefix)
	}
	op, ok := api.LookupCommand(words[0])
	if !ok {
		return nil
	}
	grammar := operationGrammar(op, nil)
	last := words[len(words)-1]
	for _, o := range slices.Concat(grammar.Options, globalGrammar().Options) {
		if o.Name != last {
			continue
		}
		if values := s.values(op, afterService(line[:len(line)-1]), o); values != nil {
			return withPrefix(values, prefix)
		}
	}
	return withPrefix(append(argumentSuggestions(op, grammar, words), globalSuggestions(words)...), prefix)
}

func withPrefix(all []prompt.Suggestion, prefix string) []prompt.Suggestion {
	return slices.DeleteFunc(all, func(o prompt.Suggestion) bool { return !strings.HasPrefix(o.Word, prefix) })
}

// values returns the values of an option, or nil if they are not known. words are the command line before it.
func (s *suggester) values(op *api.Operation, words []string, o arguments.Option) []prompt.Suggestion {
	if values := valuesOf(op, o.Name, o.Choices); values != nil {
		return plainSuggestions(values)
	}
	if o.Name != argUserPoolID && o.Name != argClientID {
		return nil
	}
	key := prompt.Quote(append(slices.Clone(words), o.Name))
	if known, ok := s.listed[key]; ok {
		return known
	}
	ctx, cancel := s.forCompletion(s.ctx)
	defer cancel()
	var all []prompt.Suggestion
	for _, text := range s.identifiers(ctx, op, words, o.Name) {
		id, name, _ := strings.Cut(text, "\t")
		all = append(all, prompt.Suggestion{Word: id, Text: name})
	}
	s.listed[key] = all
	return all
}

func plainSuggestions(words []string) []prompt.Suggestion {
	all := make([]prompt.Suggestion, len(words))
	for i, word := range words {
		all[i].Word = word
	}
	return all
}

func (s *suggester) commands() []prompt.Suggestion {
	operations := api.Operations()
	all := make([]prompt.Suggestion, 0, len(operations)+1)
	for _, op := range operations {
		all = append(all, prompt.Suggestion{Word: op.CLI, Text: helptext.Operation(op)})
	}
	return append(all, prompt.Suggestion{Word: helpWord})
}

// argumentSuggestions returns the options of a command that are not in words.
func argumentSuggestions(op *api.Operation, grammar *arguments.Grammar, words []string) []prompt.Suggestion {
	var all []prompt.Suggestion
	for _, o := range grammar.Options {
		if slices.Contains(words, o.Name) {
			continue
		}
		all = append(all, prompt.Suggestion{Word: o.Name, Text: optionText(op, o)})
	}
	slices.SortStableFunc(all, func(a, b prompt.Suggestion) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return all
}

// requiredMark is the prefix of the text of a required option.
const requiredMark = "[required] "

func rank(o prompt.Suggestion) int {
	if strings.HasPrefix(o.Text, requiredMark) {
		return 0
	}
	return 1
}

// optionText describes an option of a command.
func optionText(op *api.Operation, o arguments.Option) string {
	if text := help.Common(o.Name); text != "" {
		return text
	}
	for _, a := range op.Arguments {
		if a.Flag != o.Name && negated(a.Flag) != o.Name {
			continue
		}
		text := helptext.Member(op.Input, a.Member)
		if o.Required {
			text = requiredMark + text
		}
		return text
	}
	return ""
}

func globalSuggestions(words []string) []prompt.Suggestion {
	var all []prompt.Suggestion
	for _, g := range help.Globals() {
		if !slices.Contains(words, g.Name) {
			all = append(all, prompt.Suggestion{Word: g.Name, Text: g.Text})
		}
	}
	return all
}

// missingArguments returns questions for the required arguments that a command line does not have. If the command line
// has other errors, it returns nothing; the command reports them.
func (s *suggester) missingArguments(words []string) []prompt.Question {
	globals, err := globalGrammar().Parse(words)
	if err != nil || len(globals.Rest) == 0 {
		return nil
	}
	op, ok := api.LookupCommand(globals.Rest[0])
	if !ok {
		return nil
	}
	rest := globals.Rest[1:]
	if slices.Contains(rest, helpWord) {
		return nil
	}
	given := map[string]bool{}
	grammar := operationGrammar(op, rest)
	if values, _ := grammar.Parse(rest); values != nil {
		for name := range values.Given {
			given[name] = true
		}
	}
	needsToken := op.Auth == api.AuthTokenOrSession && !given[argSession] && !hasInputDocument(rest)
	var questions []prompt.Question
	for _, o := range grammar.Options {
		if (o.Required || needsToken && o.Name == argAccessToken) && !given[o.Name] {
			questions = append(questions, s.question(op, words, o))
		}
	}
	return questions
}

// afterService returns the words after the name of the service, and the global options before it.
func afterService(words []string) []string {
	at := slices.Index(words, serviceCommand)
	return slices.Concat(words[at+1:min(at+2, len(words))], words[:max(at, 0)], words[min(at+2, len(words)):])
}

// Arguments of operations that accept either an access token or a session.
const (
	argAccessToken = "--access-token"
	argSession     = "--session"
)

func (s *suggester) question(op *api.Operation, words []string, o arguments.Option) prompt.Question {
	q := prompt.Question{
		Option: o.Name, Many: o.Arity == arguments.Many, Choices: s.values(op, afterService(words), o),
		Text: strings.TrimPrefix(optionText(op, o), requiredMark),
	}
	for _, a := range op.Arguments {
		if a.Flag == o.Name {
			q.Hidden = isSecret(op.Input.Member(a.Member))
		}
	}
	return q
}

// isSecret reports whether the terminal must not show the value of a member: passwords, tokens, secrets. Codes are shown:
// they expire soon, and hidden input makes typing errors likely.
func isSecret(m *api.Member) bool {
	if m.Shape.Kind != api.KindString || !m.Shape.Sensitive {
		return false
	}
	return slices.ContainsFunc([]string{"Password", "Token", "Secret", "Session"}, func(part string) bool {
		return strings.Contains(m.Name, part)
	})
}
