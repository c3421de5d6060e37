// Package help owns the layout of the command line's help texts and manual pages. It generates them from the operation
// table: descriptions, synopses, arguments with types and limits, outputs. It does not own the sentences about operations
// and members; package helptext does.
package help

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cognate/api"
	"cognate/cli/helptext"
	"cognate/cli/skeleton"
)

// Usage returns the text before the error of an invalid command line.
func Usage() string {
	return `usage: cognate cognito-idp <command> [arguments] [global options]
For help:

  cognate cognito-idp help
  cognate cognito-idp <command> help
`
}

const indent = "       "

// page collects the lines of a help text.
type page struct{ b strings.Builder }

func (p *page) heading(title string) { p.b.WriteString("\n" + strings.ToUpper(title) + "\n") }

func (p *page) line(level int, format string, args ...any) {
	line := indent + strings.Repeat("  ", level) + fmt.Sprintf(format, args...)
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// wrap writes a text in lines of at most 79 columns.
func (p *page) wrap(level int, text string) {
	width := 79 - len(indent) - 2*level
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
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

// name writes the title and the section "Name" with a summary in one line.
func (p *page) name(word, summary string) {
	p.b.WriteString(strings.ToUpper(word) + "\n")
	p.heading("Name")
	p.wrap(0, word+" - "+summary)
}

// Service returns the help of `cognate cognito-idp`.
func Service() string {
	p := &page{}
	p.name("cognito-idp", serviceSummary)
	p.service()
	return p.b.String()
}

const serviceSummary = "calls the user pools API"

// Summary describes `cognate cognito-idp` in one line.
func Summary() string { return serviceSummary }

func (p *page) service() {
	p.heading("Description")
	p.wrap(0, "Calls an operation of the Amazon Cognito user pools API, on a Cognate server or on any other endpoint of"+
		" this API. There is a command for each operation; its arguments are the members of the operation's input.")
	p.heading("Synopsis")
	p.line(1, "cognate cognito-idp <command> [arguments] [global options]")
	p.heading("Available commands")
	for _, op := range api.Operations() {
		p.line(0, "%s", op.CLI)
		p.wrap(1, helptext.Operation(op))
	}
	p.line(0, "help")
	p.wrap(1, "Shows this text. After a command, shows the help of the command.")
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

// environment returns the environment variables and their texts, without those for credentials, which every SDK has.
func environment() [][2]string {
	return [][2]string{
		{"AWS_MAX_ATTEMPTS, AWS_RETRY_MODE", "The largest number of attempts for a request, and the retry mode (standard or" +
			" adaptive). The defaults are the profile's max_attempts and retry_mode, then 3 and standard. Connection failures," +
			" server errors and throttling are retried after a random pause that grows."},
		{"AWS_CLI_AUTO_PROMPT", "on is like --cli-auto-prompt. on-partial shows the prompt only for invalid command lines. The default" +
			" is the profile's cli_auto_prompt."},
		{"AWS_PAGER, PAGER", "The program that shows long output and help on a terminal; empty for none. The order is AWS_PAGER," +
			" the profile's cli_pager, PAGER, less."},
	}
}

// statuses returns the exit statuses and their texts. Source: AWS CLI user guide, "Return codes".
func statuses() [][2]string {
	return [][2]string{
		{"0", "Success."},
		{"130", "The command was interrupted."},
		{"252", "The command line or the input is invalid; no request was sent."},
		{"253", "Region or credentials are missing or unusable."},
		{"254", "The service returned an error."},
		{"255", "Any other error, for example a server that can't be reached."},
	}
}

// Operation returns the help of a command.
func Operation(op *api.Operation) string {
	p := &page{}
	p.name(op.CLI, summary(op))
	p.operation(op)
	return p.b.String()
}

// summary returns the first sentence about an operation, without a capital and a full stop.
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

// describe returns the description of a command: what it does, the required credentials, paging.
func describe(op *api.Operation) string {
	var parts []string
	if text := helptext.Operation(op); text != "" {
		parts = append(parts, text)
	}
	parts = append(parts, fmt.Sprintf("Calls the operation %s.", op.Name))
	switch op.Auth {
	case api.AuthSigV4:
		parts = append(parts, "The request is signed and requires an access key.")
	case api.AuthToken:
		parts = append(parts, "It requires the access token of a user, but no access key.")
	case api.AuthTokenOrSession:
		parts = append(parts, "It requires the access token of a user or the session of an unfinished sign-in, but no access key.")
	case api.AuthNone:
		parts = append(parts, "It requires no access key.")
	}
	if op.Paginator != nil {
		parts = append(parts, fmt.Sprintf("The response may have several pages. All pages are read, with one request for each,"+
			" unless --max-items limits the list or --no-paginate selects the first page. With --output text, --query applies"+
			" to each page separately, and only to its %s.", op.Paginator.ResultKey))
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
	for _, o := range commonOptions(op) {
		if o.kind == "boolean" || strings.Contains(o.heading, "|") {
			p.line(1, "[%s]", o.heading)
		} else {
			p.line(1, "[%s <value>]", o.heading)
		}
	}
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
	if text := skeleton.Describe(shape); strings.ContainsAny(text, "0123456789") { // the text has limits, not only the type
		p.wrap(level, text+".")
	}
	if shape.Pattern != nil {
		p.line(level, "Pattern: %s", shape.Pattern.Text)
	}
	if len(shape.Enum) > 0 {
		p.wrap(level, "Valid values: "+strings.Join(shape.Enum, ", ")+".")
	}
	if shape.Sensitive {
		p.line(level, "Sensitive: the server does not log the value.")
	}
}

// members writes the members of a shape, recursively. It does not expand a structure inside itself.
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

// shorthand returns the shorthand syntax of a structure, list or map, or "" if there is none.
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
	for i, o := range commonOptions(op) {
		if i > 0 {
			p.b.WriteString("\n")
		}
		p.line(0, "%s (%s)", o.heading, o.kind)
		p.wrap(1, o.text)
	}
}

// commonOption is an option of commands that is not a member of the input.
type commonOption struct {
	heading string // its names, as help shows them
	kind    string
	text    string
	short   string // a short text, if text is too long for one line
	of      func(*api.Operation) bool
}

// commonOptions returns the options of a command that are not members of the input.
func commonOptions(op *api.Operation) []commonOption {
	return slices.DeleteFunc(allCommonOptions(), func(o commonOption) bool { return !o.of(op) })
}

func allCommonOptions() []commonOption {
	every := func(*api.Operation) bool { return true }
	paged := func(op *api.Operation) bool { return op.Paginator != nil }
	return []commonOption{
		{
			"--cli-input-json | --cli-input-yaml", "string",
			"The whole input as one document, or file:// and the path of a document. --generate-cli-skeleton prints a sample." +
				" Arguments on the command line have priority. JSON can't contain binary values. Only one of the two is allowed.",
			"The whole input as one document, or file:// and the path of a document.", every,
		},
		{"--starting-token", "string", "Continues a list: the NextToken of an earlier response.", "", paged},
		{
			"--page-size", "integer", "The number of entries to request at a time. It changes the number of requests, not the list.",
			"The number of entries to request at a time.", paged,
		},
		{
			"--max-items", "integer", "The largest number of entries to print. If there are more, the output has a NextToken.",
			"The largest number of entries to print.", paged,
		},
		{
			"--dry-run", "boolean", "Prints the settings that the command would reset, because they are omitted. Changes nothing.",
			"", HasDryRun,
		},
		{
			"--issuer", "string", "The issuer that the authenticator app shows. The default is Cognate and the ID of the user pool" +
				" in the access token. Only the QR code contains it.", "The issuer that the authenticator app shows.", HasQR,
		},
		{
			"--account", "string", "The account that the authenticator app shows. The default is the username in the access token;" +
				" a Session has none. Only the QR code contains it.", "The account that the authenticator app shows.", HasQR,
		},
		{
			"--generate-cli-skeleton", "string", "Sends no request. Prints a sample of the input: as JSON (input, or no value) or as" +
				" YAML with comments (yaml-input). output validates the input and prints a sample of the output.",
			"Prints a sample of the input or of the output. Sends no request.", every,
		},
	}
}

// Common describes in one line an option that is not a member of the input. It returns "" for other options.
func Common(name string) string {
	for _, o := range allCommonOptions() {
		if slices.Contains(strings.Fields(o.heading), name) {
			return cmp.Or(o.short, o.text)
		}
	}
	return ""
}

// HasDryRun reports whether a command has --dry-run. It is for operations that reset omitted settings to their defaults.
// Source: API reference, "If you don't specify a value …" of these operations.
func HasDryRun(op *api.Operation) bool {
	switch op.Name {
	case "UpdateUserPool", "UpdateUserPoolClient", "UpdateResourceServer":
		return true
	}
	return false
}

// SecretMember is the member of a response that has the secret of a software token.
const SecretMember = "SecretCode"

// HasQR reports whether a command can draw a QR code: whether it returns the secret of a software token.
func HasQR(op *api.Operation) bool { return op.Output != nil && op.Output.Member(SecretMember) != nil }

// Global is an option that every command has.
type Global struct{ Name, Type, Text string }

// Globals returns the options that every command has.
func Globals() []Global {
	return []Global{
		{"--debug", "boolean", "Prints requests, responses, credentials used, retries and times to stderr. Secrets are masked."},
		{"--endpoint-url", "string", "The URL to call. The default is the first of AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, AWS_ENDPOINT_URL, the profile's endpoint_url, a local server that responds at COGNATE_LISTEN or 127.0.0.1:8229, the public service of the region."},
		{"--no-verify-ssl", "boolean", "Trusts every certificate."},
		{"--no-paginate", "boolean", "Reads only the first page of a list."},
		{"--output", "string", "json, text, table, yaml, yaml-stream or off. associate-software-token also has qr, a QR code; with other formats a terminal shows the QR code on stderr. The default is the first of AWS_DEFAULT_OUTPUT, the profile's output, json."},
		{"--query", "string", "A JMESPath expression. Only its result is printed."},
		{"--profile", "string", "The profile of the shared configuration to use."},
		{"--region", "string", "The region to call. The default is the first of AWS_REGION, AWS_DEFAULT_REGION, the profile's region, and us-east-1 for a server on this machine."},
		{"--version", "boolean", "Prints the version."},
		{"--color", "string", "Whether tables have colors: on, off or auto."},
		{"--no-sign-request", "boolean", "Sends requests without a signature, and reads no credentials."},
		{"--ca-bundle", "string", "A PEM file with certificates to trust instead of the system's."},
		{"--cli-read-timeout", "int", "Seconds to wait for a response, 0 for no limit. The default is 60."},
		{"--cli-connect-timeout", "int", "Seconds to wait for a connection, 0 for no limit. The default is 60."},
		{"--cli-binary-format", "string", "The format of binary values: base64 or raw-in-base64-out. Files of fileb:// are always read as raw bytes."},
		{"--no-cli-pager", "boolean", "Prints without a pager."},
		{"--cli-auto-prompt", "boolean", "Shows a prompt for the rest of the command line, with suggestions."},
		{"--no-cli-auto-prompt", "boolean", "Shows no prompt, even if the environment or the profile enables it."},
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
