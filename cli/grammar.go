package cli

import (
	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/help"
	"cognate/cli/output"
)

// serviceCommand is the word that this package answers to.
const serviceCommand = "cognito-idp"

// helpWord asks for help in place of a command or of arguments.
const helpWord = "help"

// Global options, as Values know them.
const (
	optDebug          = "--debug"
	optEndpoint       = "--endpoint-url"
	optNoVerify       = "--no-verify-ssl"
	optNoPaginate     = "--no-paginate"
	optOutput         = "--output"
	optQuery          = "--query"
	optProfile        = "--profile"
	optRegion         = "--region"
	optVersion        = "--version"
	optColor          = "--color"
	optNoSign         = "--no-sign-request"
	optCABundle       = "--ca-bundle"
	optReadTimeout    = "--cli-read-timeout"
	optConnectTimeout = "--cli-connect-timeout"
	optBinaryFormat   = "--cli-binary-format"
	optNoPager        = "--no-cli-pager"
	optAutoPrompt     = "--cli-auto-prompt"
	optNoAutoPrompt   = "--no-cli-auto-prompt"
)

// Values of --cli-binary-format.
const (
	binaryBase64 = "base64"
	binaryRaw    = "raw-in-base64-out"
)

// yes is the value of a flag that was given.
const yes = "true"

// globalGrammar is what may stand anywhere on the command line, around the name of the service.
func globalGrammar() *arguments.Grammar {
	flag := func(name string) arguments.Option { return arguments.Option{Name: name, Constant: yes} }
	word := func(name string, choices ...string) arguments.Option {
		return arguments.Option{Name: name, Arity: arguments.One, Choices: choices}
	}
	return &arguments.Grammar{
		Options: []arguments.Option{
			flag(optDebug), word(optEndpoint), flag(optNoVerify), flag(optNoPaginate),
			word(optOutput, output.Formats()...), word(optQuery), word(optProfile), word(optRegion), flag(optVersion),
			word(optColor, "on", "off", "auto"), flag(optNoSign), word(optCABundle), word(optReadTimeout),
			word(optConnectTimeout), word(optBinaryFormat, binaryBase64, binaryRaw), flag(optNoPager),
			flag(optAutoPrompt), flag(optNoAutoPrompt),
		},
		Positional: "command",
	}
}

// Arguments that every command has besides those of its operation.
const (
	argInputJSON     = "--cli-input-json"
	argInputYAML     = "--cli-input-yaml"
	argSkeleton      = "--generate-cli-skeleton"
	argStartingToken = "--starting-token"
	argPageSize      = "--page-size"
	argMaxItems      = "--max-items"
	argDryRun        = "--dry-run" // ours
)

// Values of --generate-cli-skeleton.
const (
	skeletonInput  = "input"
	skeletonOutput = "output"
	skeletonYAML   = "yaml-input"
)

// operationGrammar is what may stand behind the name of a command. words are those: with some arguments in them, nothing
// is required any more.
func operationGrammar(op *api.Operation, words []string) *arguments.Grammar {
	required := !inputComesFromElsewhere(words)
	g := &arguments.Grammar{Positional: helpWord, Optional: true}
	for _, a := range op.Arguments {
		m := op.Input.Member(a.Member)
		o := arguments.Option{Name: a.Flag, Arity: arguments.One, Required: m.Required && required}
		switch m.Shape.Kind {
		case api.KindBoolean:
			o.Arity, o.Constant = arguments.None, yes
			g.Options = append(g.Options, o, arguments.Option{Name: negated(a.Flag), Key: a.Flag, Constant: "false"})
			continue
		case api.KindList:
			o.Arity = arguments.Many
		}
		g.Options = append(g.Options, o)
	}
	g.Options = append(g.Options,
		arguments.Option{Name: argInputJSON, Arity: arguments.One},
		arguments.Option{Name: argInputYAML, Arity: arguments.One})
	if op.Paginator != nil {
		g.Options = append(g.Options,
			arguments.Option{Name: argStartingToken, Arity: arguments.One},
			arguments.Option{Name: argPageSize, Arity: arguments.One, Integer: true},
			arguments.Option{Name: argMaxItems, Arity: arguments.One, Integer: true})
	}
	if help.HasDryRun(op) {
		g.Options = append(g.Options, arguments.Option{Name: argDryRun, Constant: yes})
	}
	g.Options = append(g.Options, arguments.Option{
		Name: argSkeleton, Arity: arguments.Maybe, Constant: skeletonInput,
		Choices: []string{skeletonInput, skeletonOutput, skeletonYAML},
	})
	return g
}

func negated(flag string) string { return "--no-" + flag[len("--"):] }

// inputComesFromElsewhere looks for the arguments that make the others optional. Only whole names count.
func inputComesFromElsewhere(words []string) bool {
	for i, w := range words {
		switch w {
		case argInputJSON, argInputYAML:
			return true
		case argSkeleton:
			if i+1 == len(words) || words[i+1] != skeletonOutput {
				return true
			}
		}
	}
	return false
}

// commandNames lists every command in order, and "help".
func commandNames() []string {
	operations := api.Operations()
	names := make([]string, 0, len(operations)+1)
	for _, op := range operations {
		names = append(names, op.CLI)
	}
	return append(names, helpWord)
}
