package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cognate/api"
	"cognate/authn/totp"
	"cognate/cli/document"
	"cognate/cli/input"
	"cognate/cli/output"
)

// What the original doesn't have.

// secretMember is the secret of a software token in an answer.
const secretMember = "SecretCode"

// answersSecret tells whether the answer of the operation has something to scan.
func (c *call) answersSecret() bool {
	return c.op.Output != nil && c.op.Output.Member(secretMember) != nil
}

// tokenIssuer names the token in the authenticator app, which learns nothing about the user from the answer.
const tokenIssuer = "Cognate"

// draw prints a software token as a QR code, and what continues the enrolment.
func (p *printer) draw(answer any) error {
	object, _ := answer.(*document.Object)
	if object == nil {
		return errors.New("the query leaves nothing to draw")
	}
	drawn, secret, err := drawSecret(object, p.style.Color)
	if err != nil {
		return err
	}
	text := drawn + secretMember + ": " + secret + "\n"
	if session, ok := object.Get("Session"); ok {
		text += fmt.Sprintf("Session: %v\n", session)
	}
	_, err = io.WriteString(p.out, text)
	return ignoreClosed(err)
}

// drawSecret draws the secret of an answer for an authenticator app to scan.
// Source: Google Authenticator wiki, "Key Uri Format".
func drawSecret(answer *document.Object, coloured bool) (drawn, secret string, err error) {
	value, _ := answer.Get(secretMember)
	secret, ok := value.(string)
	if !ok {
		return "", "", errors.New("the answer has no secret to draw")
	}
	address := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + tokenIssuer}
	address.RawQuery = url.Values{"secret": {secret}, "issuer": {tokenIssuer}}.Encode()
	ground := totp.Dark
	if coloured {
		ground = totp.Coloured
	}
	drawn, err = totp.QR(address.String(), ground)
	return drawn, secret, err
}

// offerScan draws the secret of an answer for a person who sees stdout and stderr, on the latter: stdout stays what it is
// for a program.
func (c *call) offerScan(answer *document.Object, format output.Format) error {
	if !c.Terminal || !c.StderrTerminal || !c.answersSecret() || format == output.QR || format == output.Off {
		return nil
	}
	color, _ := c.options.values.First(optColor)
	drawn, _, err := drawSecret(answer, color != "off" && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
	if err != nil {
		return nil //nolint:nilerr // the answer stands on stdout: one that can't be drawn is no failure
	}
	_, err = io.WriteString(c.Stderr, drawn+"Scan this with an authenticator app, then give its code to verify-software-token.\n")
	return ignoreClosed(err)
}

// Check compares an input document with the description, without sending it: every member that lacks or isn't known,
// every type, length, pattern and enumeration. file is a path of JSON, or of YAML if it ends in .yaml or .yml.
func Check(command, file string) error {
	op, ok := api.LookupCommand(command)
	if !ok {
		return &usageError{"There is no command " + command + ": `cognate cognito-idp help` lists them."}
	}
	argument, parse := argInputJSON, input.ParseJSON
	if extension := filepath.Ext(file); extension == ".yaml" || extension == ".yml" {
		argument, parse = argInputYAML, input.ParseYAML
	}
	object, err := input.Document(argument, "file://"+file, parse)
	if err != nil {
		return err
	}
	if _, err := input.DecodeBlobs(object, op.Input, false); err != nil {
		return &usageError{err.Error()}
	}
	if err := input.Check(object, op.Input); err != nil {
		return err
	}
	if refused, ok := errors.AsType[*api.Error](op.Validate(input.Body(object))); ok {
		return &usageError{"Parameter validation failed:\n" + refused.Message}
	}
	return nil
}

// dryRun prints the settings that an update would reset because it leaves them out: those that have a value now.
func (s *session) dryRun(ctx context.Context, params *document.Object) error {
	name := strings.Replace(s.op.Name, "Update", "Describe", 1)
	describe, ok := api.Lookup(name)
	if !ok || describe.Output == nil || len(describe.Output.Members) != 1 {
		return fmt.Errorf("no operation describes what %s changes", s.op.Name)
	}
	asked := &document.Object{}
	for _, m := range describe.Input.Members {
		if value, given := params.Get(m.Name); given {
			asked.Set(m.Name, value)
		}
	}
	reading := *s
	call := *s.call
	call.op = describe
	reading.call = &call
	answer, err := reading.ask(ctx, asked)
	if err != nil {
		return err
	}
	value, _ := answer.Get(describe.Output.Members[0].Name)
	current, _ := value.(*document.Object)
	if current == nil {
		return fmt.Errorf("%s answered nothing to compare with", name)
	}
	return s.writeResets(params, current)
}

func (s *session) writeResets(params, current *document.Object) error {
	var lines []string
	for _, m := range s.op.Input.Members {
		value, set := current.Get(m.Name)
		if _, given := params.Get(m.Name); given || !set || isUnset(value) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s would be reset; it is %s", m.Name, document.AppendJSON(nil, value, "")))
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		lines = []string{"Nothing would be reset."}
	}
	_, err := io.WriteString(s.Stdout, strings.Join(lines, "\n")+"\n")
	return err
}

func isUnset(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case *document.Object:
		return v.Len() == 0
	}
	return false
}

// Complete offers what may come next on a command line after "cognito-idp": words are those before, begun is what is
// written of the next. An offer is a word, or a word, a tab and a description.
func Complete(words []string, begun string) []string {
	if len(words) == 0 {
		return offers(completeCommands(), begun)
	}
	op, ok := api.LookupCommand(words[0])
	if !ok {
		return nil
	}
	grammar := operationGrammar(op, nil)
	globals := globalGrammar()
	all := slices.Concat(grammar.Options, globals.Options)
	last := words[len(words)-1]
	for _, o := range all {
		if o.Name != last {
			continue
		}
		if values := valuesOf(op, last, o.Choices); values != nil {
			return offers(values, begun)
		}
	}
	var names []string
	for _, o := range all {
		if !slices.Contains(words, o.Name) {
			names = append(names, o.Name)
		}
	}
	if len(words) == 1 {
		names = append(names, helpWord)
	}
	return offers(names, begun)
}

func completeCommands() []string {
	all := make([]string, 0, 141)
	for _, op := range api.Operations() {
		all = append(all, op.CLI+"\t"+op.Name)
	}
	return append(all, helpWord+"\tWhat there is")
}

// valuesOf are the words that an option takes, if they are few: its choices, or the valid values of the member.
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

func offers(all []string, begun string) []string {
	var fitting []string
	for _, word := range all {
		if strings.HasPrefix(word, begun) {
			fitting = append(fitting, word)
		}
	}
	return fitting
}
