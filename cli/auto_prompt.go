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

// promptMode is when to ask for a command line.
type promptMode string

// Values of AWS_CLI_AUTO_PROMPT and of the setting cli_auto_prompt. Any other is promptOff.
const (
	promptOff     promptMode = "off"
	promptOn      promptMode = "on"
	promptPartial promptMode = "on-partial" // only for a command line that can't be run
)

// promptWhen tells when to ask. Errors: *usageError.
// Source: AWS CLI user guide, "Command prompts"; observed behaviour of AWS CLI 2.9.
func promptWhen(args []string) (promptMode, error) {
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
			return promptOff, nil //nolint:nilerr // a profile that can't be read is told of when it is needed
		}
		mode = settings.Get("cli_auto_prompt")
	}
	return promptMode(strings.ToLower(mode)), nil
}

// prompted runs a command line, which it asks for first if it is told to.
func (c *Command) prompted(ctx context.Context, args []string) error {
	mode, err := promptWhen(args)
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
	line, err := c.ask(ctx, args)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "> cognate %s\n", line.Shown)
	return c.run(ctx, line.Words)
}

// errNoInput is what the original says when its prompt has nobody to ask: nothing.
var errNoInput = errors.New("")

// ask asks for a command line that begins with args: on the terminal, else on what stdin is instead.
func (c *Command) ask(ctx context.Context, args []string) (*prompt.Line, error) {
	if c.RawStdin == nil {
		fmt.Fprintln(c.Stderr, "Warning: Input is not a terminal (fd=0).")
		line, err := prompt.AskPlainly(c.Stdin, args)
		if errors.Is(err, prompt.ErrLeft) {
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
	restore, err := c.RawStdin()
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	asking := &prompt.Prompter{
		In: &keys{ctx, c.Stdin}, Out: screen, Width: c.TerminalWidth, Height: promptHeight,
		Program: "cognate", Offers: offersAfter, Lacking: lacking,
	}
	line, err := asking.Ask(args)
	if restored := restore(); err == nil {
		err = restored
	}
	if errors.Is(err, prompt.ErrLeft) {
		_, _ = io.WriteString(screen, "\n")
	}
	return line, err
}

// promptHeight is what the prompt takes for the height of the terminal, which matters to nothing that it draws.
const promptHeight = 24

// keys are a reader that ends when ctx does, even while nobody types.
type keys struct {
	ctx context.Context
	in  io.Reader
}

// Read gives up waiting when ctx ends. What is typed then is lost, with the program that it was typed for.
func (k *keys) Read(b []byte) (int, error) {
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

// offersAfter tells what may come after the words of a command line: commands, options, and the values of options. What
// is required comes first.
func offersAfter(words []string, begun string) []prompt.Offer {
	at := slices.Index(words, serviceCommand)
	if at < 0 {
		return fitting(append([]prompt.Offer{{Word: serviceCommand, Text: help.Summary()}}, globalOffers(words)...), begun)
	}
	words = words[at+1:]
	if len(words) == 0 {
		return fitting(append(commandOffers(), globalOffers(words)...), begun)
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
		if values := valuesOf(op, last, o.Choices); values != nil {
			return fitting(plainOffers(values), begun)
		}
	}
	return fitting(append(argumentOffers(op, grammar, words), globalOffers(words)...), begun)
}

func fitting(all []prompt.Offer, begun string) []prompt.Offer {
	return slices.DeleteFunc(all, func(o prompt.Offer) bool { return !strings.HasPrefix(o.Word, begun) })
}

func plainOffers(words []string) []prompt.Offer {
	all := make([]prompt.Offer, len(words))
	for i, word := range words {
		all[i].Word = word
	}
	return all
}

func commandOffers() []prompt.Offer {
	operations := api.Operations()
	all := make([]prompt.Offer, 0, len(operations)+1)
	for _, op := range operations {
		all = append(all, prompt.Offer{Word: op.CLI, Text: helptext.Operation(op)})
	}
	return append(all, prompt.Offer{Word: helpWord})
}

// argumentOffers are the options of a command that weren't given.
func argumentOffers(op *api.Operation, grammar *arguments.Grammar, words []string) []prompt.Offer {
	var all []prompt.Offer
	for _, o := range grammar.Options {
		if slices.Contains(words, o.Name) {
			continue
		}
		all = append(all, prompt.Offer{Word: o.Name, Text: optionText(op, o)})
	}
	slices.SortStableFunc(all, func(a, b prompt.Offer) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return all
}

// requiredMark stands before the text of what is required.
const requiredMark = "[required] "

func rank(o prompt.Offer) int {
	if strings.HasPrefix(o.Text, requiredMark) {
		return 0
	}
	return 1
}

// optionText is what an option of a command means.
func optionText(op *api.Operation, o arguments.Option) string {
	switch o.Name {
	case argInputJSON, argInputYAML:
		return "The whole input as one document, or file:// and its path."
	case argSkeleton:
		return "Sends nothing: prints a sample of the input, or of the answer."
	case argStartingToken:
		return "Goes on where a list ended: the NextToken of an earlier answer."
	case argPageSize:
		return "How many entries to ask for in each request."
	case argMaxItems:
		return "How many entries to show."
	case argDryRun:
		return "Changes nothing: prints what would be reset."
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

func globalOffers(words []string) []prompt.Offer {
	var all []prompt.Offer
	for _, g := range help.Globals() {
		if !slices.Contains(words, g.Name) {
			all = append(all, prompt.Offer{Word: g.Name, Text: g.Text})
		}
	}
	return all
}

// lacking tells which required arguments of a command line lack. Of what is wrong otherwise the command tells itself.
func lacking(words []string) []prompt.Question {
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
	anyone := op.Auth == api.AuthTokenOrSession && !given[argSession] && !inputComesFromElsewhere(rest)
	var questions []prompt.Question
	for _, o := range grammar.Options {
		if (o.Required || anyone && o.Name == argAccessToken) && !given[o.Name] {
			questions = append(questions, question(op, o))
		}
	}
	return questions
}

// Arguments one of which names the user where either does.
const (
	argAccessToken = "--access-token"
	argSession     = "--session"
)

func question(op *api.Operation, o arguments.Option) prompt.Question {
	q := prompt.Question{
		Option: o.Name, Many: o.Arity == arguments.Many, Choices: valuesOf(op, o.Name, o.Choices),
		Text: strings.TrimPrefix(optionText(op, o), requiredMark),
	}
	for _, a := range op.Arguments {
		if a.Flag == o.Name {
			q.Hidden = isProof(op.Input.Member(a.Member))
		}
	}
	return q
}

// isProof tells which values nobody may read over a shoulder: passwords, tokens, secrets. A code is gone in a moment, and
// hard to write unseen.
func isProof(m *api.Member) bool {
	if m.Shape.Kind != api.KindString || !m.Shape.Sensitive {
		return false
	}
	return slices.ContainsFunc([]string{"Password", "Token", "Secret", "Session"}, func(part string) bool {
		return strings.Contains(m.Name, part)
	})
}
