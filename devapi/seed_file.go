package devapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"cognate/account"
	"cognate/api"
	"cognate/authn/totp"
)

//go:generate go run ../internal/seedtypes ../clients

// Seed is the content of a seed file: pools with clients and users. See docs/testing.md.
type Seed struct {
	pools []seedPool
}

type seedPool struct {
	id        string
	line      int
	settings  []byte // body of CreateUserPool
	mfa       []byte // body of SetUserPoolMfaConfig, or nil
	resources []seedResource
	clients   []seedClient
	users     []account.SeedUser
	userLines []int
	members   [][]string // the names of the groups of each user
	groups    []string   // the names of all groups
}

// seedResource is an identity provider, a resource server or a group.
type seedResource struct {
	operation string
	line      int
	settings  []byte // body of the operation
}

type seedClient struct {
	id       string
	line     int
	settings []byte // body of CreateUserPoolClient
}

// SeedProblems lists everything that is wrong with a seed, one line for each problem.
type SeedProblems []string

// Error returns the problems, one per line.
func (p SeedProblems) Error() string { return strings.Join(p, "\n") }

// ParseSeed parses a seed in YAML or JSON. Keys in lower case belong to the file format. Capitalized keys are members of
// the API's operations. Unknown keys are rejected. Errors: SeedProblems, each with its line.
func ParseSeed(text []byte) (*Seed, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, SeedProblems{err.Error()}
	}
	r := new(seedReader)
	seed := new(Seed)
	if len(document.Content) > 0 {
		r.mapping(document.Content[0], "", map[string]func(*yaml.Node, string){
			"pools": func(n *yaml.Node, path string) {
				r.each(n, path, func(n *yaml.Node, path string) { seed.pools = append(seed.pools, r.pool(n, path)) })
			},
		}, nil)
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return seed, nil
}

// seedReader collects the problems while it reads a document.
type seedReader struct{ problems SeedProblems }

func (r *seedReader) problem(n *yaml.Node, path, format string, args ...any) {
	where := fmt.Sprintf("line %d: ", n.Line)
	if path != "" {
		where += path + ": "
	}
	r.problems = append(r.problems, where+fmt.Sprintf(format, args...))
}

// mapping passes each value of a mapping to the function in own for its key. It converts the members of the API by their
// shape and returns them for the request.
func (r *seedReader) mapping(n *yaml.Node, path string, own map[string]func(*yaml.Node, string), members *api.Shape) map[string]any {
	found := make(map[string]any)
	if n.Kind != yaml.MappingNode {
		r.problem(n, path, "must be a mapping")
		return found
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		inner := strings.TrimPrefix(path+"."+key.Value, ".")
		read, isOwn := own[key.Value]
		var member *api.Member
		if members != nil {
			member = members.Member(key.Value)
		}
		switch {
		case seen[key.Value]:
			r.problem(key, inner, "appears twice")
		case isOwn:
			read(value, inner)
		case member != nil:
			found[key.Value] = r.value(value, inner, member.Shape)
		case members != nil && key.Value != "" && unicode.IsUpper(rune(key.Value[0])):
			r.problem(key, inner, "unknown member of %s", members.Name)
		default:
			r.problem(key, inner, "unknown key")
		}
		seen[key.Value] = true
	}
	return found
}

// each passes each element of a list to read.
func (r *seedReader) each(n *yaml.Node, path string, read func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, path, "must be a list")
		return
	}
	for i, element := range n.Content {
		read(element, fmt.Sprintf("%s[%d]", path, i))
	}
}

// value returns a value in the form that requests need. Strings need no quotes, even if they look like other types.
func (r *seedReader) value(n *yaml.Node, path string, s *api.Shape) any {
	switch s.Kind {
	case api.KindStructure:
		return r.mapping(n, path, nil, s)
	case api.KindList:
		list := []any{}
		r.each(n, path, func(n *yaml.Node, path string) { list = append(list, r.value(n, path, s.Element)) })
		return list
	case api.KindMap:
		entries := make(map[string]any)
		for key, value := range r.texts(n, path) {
			entries[key] = value
		}
		return entries
	case api.KindString, api.KindBlob:
		return r.text(n, path)
	default:
		var v any
		if err := n.Decode(&v); err != nil {
			r.problem(n, path, "invalid value")
		}
		return v
	}
}

func (r *seedReader) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.problem(n, path, "must be a string")
	}
	return n.Value
}

// texts reads a mapping whose values are strings.
func (r *seedReader) texts(n *yaml.Node, path string) map[string]string {
	texts := make(map[string]string)
	if n.Kind != yaml.MappingNode {
		r.problem(n, path, "must be a mapping")
		return texts
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		texts[n.Content[i].Value] = r.text(n.Content[i+1], path+"."+n.Content[i].Value)
	}
	return texts
}

// request checks the members of a request against the API's description and returns the body.
func (r *seedReader) request(n *yaml.Node, path, operation string, members map[string]any) []byte {
	op, _ := api.Lookup(operation)
	body, err := api.Marshal(members)
	if err != nil {
		r.problem(n, path, "invalid value")
		return nil
	}
	if problem, ok := errors.AsType[*api.Error](op.Validate(body)); ok {
		r.problem(n, path, "%s", problem.Message)
	}
	return body
}

// shapeWithout returns an operation's input without the members that the file format sets by other keys.
func shapeWithout(operation string, given ...string) *api.Shape {
	op, _ := api.Lookup(operation)
	s := *op.Input
	s.Name = operation
	s.Members = slices.DeleteFunc(slices.Clone(s.Members), func(m api.Member) bool { return slices.Contains(given, m.Name) })
	return &s
}

const userPoolID = "UserPoolId"

func (r *seedReader) pool(n *yaml.Node, path string) seedPool {
	p := seedPool{line: n.Line}
	var later []func()
	// Keys that need the pool's ID are read after the ID, in any order of the file.
	after := func(read func(*yaml.Node, string)) func(*yaml.Node, string) {
		return func(n *yaml.Node, path string) { later = append(later, func() { read(n, path) }) }
	}
	members := r.mapping(n, path, map[string]func(*yaml.Node, string){
		"id": func(n *yaml.Node, path string) { p.id = r.text(n, path) },
		"mfa": after(func(n *yaml.Node, path string) {
			mfa := r.mapping(n, path, nil, shapeWithout("SetUserPoolMfaConfig", userPoolID))
			mfa[userPoolID] = p.id
			p.mfa = r.request(n, path, "SetUserPoolMfaConfig", mfa)
		}),
		"identityProviders": after(func(n *yaml.Node, path string) {
			p.resources = append(p.resources, r.resources(n, path, p.id, "CreateIdentityProvider")...)
		}),
		"resourceServers": after(func(n *yaml.Node, path string) {
			p.resources = append(p.resources, r.resources(n, path, p.id, "CreateResourceServer")...)
		}),
		"groups": after(func(n *yaml.Node, path string) {
			p.resources = append(p.resources, r.resources(n, path, p.id, "CreateGroup")...)
			p.groups = groupNames(n)
		}),
		"clients": after(func(n *yaml.Node, path string) {
			r.each(n, path, func(n *yaml.Node, path string) { p.clients = append(p.clients, r.client(n, path, p.id)) })
		}),
		"users": after(func(n *yaml.Node, path string) {
			r.each(n, path, func(n *yaml.Node, path string) {
				user, groups := r.user(n, path)
				p.users, p.userLines, p.members = append(p.users, user), append(p.userLines, n.Line), append(p.members, groups)
			})
		}),
	}, shapeWithout("CreateUserPool"))
	if region, name, ok := strings.Cut(p.id, "_"); !ok || region == "" || name == "" {
		r.problem(n, path, "id is required, like us-east-1_Example1")
		return p
	}
	p.settings = r.request(n, path, "CreateUserPool", members)
	for _, read := range later {
		read()
	}
	r.requireGroups(n, path, &p)
	return p
}

// groupNames returns the names in a list of groups.
func groupNames(n *yaml.Node) []string {
	var groups []struct {
		GroupName string `yaml:"GroupName"`
	}
	if err := n.Decode(&groups); err != nil {
		return nil // the list has a problem already
	}
	var names []string
	for _, g := range groups {
		names = append(names, g.GroupName)
	}
	return names
}

// requireGroups checks that the groups of users are groups of the pool.
func (r *seedReader) requireGroups(n *yaml.Node, path string, p *seedPool) {
	for i, groups := range p.members {
		for _, name := range groups {
			if !slices.Contains(p.groups, name) {
				r.problem(n, path, "user %s is in an unknown group %s", p.users[i].Username, name)
			}
		}
	}
}

// resources reads a list of inputs of an operation that creates a part of a pool.
func (r *seedReader) resources(n *yaml.Node, path, poolID, operation string) []seedResource {
	var list []seedResource
	r.each(n, path, func(n *yaml.Node, path string) {
		members := r.mapping(n, path, nil, shapeWithout(operation, userPoolID))
		members[userPoolID] = poolID
		list = append(list, seedResource{operation, n.Line, r.request(n, path, operation, members)})
	})
	return list
}

func (r *seedReader) client(n *yaml.Node, path, poolID string) seedClient {
	c := seedClient{line: n.Line}
	members := r.mapping(n, path, map[string]func(*yaml.Node, string){
		"id": func(n *yaml.Node, path string) { c.id = r.text(n, path) },
	}, shapeWithout("CreateUserPoolClient", userPoolID))
	if c.id == "" {
		r.problem(n, path, "id is required")
	}
	members[userPoolID] = poolID
	c.settings = r.request(n, path, "CreateUserPoolClient", members)
	return c
}

// user reads a user and the names of the user's groups.
func (r *seedReader) user(n *yaml.Node, path string) (f account.SeedUser, groups []string) {
	into := func(to *string) func(*yaml.Node, string) {
		return func(n *yaml.Node, path string) { *to = r.text(n, path) }
	}
	r.mapping(n, path, map[string]func(*yaml.Node, string){
		"username": into(&f.Username), "sub": into(&f.Sub), "password": into(&f.Password),
		"status": func(n *yaml.Node, path string) { f.Status = api.UserStatusType(r.text(n, path)) },
		"enabled": func(n *yaml.Node, path string) {
			enabled := true
			if err := n.Decode(&enabled); err != nil {
				r.problem(n, path, "must be true or false")
			}
			f.Disabled = !enabled
		},
		"attributes": func(n *yaml.Node, path string) {
			for name, value := range r.texts(n, path) {
				f.Attributes = append(f.Attributes, api.AttributeType{Name: name, Value: value})
			}
		},
		"groups": func(n *yaml.Node, path string) {
			r.each(n, path, func(n *yaml.Node, path string) { groups = append(groups, r.text(n, path)) })
		},
		"softwareToken": func(n *yaml.Node, path string) {
			secret, err := totp.Decode(r.text(n, path))
			if err != nil || len(secret) < totp.MinSecretSize {
				r.problem(n, path, "must be base32 of at least %d bytes", totp.MinSecretSize)
			}
			f.SoftwareToken = secret
		},
	}, nil)
	if f.Username == "" {
		r.problem(n, path, "username is required")
	}
	return f, groups
}
