package generator

import (
	"strings"

	"cognate/internal/apigen/description"
)

// types writes the wire types: enumerations, structures, then the input and output of each operation.
func (g *generator) types(p *printer) {
	if g.hasDocument() {
		p.f("import %q\n", "github.com/go-json-experiment/json/jsontext")
	}
	for _, name := range g.names {
		if s := g.d.Shapes[name]; len(s.Enum) > 0 {
			enum(p, name, s)
		}
	}
	for _, name := range g.names {
		s := g.d.Shapes[name]
		if s.Type == "structure" && !s.Document && !s.Exception && g.goNames[name] == name {
			g.structure(p, name, "is the shape with that name.", s)
		}
	}
	for _, name := range g.ops {
		op := g.d.Operations[name]
		g.structure(p, inputName(name), "is the request of "+name+".", g.d.Shapes[op.Input])
		g.accessors(p, inputName(name), g.d.Shapes[op.Input])
		output := &description.Shape{Type: "structure"}
		if op.Output != "" {
			output = g.d.Shapes[op.Output]
		}
		g.structure(p, outputName(name), "is the response of "+name+".", output)
	}
}

func (g *generator) hasDocument() bool {
	for _, s := range g.d.Shapes {
		if s.Document {
			return true
		}
	}
	return false
}

// enum writes a string type and its values. Names are those of the AWS SDK for Go v2.
func enum(p *printer, name string, s *description.Shape) {
	p.f("// %s is the enumeration with that name.", name)
	p.f("type %s string\n", name)
	p.f("// Values of %s.", name)
	p.f("const (")
	for _, v := range s.Enum {
		p.f("%s%s %s = %q", name, enumValueName(v), name, v)
	}
	p.f(")\n")
}

// enumValueName converts SOFTWARE_TOKEN_MFA to SoftwareTokenMfa and phone_number to PhoneNumber. SignIn stays.
func enumValueName(value string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("_- .:/", r) }) {
		if word == strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		b.WriteString(upperFirst(word))
	}
	return b.String()
}

func (g *generator) structure(p *printer, name, doc string, s *description.Shape) {
	p.f("// %s %s", name, doc)
	if len(s.Members) == 0 {
		p.f("type %s struct{}\n", name)
		return
	}
	p.f("type %s struct {", name)
	for _, m := range s.Members {
		field := upperFirst(m.Name)
		tag := ""
		if field != m.Name {
			tag = m.Name
		}
		p.f("%s %s `json:\"%s,omitzero\"`", field, g.memberType(m.Shape), tag)
	}
	p.f("}\n")
}

// accessors writes the methods by which the dispatcher reads an input without knowing its type.
func (g *generator) accessors(p *printer, name string, s *description.Shape) {
	for _, a := range []struct{ member, method, doc string }{
		{"AccessToken", "BearerToken", "BearerToken returns the AccessToken."},
		{"Session", "AuthSession", "AuthSession returns the Session."},
		{"UserPoolId", "PoolID", "PoolID returns the UserPoolId."},
		{"ClientId", "AppClientID", "AppClientID returns the ClientId."},
		{"ResourceArn", "ResourceARN", "ResourceARN returns the ResourceArn."},
		{"Username", "UserName", "UserName returns the Username."},
	} {
		if s.Member(a.member) == nil {
			continue
		}
		p.f("// %s", a.doc)
		p.f("func (in *%s) %s() string { return in.%s }\n", name, a.method, a.member)
	}
}

// memberType returns the Go type of a member. It is a pointer if otherwise an absent member and a zero value look alike.
func (g *generator) memberType(shape string) string {
	t := g.elementType(shape)
	s := g.d.Shapes[shape]
	switch s.Type {
	case "boolean", "integer", "long":
		return "*" + t
	case "string":
		if s.EmptyCounts {
			return "*" + t
		}
	case "structure":
		if !s.Document {
			return "*" + t
		}
	}
	return t
}

// elementType returns the Go type of an entry of a list or map.
func (g *generator) elementType(shape string) string {
	s := g.d.Shapes[shape]
	switch s.Type {
	case "string":
		if len(s.Enum) > 0 {
			return g.goNames[shape]
		}
		return "string"
	case "boolean":
		return "bool"
	case "integer":
		return "int"
	case "long":
		return "int64"
	case "timestamp":
		return "Epoch"
	case "blob":
		return "[]byte"
	case "list":
		return "[]" + g.elementType(s.Element)
	case "map":
		return "map[string]" + g.elementType(s.Value)
	}
	if s.Document {
		return "jsontext.Value"
	}
	return g.goNames[shape]
}
