// Package description owns the file api/description/cognito-idp.json: the model of operations and shapes, its parser,
// its checks and its formatter. It does not know Go code; package generator does.
package description

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Description is the whole API.
type Description struct {
	Origin     Origin                `json:"origin"`
	Metadata   Metadata              `json:"metadata"`
	Operations map[string]*Operation `json:"operations"` // by name, as in X-Amz-Target
	Shapes     map[string]*Shape     `json:"shapes"`     // by name, in the spelling of AWS
}

// Origin is the source of the description.
type Origin struct {
	Source string `json:"source"`
	Date   string `json:"date"` // when the facts were collected, 2006-01-02
}

// Metadata has the constants of the protocol.
type Metadata struct {
	APIVersion   string `json:"apiVersion"`
	JSONVersion  string `json:"jsonVersion"`
	TargetPrefix string `json:"targetPrefix"` // before the dot in X-Amz-Target
	SigningName  string `json:"signingName"`  // the service in a SigV4 credential scope
}

// Auth classes of an operation: the credential that it requires.
const (
	AuthNone           = "none"             // nothing, or something that the operation itself checks
	AuthToken          = "token"            // an access token in member AccessToken
	AuthTokenOrSession = "token-or-session" // an access token, or the Session of a sign-in that is not finished
	AuthSigV4          = "sigv4"            // a signed request
)

// Resources of an operation that requires a signed request: what the Resource of a policy names.
const (
	ResourceUserPool = "userpool" // the user pool of member UserPoolId or ResourceArn
	ResourceNone     = "none"     // no resource: only the Resource "*" matches
)

// Operation is one operation of the API.
type Operation struct {
	CLI       string            `json:"cli"` // name of the AWS CLI command
	Auth      string            `json:"auth"`
	Resource  string            `json:"resource,omitzero"` // with AuthSigV4 only
	Category  string            `json:"category,omitzero"` // of the rate limit
	Newer     bool              `json:"newer,omitzero"`    // only the newest SDK has it
	Input     string            `json:"input"`
	Output    string            `json:"output,omitzero"` // empty if the response has no body
	Errors    []string          `json:"errors,omitzero"`
	Paginator *Paginator        `json:"paginator,omitzero"`
	Arguments map[string]string `json:"arguments,omitzero"` // input member -> flag of the AWS CLI, with its dashes
	MaxBody   int64             `json:"maxBody,omitzero"`   // documented maximum of a request, in bytes; 0 if there is none
	TooLarge  string            `json:"tooLarge,omitzero"`  // the service's message for a larger request, if it is known
}

// Paginator has the names of the members that control paging.
type Paginator struct {
	InputToken  string `json:"inputToken"`
	OutputToken string `json:"outputToken"`
	LimitKey    string `json:"limitKey"`
	ResultKey   string `json:"resultKey"`
}

// Shape is one type of the API. Type is structure, string, list, map, integer, long, timestamp, boolean or blob. It
// decides which other fields are used.
type Shape struct {
	Type           string   `json:"type"`
	Newer          bool     `json:"newer,omitzero"`
	Exception      bool     `json:"exception,omitzero"`
	Fault          bool     `json:"fault,omitzero"`    // an exception that is the server's own failure
	Document       bool     `json:"document,omitzero"` // any JSON value
	Sensitive      bool     `json:"sensitive,omitzero"`
	EmptyCounts    bool     `json:"emptyCounts,omitzero"` // an operation acts on an empty string, and not on an absent one
	DropsNull      bool     `json:"dropsNull,omitzero"`   // a list whose null entries do not count
	Min            *int64   `json:"min,omitzero"`         // length, number of entries, or value
	Max            *int64   `json:"max,omitzero"`
	Pattern        string   `json:"pattern,omitzero"`        // the service's text (Java syntax), which must match the whole value
	GoPattern      string   `json:"goPattern,omitzero"`      // replaces Pattern if the generator cannot translate it
	Enum           []string `json:"enum,omitzero"`           // in the order of the SDKs
	EnumInMessages []string `json:"enumInMessages,omitzero"` // Enum in the order of the service's messages, if that differs
	Element        string   `json:"element,omitzero"`        // list
	Key            string   `json:"key,omitzero"`            // map
	Value          string   `json:"value,omitzero"`          // map
	Members        []Member `json:"members,omitzero"`        // structure, in the service's order
}

// Member is one member of a structure.
type Member struct {
	Name     string `json:"name"`
	Shape    string `json:"shape"`
	Required bool   `json:"required,omitzero"`
	Newer    bool   `json:"newer,omitzero"`
}

// Member returns the member with that name, or nil.
func (s *Shape) Member(name string) *Member {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return &s.Members[i]
		}
	}
	return nil
}

// Parse reads a description and validates it.
func Parse(data []byte) (*Description, error) {
	d := new(Description)
	if err := json.Unmarshal(data, d, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	return d, nil
}

// Validate returns one error that lists all problems: references to unknown shapes, arguments for unknown members,
// unknown auth classes.
func (d *Description) Validate() error {
	v := validation{d: d}
	for _, name := range slices.Sorted(maps.Keys(d.Operations)) {
		v.operation(name, d.Operations[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Shapes)) {
		v.shape(name, d.Shapes[name])
	}
	if len(v.problems) > 0 {
		return fmt.Errorf("invalid description:\n%s", strings.Join(v.problems, "\n"))
	}
	return nil
}

type validation struct {
	d        *Description
	problems []string
}

func (v *validation) problem(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// requireShape returns the shape with that name. user is the operation or shape that refers to it.
func (v *validation) requireShape(user, name string) *Shape {
	s := v.d.Shapes[name]
	if s == nil {
		v.problem("%s: no shape %q", user, name)
		return &Shape{}
	}
	return s
}

func (v *validation) operation(name string, op *Operation) {
	input := v.requireShape(name, op.Input)
	if op.Output != "" {
		v.requireShape(name, op.Output)
	}
	for _, e := range op.Errors {
		if !v.requireShape(name, e).Exception {
			v.problem("%s: %s is no exception", name, e)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(op.Arguments)) {
		if input.Member(m) == nil {
			v.problem("%s: argument for unknown member %s", name, m)
		}
	}
	if !slices.Contains([]string{AuthNone, AuthToken, AuthTokenOrSession, AuthSigV4}, op.Auth) {
		v.problem("%s: unknown auth class %q", name, op.Auth)
	}
	v.resource(name, op, input)
}

// resource checks that a signed operation has a resource, and that its input names it.
func (v *validation) resource(name string, op *Operation, input *Shape) {
	switch named := input.Member("UserPoolId") != nil || input.Member("ResourceArn") != nil; {
	case op.Auth != AuthSigV4:
		if op.Resource != "" {
			v.problem("%s: a resource without a signature", name)
		}
	case op.Resource == ResourceUserPool && !named:
		v.problem("%s: no member names the user pool", name)
	case op.Resource == ResourceNone && named:
		v.problem("%s: a member names a user pool, but the resource is %s", name, ResourceNone)
	case op.Resource != ResourceUserPool && op.Resource != ResourceNone:
		v.problem("%s: unknown resource %q", name, op.Resource)
	}
}

func (v *validation) shape(name string, s *Shape) {
	switch s.Type {
	case "list":
		v.requireShape(name, s.Element)
	case "map":
		v.requireShape(name, s.Key)
		v.requireShape(name, s.Value)
	}
	if s.EnumInMessages != nil && !slices.Equal(slices.Sorted(slices.Values(s.Enum)), slices.Sorted(slices.Values(s.EnumInMessages))) {
		v.problem("%s: enumInMessages has other values than enum", name)
	}
	for _, m := range s.Members {
		v.requireShape(name+"."+m.Name, m.Shape)
	}
}

// Format returns d as JSON that makes small diffs: names are sorted, and each scalar shape, each member and each
// operation's list of errors is on a line of its own.
func (d *Description) Format() ([]byte, error) {
	w := &writer{}
	w.line(0, `{`)
	w.line(1, `"origin": %s,`, w.json(d.Origin))
	w.line(1, `"metadata": %s,`, w.json(d.Metadata))
	w.line(1, `"operations": {`)
	each(d.Operations, func(name string, op *Operation, comma string) { w.operation(d, name, op, comma) })
	w.line(1, `},`)
	w.line(1, `"shapes": {`)
	each(d.Shapes, w.shape)
	w.line(1, `}`)
	w.line(0, `}`)
	return w.buf.Bytes(), w.err
}

// each calls f for every entry, sorted by name. comma is empty for the last entry.
func each[V any](m map[string]V, f func(name string, v V, comma string)) {
	for i, name := range slices.Sorted(maps.Keys(m)) {
		comma := ","
		if i == len(m)-1 {
			comma = ""
		}
		f(name, m[name], comma)
	}
}

type writer struct {
	buf bytes.Buffer
	err error // the first error
}

func (w *writer) line(indent int, format string, args ...any) {
	w.buf.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&w.buf, format, args...)
	w.buf.WriteByte('\n')
}

func (w *writer) json(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write description: %w", err)
	}
	return string(b)
}

// operation writes one operation. Its arguments are in the order of the input's members.
func (w *writer) operation(d *Description, name string, op *Operation, comma string) {
	head := *op
	head.Errors, head.Paginator, head.Arguments = nil, nil, nil
	lines := []string{strings.TrimSuffix(strings.TrimPrefix(w.json(head), "{"), "}")}
	if op.Paginator != nil {
		lines = append(lines, `"paginator": `+w.json(op.Paginator))
	}
	if len(op.Errors) > 0 {
		lines = append(lines, `"errors": `+w.json(op.Errors))
	}
	if len(op.Arguments) > 0 {
		var args []string
		for _, m := range d.Shapes[op.Input].Members {
			if flag, ok := op.Arguments[m.Name]; ok {
				args = append(args, strconv.Quote(m.Name)+": "+strconv.Quote(flag))
			}
		}
		lines = append(lines, `"arguments": {`+strings.Join(args, ", ")+`}`)
	}
	w.line(2, "%s: {", strconv.Quote(name))
	for i, l := range lines {
		w.line(3, "%s%s", l, trailing(i, len(lines)))
	}
	w.line(2, "}%s", comma)
}

// shape writes one shape: one line, or a block with a line for each member.
func (w *writer) shape(name string, s *Shape, comma string) {
	head := *s
	head.Members = nil
	if len(s.Members) == 0 {
		w.line(2, "%s: %s%s", strconv.Quote(name), w.json(head), comma)
		return
	}
	w.line(2, `%s: %s, "members": [`, strconv.Quote(name), strings.TrimSuffix(w.json(head), "}"))
	for i, m := range s.Members {
		w.line(3, "%s%s", w.json(m), trailing(i, len(s.Members)))
	}
	w.line(2, "]}%s", comma)
}

func trailing(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}
