// Package help writes the help of the command line from the tables of the API: descriptions, synopses, arguments with
// types and limits, outputs. Every sentence is ours; it holds no text of another manual.
package help

import (
	"fmt"
	"slices"
	"strings"

	"cognate/api"
	"cognate/cli/helptext"
	"cognate/cli/skeleton"
)

// Usage is the lines that stand before every complaint about a command line.
func Usage() string {
	return `usage: cognate cognito-idp <command> [arguments] [global options]
For help:

  cognate cognito-idp help
  cognate cognito-idp <command> help
`
}

const indent = "       "

// page gathers the lines of a help text.
type page struct{ b strings.Builder }

func (p *page) heading(title string) { p.b.WriteString("\n" + strings.ToUpper(title) + "\n") }

func (p *page) line(level int, format string, args ...any) {
	line := indent + strings.Repeat("  ", level) + fmt.Sprintf(format, args...)
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// wrap writes a text in lines of at most 79 columns.
func (p *page) wrap(level int, text string) {
	room := 79 - len(indent) - 2*level
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > room {
			p.line(level, "%s", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		p.line(level, "%s", line)
	}
}

// name heads a text: its title, and what it is about in a line.
func (p *page) name(word, summary string) {
	p.b.WriteString(strings.ToUpper(word) + "\n")
	p.heading("Name")
	p.wrap(0, word+" - "+summary)
}

// Service is the help of `cognate cognito-idp`.
func Service() string {
	p := &page{}
	p.name("cognito-idp", serviceSummary)
	p.service()
	return p.b.String()
}

const serviceSummary = "calls the user pools API"

// Summary says what `cognate cognito-idp` is, in a line.
func Summary() string { return serviceSummary }

func (p *page) service() {
	p.heading("Description")
	p.wrap(0, "Calls an operation of the Amazon Cognito user pools API, on a server of Cognate or on any other endpoint that"+
		" speaks it. There is a command for each operation; its arguments are the members of the operation's input.")
	p.heading("Synopsis")
	p.line(1, "cognate cognito-idp <command> [arguments] [global options]")
	p.heading("Available commands")
	for _, op := range api.Operations() {
		p.line(0, "%s", op.CLI)
		p.wrap(1, helptext.Operation(op))
	}
	p.line(0, "help")
	p.wrap(1, "Shows this text; behind a command, the command's own.")
	p.globals()
	p.heading("Environment")
	for _, v := range environment() {
		p.line(0, "%s", v[0])
		p.wrap(1, v[1])
	}
	p.heading("Exit status")
	for _, v := range statuses() {
		p.line(0, "%-5s %s", v[0], v[1])
	}
}

// environment is what can be set outside of the command line, beside credentials, which are found as by every SDK.
func environment() [][2]string {
	return [][2]string{
		{"AWS_MAX_ATTEMPTS, AWS_RETRY_MODE", "How often a request is sent at most, and that it is (standard or adaptive). Else the" +
			" profile's max_attempts and retry_mode, 3 and standard. Connection failures, broken servers and throttling are tried" +
			" again, after a pause by chance that grows."},
		{"AWS_CLI_AUTO_PROMPT", "on or on-partial: as --cli-auto-prompt, on-partial only for command lines that lack something. Else" +
			" the profile's cli_auto_prompt."},
		{"AWS_PAGER, PAGER", "What shows long answers and help on a terminal; empty for nothing. Else less. The profile's cli_pager" +
			" comes between the two."},
	}
}

// statuses are the exit statuses. Source: AWS CLI user guide, "Return codes".
func statuses() [][2]string {
	return [][2]string{
		{"0", "It was done."},
		{"130", "It was interrupted."},
		{"252", "The command line or the input is wrong; nothing was sent."},
		{"253", "Region or credentials lack, or can't be used."},
		{"254", "The service refused."},
		{"255", "Anything else, as a server that can't be reached."},
	}
}

// Operation is the help of a command.
func Operation(op *api.Operation) string {
	p := &page{}
	p.name(op.CLI, summary(op))
	p.operation(op)
	return p.b.String()
}

// summary is the beginning of what an operation does, as it stands behind a name and a dash.
func summary(op *api.Operation) string {
	text := strings.TrimSuffix(helptext.Operation(op), ".")
	for _, end := range []string{". ", ": "} {
		text, _, _ = strings.Cut(text, end)
	}
	if text == "" {
		return "calls " + op.Name
	}
	return strings.ToLower(text[:1]) + text[1:]
}

func (p *page) operation(op *api.Operation) {
	p.heading("Description")
	p.wrap(0, describe(op))
	p.heading("Synopsis")
	p.synopsis(op)
	p.heading("Options")
	for _, a := range op.Arguments {
		p.argument(a, op.Input)
	}
	p.common(op)
	p.globals()
	p.heading("Examples")
	for _, line := range examples(op) {
		p.line(1, "%s", line)
	}
	p.output(op)
	p.heading("Errors")
	p.wrap(0, strings.Join(op.Errors, ", "))
}

// describe says what a command does, with what rights, and how the answer is read.
func describe(op *api.Operation) string {
	var parts []string
	if text := helptext.Operation(op); text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, fmt.Sprintf("Calls the operation %s.", op.Name))
	switch op.Auth {
	case api.AuthSigV4:
		parts = append(parts, "The request is signed: it needs an access key.")
	case api.AuthToken:
		parts = append(parts, "It needs the access token of a user, and no access key.")
	case api.AuthTokenOrSession:
		parts = append(parts, "It needs the access token of a user, or the session of a sign-in under way, and no access key.")
	case api.AuthNone:
		parts = append(parts, "It needs no access key.")
	}
	if op.Paginator != nil {
		parts = append(parts, fmt.Sprintf("The answer may come in pages. They are all read, one request for each, unless"+
			" --max-items ends the list or --no-paginate leaves it at the first. With --output text, a --query is answered on"+
			" each page by itself, and sees of it only %s.", op.Paginator.ResultKey))
	}
	return strings.Join(parts, " ")
}

func (p *page) synopsis(op *api.Operation) {
	p.line(1, "cognate cognito-idp %s", op.CLI)
	for _, a := range op.Arguments {
		m := op.Input.Member(a.Member)
		text := a.Flag + " <value>"
		if m.Shape.Kind == api.KindBoolean {
			text = a.Flag + " | --no-" + strings.TrimPrefix(a.Flag, "--")
		}
		if !m.Required {
			text = "[" + text + "]"
		}
		p.line(1, "%s", text)
	}
	p.line(1, "[--cli-input-json | --cli-input-yaml]")
	if op.Paginator != nil {
		p.line(1, "[--starting-token <value>]")
		p.line(1, "[--page-size <value>]")
		p.line(1, "[--max-items <value>]")
	}
	if HasDryRun(op) {
		p.line(1, "[--dry-run]")
	}
	p.line(1, "[--generate-cli-skeleton <value>]")
	for _, g := range Globals() {
		if g.Type == "boolean" {
			p.line(1, "[%s]", g.Name)
		} else {
			p.line(1, "[%s <value>]", g.Name)
		}
	}
}

func (p *page) argument(a api.Argument, input *api.Shape) {
	m := input.Member(a.Member)
	p.line(0, "%s (%s)%s", a.Flag, typeName(m.Shape), required(*m))
	p.wrap(1, helptext.Member(input, m.Name))
	p.limits(1, m.Shape)
	switch m.Shape.Kind {
	case api.KindStructure, api.KindList, api.KindMap:
		p.members(1, m.Shape, nil)
		if short := shorthand(m.Shape); short != "" {
			p.line(1, "Shorthand:")
			p.wrap(2, short)
		}
	}
	p.b.WriteString("\n")
}

func required(m api.Member) string {
	if m.Required {
		return " [required]"
	}
	return ""
}

func typeName(shape *api.Shape) string {
	switch shape.Kind {
	case api.KindStructure:
		return "structure"
	case api.KindString:
		return "string"
	case api.KindBoolean:
		return "boolean"
	case api.KindInteger:
		return "integer"
	case api.KindLong:
		return "long"
	case api.KindTimestamp:
		return "timestamp"
	case api.KindBlob:
		return "blob"
	case api.KindDocument:
		return "document"
	case api.KindList:
		return "list"
	}
	return "map"
}

func (p *page) limits(level int, shape *api.Shape) {
	if text := skeleton.Describe(shape); strings.ContainsAny(text, "0123456789") { // more than the type
		p.wrap(level, text+".")
	}
	if shape.Pattern != nil {
		p.line(level, "Pattern: %s", shape.Pattern.Text)
	}
	if len(shape.Enum) > 0 {
		p.wrap(level, "Valid values: "+strings.Join(shape.Enum, ", ")+".")
	}
	if shape.Sensitive {
		p.line(level, "Sensitive: the server never logs it.")
	}
}

// members writes what is inside of a shape. A structure inside of itself is only named.
func (p *page) members(level int, shape *api.Shape, within []*api.Shape) {
	if slices.Contains(within, shape) {
		return
	}
	within = append(slices.Clone(within), shape)
	switch shape.Kind {
	case api.KindStructure:
		for _, m := range shape.Members {
			p.line(level, "%s -> (%s)%s", m.Name, typeName(m.Shape), required(m))
			p.wrap(level+1, helptext.Member(shape, m.Name))
			p.limits(level+1, m.Shape)
			p.members(level+1, m.Shape, within)
		}
	case api.KindList:
		p.line(level, "(%s)", typeName(shape.Element))
		p.inner(level+1, shape.Element, within)
	case api.KindMap:
		p.line(level, "key -> (string)")
		p.limits(level+1, shape.Key)
		p.line(level, "value -> (%s)", typeName(shape.Element))
		p.inner(level+1, shape.Element, within)
	}
}

func (p *page) inner(level int, shape *api.Shape, within []*api.Shape) {
	if shape.Kind != api.KindStructure {
		p.limits(level, shape)
	}
	p.members(level, shape, within)
}

// shorthand shows the short form of a structure, list or map, "" where there is none.
func shorthand(shape *api.Shape) string {
	switch shape.Kind {
	case api.KindList:
		if inner := shorthand(shape.Element); inner != "" {
			return inner + " ..."
		}
		if shape.Element.Kind == api.KindString {
			return "value value ..."
		}
	case api.KindMap:
		return "KeyName1=" + placeholder(shape.Element) + ",KeyName2=" + placeholder(shape.Element)
	case api.KindStructure:
		parts := make([]string, 0, len(shape.Members))
		for _, m := range shape.Members {
			parts = append(parts, m.Name+"="+placeholder(m.Shape))
		}
		return strings.Join(parts, ",")
	}
	return ""
}

func placeholder(shape *api.Shape) string {
	switch shape.Kind {
	case api.KindStructure, api.KindMap:
		return "{" + shorthand(shape) + "}"
	case api.KindList:
		return "[" + placeholder(shape.Element) + "," + placeholder(shape.Element) + "]"
	}
	return typeName(shape)
}

func (p *page) common(op *api.Operation) {
	p.line(0, "--cli-input-json | --cli-input-yaml (string)")
	p.wrap(1, "The whole input as one document, or file:// and the path of one; --generate-cli-skeleton shows its form."+
		" Arguments on the command line win over it. Binary values can't be given in JSON. Only one of the two may be given.")
	if op.Paginator != nil {
		p.b.WriteString("\n")
		p.line(0, "--starting-token (string)")
		p.wrap(1, "Goes on where a list ended: the NextToken of an earlier answer.")
		p.line(0, "--page-size (integer)")
		p.wrap(1, "How many entries to ask for in each request. It changes the number of requests, not the list.")
		p.line(0, "--max-items (integer)")
		p.wrap(1, "How many entries to show. If there are more, the answer has a NextToken.")
	}
	if HasDryRun(op) {
		p.b.WriteString("\n")
		p.line(0, "--dry-run (boolean)")
		p.wrap(1, "Changes nothing. Prints the settings that the command would reset, because they were left out of it.")
	}
	p.b.WriteString("\n")
	p.line(0, "--generate-cli-skeleton (string)")
	p.wrap(1, "Sends nothing. Prints a sample of the input: as JSON (input, also without a value) or as YAML with comments"+
		" (yaml-input). With output it checks the input, then prints a sample of the answer.")
}

// HasDryRun tells which commands set what they aren't given back to its default, and so are worth a rehearsal.
// Source: API reference, "If you don't specify a value …" of these operations.
func HasDryRun(op *api.Operation) bool {
	switch op.Name {
	case "UpdateUserPool", "UpdateUserPoolClient", "UpdateResourceServer":
		return true
	}
	return false
}

// Global is an option that every command has.
type Global struct{ Name, Type, Text string }

// Globals are the options that every command has.
func Globals() []Global {
	return []Global{
		{"--debug", "boolean", "Tells on stderr what is sent and answered, by whom and how often, and how long it takes. Secrets are masked."},
		{"--endpoint-url", "string", "The URL to call. Else AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, AWS_ENDPOINT_URL, the profile's endpoint_url, a local server that answers where COGNATE_LISTEN says or on 127.0.0.1:8229, the public service of the region."},
		{"--no-verify-ssl", "boolean", "Believes every certificate."},
		{"--no-paginate", "boolean", "Reads only the first page of a list."},
		{"--output", "string", "json, text, table, yaml, yaml-stream or off; for associate-software-token also qr, the code to scan, which a terminal gets on stderr with other formats, too. Else AWS_DEFAULT_OUTPUT, the profile's output, json."},
		{"--query", "string", "A JMESPath expression: only what it finds in the answer is printed."},
		{"--profile", "string", "The profile of the shared configuration to use."},
		{"--region", "string", "The region to call. Else AWS_REGION, AWS_DEFAULT_REGION, the profile's region."},
		{"--version", "boolean", "Prints the version."},
		{"--color", "string", "on, off or auto: whether tables have colours."},
		{"--no-sign-request", "boolean", "Sends requests without a signature, and reads no credentials."},
		{"--ca-bundle", "string", "A file of certificates, in PEM, to believe instead of the system's."},
		{"--cli-read-timeout", "int", "Seconds to wait for an answer, 0 for no limit. The default is 60."},
		{"--cli-connect-timeout", "int", "Seconds to wait for a connection, 0 for no limit. The default is 60."},
		{"--cli-binary-format", "string", "base64 or raw-in-base64-out: how binary values are written. What fileb:// names is taken as it is."},
		{"--no-cli-pager", "boolean", "Prints without a pager."},
		{"--cli-auto-prompt", "boolean", "Asks on the terminal for the rest of the command line, and shows what there is."},
		{"--no-cli-auto-prompt", "boolean", "Asks for nothing, whatever the environment and the profile say."},
	}
}

func (p *page) globals() {
	p.heading("Global options")
	for _, g := range Globals() {
		p.line(0, "%s (%s)", g.Name, g.Type)
		p.wrap(1, g.Text)
	}
}

func (p *page) output(op *api.Operation) {
	p.heading("Output")
	if op.Output == nil || len(op.Output.Members) == 0 {
		p.line(0, "None")
		return
	}
	p.members(0, op.Output, nil)
}
