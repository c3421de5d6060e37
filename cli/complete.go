package cli

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/document"
)

// completionTimeout limits the requests for one completion if Command has no limit.
const completionTimeout = 1500 * time.Millisecond

// forCompletion returns a context for the requests for one completion.
func (c *Command) forCompletion(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(c.CompletionTimeout, completionTimeout))
}

// Options whose values a server lists.
const (
	argUserPoolID = "--user-pool-id"
	argClientID   = "--client-id"
)

// Commands returns the completions for the name of a command.
func Commands(prefix string) []string { return suggestions(commandCompletions(), prefix) }

// Complete returns shell completions for a command line after "cognito-idp". words are the complete words, prefix is the
// start of the next one. A completion is a word, or a word, a tab and a description. The IDs of user pools and app clients
// are those of the server that the command line calls. If it does not answer in time, they are missing.
func (c *Command) Complete(ctx context.Context, words []string, prefix string) []string {
	ctx, cancel := c.forCompletion(ctx)
	defer cancel()
	at := slices.IndexFunc(words, func(word string) bool { _, ok := api.LookupCommand(word); return ok })
	if at < 0 {
		return completeBefore(words, prefix)
	}
	op, _ := api.LookupCommand(words[at])
	words = slices.Concat(words[at:at+1], words[:at], words[at+1:])
	last := words[len(words)-1]
	if name, value, found := strings.Cut(prefix, "="); found && strings.HasPrefix(name, "--") {
		last, prefix = name, value
	} else {
		words = words[:len(words)-1]
	}
	return c.completeAfter(ctx, op, words, last, prefix)
}

// completeBefore returns the completions for a word before the command. words are global options.
func completeBefore(words []string, prefix string) []string {
	grammar := globalGrammar()
	for _, o := range grammar.Options {
		if len(words) > 0 && o.Name == words[len(words)-1] && o.Arity == arguments.One {
			return suggestions(o.Choices, prefix)
		}
	}
	globals, err := grammar.Parse(append([]string{serviceCommand}, words...))
	switch {
	case err != nil || len(globals.Rest) > 0:
		return nil
	case strings.HasPrefix(prefix, "-"):
		return suggestions(namesOf(grammar.Options, words), prefix)
	}
	return suggestions(commandCompletions(), prefix)
}

// namesOf returns the names of the options that are not in words.
func namesOf(options []arguments.Option, words []string) []string {
	var names []string
	for _, o := range options {
		if !slices.Contains(words, o.Name) {
			names = append(names, o.Name)
		}
	}
	return names
}

// completeAfter returns the completions for the word after last, which may be an option with a value.
func (c *Command) completeAfter(ctx context.Context, op *api.Operation, words []string, last, prefix string) []string {
	grammar := operationGrammar(op, nil)
	all := slices.Concat(grammar.Options, globalGrammar().Options)
	for _, o := range all {
		if o.Name != last {
			continue
		}
		values := valuesOf(op, last, o.Choices)
		if values == nil && (last == argUserPoolID || last == argClientID) {
			values = c.identifiers(ctx, op, words, last)
		}
		if values != nil {
			return suggestions(values, prefix)
		}
	}
	names := namesOf(all, append(slices.Clip(words), last))
	if last == op.CLI {
		names = append(names, helpWord)
	}
	return suggestions(names, prefix)
}

// identifiers asks the server of a command line for the values of an option. It is silent: it returns an empty list if the
// server does not list them in time.
func (c *Command) identifiers(ctx context.Context, op *api.Operation, words []string, option string) []string {
	globals, err := globalGrammar().Parse(append([]string{serviceCommand}, words...))
	if err != nil || len(globals.Rest) == 0 {
		return []string{}
	}
	list, params := "ListUserPools", &document.Object{}
	params.Set("MaxResults", int64(60))
	if option == argClientID {
		given, _ := operationGrammar(op, nil).Parse(globals.Rest[1:])
		if given == nil {
			return []string{}
		}
		pool, ok := given.First(argUserPoolID)
		if !ok {
			return []string{}
		}
		list = "ListUserPoolClients"
		params.Set("UserPoolId", pool)
	}
	return c.list(ctx, globals, list, params)
}

// list returns the IDs in the response of an operation that lists user pools or app clients, each with its name. It reads
// pages until there are no more, or until ctx ends.
func (c *Command) list(ctx context.Context, globals *arguments.Values, operation string, params *document.Object) []string {
	ids := []string{}
	op, ok := api.Lookup(operation)
	if !ok {
		return ids
	}
	session, err := c.silentSession(ctx, globals, op)
	if err != nil {
		return ids
	}
	for {
		page, err := session.request(ctx, params)
		if err != nil {
			return ids
		}
		value, _ := page.Get(op.Paginator.ResultKey)
		entries, _ := value.([]any)
		for _, entry := range entries {
			if id := identifier(entry); id != "" {
				ids = append(ids, id)
			}
		}
		token, _ := page.Get(nextToken)
		if token == nil || len(entries) == 0 {
			return ids
		}
		params.Set(nextToken, token)
	}
}

// silentSession returns a session for one attempt of each request. It writes nothing to Stderr.
func (c *Command) silentSession(ctx context.Context, globals *arguments.Values, op *api.Operation) (*session, error) {
	silent := *c
	silent.Stderr, silent.StderrTerminal = io.Discard, false
	options, err := newOptions(globals)
	if err != nil {
		return nil, err
	}
	settings, err := options.profile()
	if err != nil {
		return nil, err
	}
	call := &call{Command: &silent, op: op, values: &arguments.Values{}, options: options}
	session, err := call.connect(ctx, settings)
	if err != nil {
		return nil, err
	}
	session.retries.attempts = 1
	return session, nil
}

// identifier returns the ID of a user pool or an app client, a tab and its name. It returns "" for an ID with a character
// that has a meaning in a shell, which no server of this API creates.
func identifier(entry any) string {
	object, _ := entry.(*document.Object)
	if object == nil {
		return ""
	}
	text := func(names ...string) string {
		for _, name := range names {
			if value, _ := object.Get(name); value != nil {
				word, _ := value.(string)
				return word
			}
		}
		return ""
	}
	id, name := text("ClientId", "Id"), text("ClientName", "Name")
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII || !isWordRune(r) }) {
		return ""
	}
	return id + "\t" + strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }), " ")
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_+-", r)
}

// commandCompletions returns all commands.
func commandCompletions() []string {
	all := make([]string, 0, len(api.Operations())+1)
	for _, op := range api.Operations() {
		all = append(all, op.CLI+"\t"+op.Name)
	}
	return append(all, helpWord+"\tLists all commands")
}

// valuesOf returns the values of an option: its choices, or the enumeration of the member. It returns nil for others.
func valuesOf(op *api.Operation, option string, choices []string) []string {
	if choices != nil {
		return choices
	}
	for _, a := range op.Arguments {
		shape := op.Input.Member(a.Member).Shape
		if a.Flag != option {
			continue
		}
		if shape.Kind == api.KindList {
			shape = shape.Element
		}
		return shape.Enum
	}
	return nil
}

func suggestions(all []string, prefix string) []string {
	var withPrefix []string
	for _, word := range all {
		if strings.HasPrefix(word, prefix) {
			withPrefix = append(withPrefix, word)
		}
	}
	return withPrefix
}
