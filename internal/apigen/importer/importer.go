// Package importer owns the conversion of a facts file, which contains what the AWS SDKs publish about the API, into the
// API description. Our own decisions are in overrides.go, so the import can be repeated when AWS changes the API. The
// package does not collect the facts and does not generate code.
package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/internal/apigen/description"
)

// facts is the layout of the facts file.
type facts struct {
	Source     string                `json:"source"`
	Metadata   factsMetadata         `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`
}

type factsMetadata struct {
	APIVersion     string `json:"apiVersion"`
	JSONVersion    string `json:"jsonVersion"`
	TargetPrefix   string `json:"targetPrefix"`
	EndpointPrefix string `json:"endpointPrefix"`
}

type operation struct {
	CLI          string            `json:"cli"`
	Auth         string            `json:"auth"` // sigv4 or none
	Newer        bool              `json:"newer"`
	Input        string            `json:"input"`
	Output       string            `json:"output"`
	Errors       []string          `json:"errors"`
	CLIArguments map[string]string `json:"cliArguments"`
	Paginator    *paginator        `json:"paginator"`
}

type paginator struct {
	InputToken  string `json:"input_token"`
	OutputToken string `json:"output_token"`
	LimitKey    string `json:"limit_key"`
	ResultKey   string `json:"result_key"`
}

type shape struct {
	Type         string   `json:"type"`
	Newer        bool     `json:"newer"`
	Exception    bool     `json:"exception"`
	Fault        bool     `json:"fault"`
	Document     bool     `json:"document"`
	Sensitive    bool     `json:"sensitive"`
	Min          *int64   `json:"min"`
	Max          *int64   `json:"max"`
	Pattern      string   `json:"pattern"`
	Enum         []string `json:"enum"`
	Member       string   `json:"member"`
	Key          string   `json:"key"`
	Value        string   `json:"value"`
	Members      members  `json:"members"`
	Required     []string `json:"required"`
	NewerMembers []string `json:"newerMembers"`
}

// members are the members of a JSON object in their order, which is the order of the service.
type members []description.Member

// UnmarshalJSONFrom reads {"Name": "Shape", ...}.
func (ms *members) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		var m description.Member
		if err := json.UnmarshalDecode(d, &m.Name); err != nil {
			return err
		}
		if err := json.UnmarshalDecode(d, &m.Shape); err != nil {
			return err
		}
		*ms = append(*ms, m)
	}
	_, err := d.ReadToken()
	return err
}

// Import converts the content of a facts file to a description. The facts were collected on date (2006-01-02).
func Import(data []byte, date string) (*description.Description, error) {
	var f facts
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("import facts: %w", err)
	}
	d := &description.Description{
		Origin: description.Origin{Source: f.Source, Date: date},
		Metadata: description.Metadata{
			APIVersion:   f.Metadata.APIVersion,
			JSONVersion:  f.Metadata.JSONVersion,
			TargetPrefix: f.Metadata.TargetPrefix,
			SigningName:  f.Metadata.EndpointPrefix,
		},
		Operations: make(map[string]*description.Operation, len(f.Operations)),
		Shapes:     make(map[string]*description.Shape, len(f.Shapes)),
	}
	for name, s := range f.Shapes {
		d.Shapes[name] = importShape(name, s)
	}
	for name, s := range ownShapes {
		d.Shapes[name] = &s
	}
	for name, op := range f.Operations {
		imported := importOperation(op, d.Shapes[op.Input])
		imported.Category = categoryOf(name)
		imported.MaxBody, imported.TooLarge = bodies[name].max, bodies[name].tooLarge
		d.Operations[name] = imported
	}
	addMissingExceptions(d)
	if err := applyOverrides(d); err != nil {
		return nil, fmt.Errorf("import facts: %w", err)
	}
	dropUnused(d)
	limitMaps(d)
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("import facts: %w", err)
	}
	return d, nil
}

func importShape(name string, s *shape) *description.Shape {
	out := &description.Shape{
		Type: s.Type, Newer: s.Newer, Exception: s.Exception, Fault: s.Fault, Document: s.Document,
		Sensitive: s.Sensitive, Min: s.Min, Max: s.Max, Pattern: s.Pattern, Enum: s.Enum,
		Element: s.Member, Key: s.Key, Value: s.Value, Members: s.Members,
	}
	for i := range out.Members {
		m := &out.Members[i]
		m.Required = slices.Contains(s.Required, m.Name)
		m.Newer = slices.Contains(s.NewerMembers, m.Name)
		m.Shape = memberShape(name, *m)
	}
	return out
}

// memberShape returns the shape of a member: our own, or that of the facts. If the facts have only a plain string, it
// returns the more exact shape of newerMembers.
func memberShape(structure string, m description.Member) string {
	if own := ownMembers[structure+"."+m.Name]; own != "" {
		return own
	}
	if m.Shape != "NewerString" {
		return m.Shape
	}
	return cmp.Or(newerMembers[structure+"."+m.Name], newerMembers["*."+m.Name], m.Shape)
}

func importOperation(op *operation, input *description.Shape) *description.Operation {
	out := &description.Operation{
		CLI: op.CLI, Auth: authClass(op.Auth, input), Newer: op.Newer, Input: op.Input, Output: op.Output,
		Errors: op.Errors, Arguments: op.CLIArguments,
	}
	if out.Auth == description.AuthSigV4 {
		out.Resource = resource(input)
	}
	if p := op.Paginator; p != nil {
		out.Paginator = &description.Paginator{
			InputToken: p.InputToken, OutputToken: p.OutputToken, LimitKey: p.LimitKey, ResultKey: p.ResultKey,
		}
	}
	return out
}

// resource derives the resource of a signed operation from its input.
// Source: service authorization reference, Amazon Cognito User Pools: the operations without a resource type are those whose input
// names no user pool (docs/behaviour.md §8.2).
func resource(input *description.Shape) string {
	if input != nil && (input.Member("UserPoolId") != nil || input.Member("ResourceArn") != nil) {
		return description.ResourceUserPool
	}
	return description.ResourceNone
}

// authClass derives the auth class of an unsigned operation from its input. An optional AccessToken is required, unless
// the input also has a Session.
// Source: API reference, "Authorize requests" (docs/behaviour.md §8.2).
func authClass(auth string, input *description.Shape) string {
	if auth != description.AuthNone || input == nil {
		return auth
	}
	token := input.Member("AccessToken")
	switch {
	case token == nil:
		return description.AuthNone
	case !token.Required && input.Member("Session") != nil:
		return description.AuthTokenOrSession
	default:
		return description.AuthToken
	}
}

// addMissingExceptions adds shapes for exceptions that operations name but that the facts do not describe. The newest SDK
// has only their names. Every exception has a message.
func addMissingExceptions(d *description.Description) {
	for _, op := range d.Operations {
		for _, name := range op.Errors {
			if d.Shapes[name] == nil {
				d.Shapes[name] = &description.Shape{
					Type: "structure", Exception: true, Newer: true,
					Members: []description.Member{{Name: "message", Shape: "MessageType"}},
				}
			}
		}
	}
}

func applyOverrides(d *description.Description) error {
	for _, o := range overrides {
		s := d.Shapes[o.shape]
		if s == nil {
			return fmt.Errorf("override of %s (%s): no such shape", o.shape, o.source)
		}
		o.change(s)
	}
	return nil
}

// dropUnused removes shapes that no operation uses.
func dropUnused(d *description.Description) {
	used := make(map[string]bool)
	for _, op := range d.Operations {
		visit(d, op.Input, used)
		visit(d, op.Output, used)
		for _, e := range op.Errors {
			visit(d, e, used)
		}
	}
	maps.DeleteFunc(d.Shapes, func(name string, _ *description.Shape) bool { return !used[name] })
}

// visit adds the shape and all shapes in it to visited.
func visit(d *description.Description, name string, visited map[string]bool) {
	s := d.Shapes[name]
	if name == "" || visited[name] || s == nil {
		return
	}
	visited[name] = true
	visit(d, s.Element, visited)
	visit(d, s.Key, visited)
	visit(d, s.Value, visited)
	for _, m := range s.Members {
		visit(d, m.Shape, visited)
	}
}

// limitMaps sets the maximum of the maps of requests that have none.
func limitMaps(d *description.Description) {
	used := make(map[string]bool)
	for _, op := range d.Operations {
		visit(d, op.Input, used)
	}
	for name := range used {
		if s := d.Shapes[name]; s.Type == "map" && s.Max == nil {
			s.Max = new(int64(maxEntries))
		}
	}
}

// sortStable sorts values by rank. A value without a rank has rank 0.
func sortStable(values []string, rank map[string]int) {
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(rank[a], rank[b]) })
}
