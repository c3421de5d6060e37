package cli

import (
	"cognate/api"
	"cognate/cli/arguments"
	"cognate/cli/help"
	"cognate/cli/output"
)

// serviceCommand is the command that this package implements.
const serviceCommand = "cognito-idp"

// helpWord shows help if it is used as a command or after one.
const helpWord = "help"

// Global options.
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

// yes is the value of a flag that is set.
const yes = "true"

// globalGrammar returns the grammar of the global options, which are allowed at any position.
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

// Arguments of commands that are not members of the operation's input.
const (
	argInputJSON     = "--cli-input-json"
	argInputYAML     = "--cli-input-yaml"
	argSkeleton      = "--generate-cli-skeleton"
	argStartingToken = "--starting-token"
	argPageSize      = "--page-size"
	argMaxItems      = "--max-items"

	// These are not in the AWS CLI.
	argDryRun  = "--dry-run"
	argIssuer  = "--issuer"
	argAccount = "--account"
)

// Values of --generate-cli-skeleton.
const (
	skeletonInput  = "input"
	skeletonOutput = "output"
	skeletonYAML   = "yaml-input"
)

// operationGrammar returns the grammar of the words after the name of a command. If words has an input document, no
// argument is required.
func operationGrammar(op *api.Operation, words []string) *arguments.Grammar {
	required := !hasInputDocument(words)
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
		g.Options = append(g.Options, arguments.Option{Name: argDryRun, Constant: yes, Exact: true})
	}
	if help.HasQR(op) {
		g.Options = append(g.Options,
			arguments.Option{Name: argIssuer, Arity: arguments.One, Exact: true},
			arguments.Option{Name: argAccount, Arity: arguments.One, Exact: true})
	}
	g.Options = append(g.Options, arguments.Option{
		Name: argSkeleton, Arity: arguments.Maybe, Constant: skeletonInput,
		Choices: []string{skeletonInput, skeletonOutput, skeletonYAML},
	})
	return g
}

func negated(flag string) string { return "--no-" + flag[len("--"):] }

// hasInputDocument reports whether words has an argument that makes all others optional. Abbreviated names do not count.
func hasInputDocument(words []string) bool {
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

// commandNames returns all commands in order, and "help".
func commandNames() []string {
	operations := api.Operations()
	names := make([]string, 0, len(operations)+1)
	for _, op := range operations {
		names = append(names, op.CLI)
	}
	return append(names, helpWord)
}
