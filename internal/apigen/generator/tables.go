package generator

import (
	"strings"

	"cognate/internal/apigen/description"
)

var kinds = map[string]string{
	"structure": "KindStructure", "string": "KindString", "boolean": "KindBoolean", "integer": "KindInteger",
	"long": "KindLong", "timestamp": "KindTimestamp", "blob": "KindBlob", "list": "KindList", "map": "KindMap",
}

// bounded has the types that have a length or value.
var bounded = map[string]bool{"string": true, "integer": true, "long": true, "blob": true, "list": true, "map": true}

var authClasses = map[string]string{
	description.AuthNone: "AuthNone", description.AuthToken: "AuthToken",
	description.AuthTokenOrSession: "AuthTokenOrSession", description.AuthSigV4: "AuthSigV4",
}

var resources = map[string]string{
	description.ResourceUserPool: "ResourceUserPool", description.ResourceNone: "ResourceNone",
}

// shapes writes the shape tables as static values, so that no code runs at startup.
func (g *generator) shapes(p *printer) {
	for _, name := range g.names {
		if s := g.d.Shapes[name]; !s.Exception {
			g.shape(p, name, s)
		}
	}
}

func (g *generator) shape(p *printer, name string, s *description.Shape) {
	kind := kinds[s.Type]
	if s.Document {
		kind = "KindDocument"
	}
	fields := []string{"Name: " + quote(name), "Kind: " + kind}
	if bounded[s.Type] {
		fields = append(fields, "Min: "+bound(s.Min), "Max: "+bound(s.Max))
	}
	if s.Sensitive {
		fields = append(fields, "Sensitive: true")
	}
	if s.DropsNull {
		fields = append(fields, "DropsNull: true")
	}
	if s.Pattern != "" {
		fields = append(fields, "Pattern: &Pattern{Text: "+quote(s.Pattern)+", expr: "+quote(g.patterns[name])+"}")
	}
	if len(s.Enum) > 0 {
		fields = append(fields, "Enum: "+stringList(s.Enum))
	}
	if len(s.EnumInMessages) > 0 {
		fields = append(fields, "EnumInMessages: "+stringList(s.EnumInMessages))
	}
	switch s.Type {
	case "list":
		fields = append(fields, "Element: &shape"+s.Element)
	case "map":
		fields = append(fields, "Key: &shape"+s.Key, "Element: &shape"+s.Value)
	}
	if len(s.Members) == 0 {
		p.f("var shape%s = Shape{%s}\n", name, strings.Join(fields, ", "))
		return
	}
	p.f("var shape%s = Shape{%s, Members: []Member{", name, strings.Join(fields, ", "))
	for _, m := range s.Members {
		flags := ""
		if m.Required {
			flags += ", Required: true"
		}
		if m.Newer {
			flags += ", Newer: true"
		}
		p.f("{Name: %q, Shape: &shape%s%s},", m.Name, m.Shape, flags)
	}
	p.f("}}\n")
}

func bound(n *int64) string {
	if n == nil {
		return "Unbounded"
	}
	return itoa(*n)
}

func stringList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

// operations writes the operation table, interface Service and function bind.
func (g *generator) operations(p *printer) {
	p.f("import %q\n", "context")
	p.f("// TargetPrefix is the part of X-Amz-Target before the dot.")
	p.f("const TargetPrefix = %q\n", g.d.Metadata.TargetPrefix)
	p.f("// SigningName is the service name in a SigV4 credential scope.")
	p.f("const SigningName = %q\n", g.d.Metadata.SigningName)
	p.f("// operations is sorted by name.")
	p.f("var operations = [...]*Operation{")
	for _, name := range g.ops {
		p.f("&operation%s,", name)
	}
	p.f("}\n")
	for _, name := range g.ops {
		g.operation(p, name, g.d.Operations[name])
	}
	p.f("// Service has one method for each operation of the API. An error that the client may see is or wraps an *Error.")
	p.f("type Service interface {")
	for _, name := range g.ops {
		p.f("%s(context.Context, *%s) (*%s, error)", name, inputName(name), outputName(name))
	}
	p.f("}\n")
	p.f("// bind returns an endpoint for each method of family that is an operation.")
	p.f("func bind(family any) []Endpoint {")
	p.f("var endpoints []Endpoint")
	for _, name := range g.ops {
		p.f("if s, ok := family.(interface { %s(context.Context, *%s) (*%s, error) }); ok {", name, inputName(name), outputName(name))
		p.f("endpoints = append(endpoints, endpoint(&operation%s, s.%s))", name, name)
		p.f("}")
	}
	p.f("return endpoints\n}\n")
}

func (g *generator) operation(p *printer, name string, op *description.Operation) {
	p.f("var operation%s = Operation{", name)
	p.f("Name: %q, CLI: %q, Auth: %s, Category: %q, Newer: %t,", name, op.CLI, authClasses[op.Auth], op.Category, op.Newer)
	if op.Resource != "" {
		p.f("Resource: %s,", resources[op.Resource])
	}
	p.f("Input: &shape%s,", op.Input)
	p.f("MaxBody: %d,", g.maxBody(op))
	if op.TooLarge != "" {
		p.f("TooLarge: %q,", op.TooLarge)
	}
	if op.Output != "" {
		p.f("Output: &shape%s,", op.Output)
	}
	if len(op.Errors) > 0 {
		codes := make([]string, len(op.Errors))
		for i, e := range op.Errors {
			codes[i] = "Code" + e
		}
		p.f("Errors: []string{%s},", strings.Join(codes, ", "))
	}
	if q := op.Paginator; q != nil {
		p.f("Paginator: &Paginator{InputToken: %q, OutputToken: %q, LimitKey: %q, ResultKey: %q},",
			q.InputToken, q.OutputToken, q.LimitKey, q.ResultKey)
	}
	if len(op.Arguments) > 0 {
		p.f("Arguments: []Argument{")
		for _, m := range g.d.Shapes[op.Input].Members {
			if flag, ok := op.Arguments[m.Name]; ok {
				p.f("{%q, %q},", m.Name, flag)
			}
		}
		p.f("},")
	}
	p.f("}\n")
}

// errors writes the codes, their status and one constructor for each.
// The status is 400 even if the AWS model has another one, because the service answers 400 (docs/behaviour.md §8.1).
func (g *generator) errors(p *printer) {
	p.f("import %q\n", "net/http")
	names := g.exceptions()
	p.f("// Codes of the errors in the API description.")
	p.f("const (")
	for _, name := range names {
		p.f("Code%s = %q", name, name)
	}
	p.f(")\n")
	var faults []string
	for _, name := range names {
		if g.d.Shapes[name].Fault {
			faults = append(faults, "Code"+name)
		}
	}
	p.f("// statusOf returns the HTTP status of an error in the API description.")
	p.f("func statusOf(code string) int {")
	p.f("switch code {")
	if len(faults) > 0 {
		p.f("case %s:\nreturn http.StatusInternalServerError", strings.Join(faults, ", "))
	}
	p.f("case \"ForbiddenException\":\nreturn http.StatusForbidden")
	p.f("}\nreturn http.StatusBadRequest\n}\n")
	for _, name := range names {
		p.f("// %s returns an error with that code.", name)
		p.f("func %s(message string) *Error { return newError(Code%s, message) }\n", name, name)
	}
}

// client writes one method of Client for each operation.
func (g *generator) client(p *printer) {
	p.f("import %q\n", "context")
	for _, name := range g.ops {
		p.f("// %s calls the operation with that name.", name)
		p.f("func (c *Client) %s(ctx context.Context, in *%s) (*%s, error) { return call[%s](ctx, c, &operation%s, in) }\n",
			name, inputName(name), outputName(name), outputName(name), name)
	}
}

func (g *generator) must(p *printer) {
	p.f("import %q\n", "cognate/api")
	for _, name := range g.ops {
		p.f("// %s calls the operation with that name. It stops the test if the call fails.", name)
		p.f("func (m MustClient) %s(in *api.%s) *api.%s {", name, inputName(name), outputName(name))
		p.f("m.t.Helper()")
		p.f("out, err := m.client.%s(m.t.Context(), in)", name)
		p.f("return noError(m.t, out, err)")
		p.f("}\n")
	}
}
