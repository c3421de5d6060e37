package export

import (
	"bytes"
	"encoding/json"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const schemaFile = "../docs/export.schema.json"

// The schema describes the lines as this package reads and writes them. With COGNATE_TEST_UPDATE=1 the test writes it.
func TestSchema(t *testing.T) {
	t.Parallel()
	want := mustSchema(t)
	if os.Getenv("COGNATE_TEST_UPDATE") == "1" {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date; run this test with COGNATE_TEST_UPDATE=1", schemaFile)
	}
}

// linesByType has the structure of each type of line.
var linesByType = map[string]any{
	typeHeader: header{}, typePool: pool{}, typeSigningKey: signingKey{}, typeSAMLKey: samlKey{}, typeResourceServer: resourceServer{},
	typeIdentityProvider: identityProvider{}, typeClient: client{}, typeGroup: group{}, typeImage: image{},
	typeUICustomization: uiCustomization{}, typeLoginStyle: loginStyle{}, typeTerms: terms{}, typeUser: user{}, typeEnd: end{},
}

type object = map[string]any

// schemaMaker makes the schemas of types.
type schemaMaker struct {
	comments map[string]string // of fields, by "type.Field"
	defs     object
}

func mustSchema(t *testing.T) []byte {
	t.Helper()
	m := &schemaMaker{comments: mustComments(t), defs: object{}}
	var lines []any
	for _, kind := range order {
		s := m.structure(reflect.TypeOf(linesByType[kind]))
		properties, _ := s["properties"].(object)
		properties["type"] = object{"const": kind}
		m.defs[kind+"Line"] = s
		lines = append(lines, object{"$ref": "#/$defs/" + kind + "Line"})
	}
	text, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A line of " + Format, "oneOf": lines, "$defs": m.defs,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func (m *schemaMaker) structure(of reflect.Type) object {
	properties, required := object{}, []string{}
	m.fields(of, properties, &required)
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fields adds the fields of a type, with those of embedded types.
func (m *schemaMaker) fields(of reflect.Type, properties object, required *[]string) {
	for f := range of.Fields() {
		if f.Anonymous {
			m.fields(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := m.value(f.Type)
		if comment := m.comments[of.Name()+"."+f.Name]; comment != "" {
			s["description"] = comment
		}
		properties[name] = s
		if options == "" {
			*required = append(*required, name)
		}
	}
}

func (m *schemaMaker) value(of reflect.Type) object {
	switch {
	case of == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case of == reflect.TypeFor[jsontext.Value]():
		return object{"type": "object"}
	case of == reflect.TypeFor[[]byte]():
		return object{"type": "string", "contentEncoding": "base64"}
	}
	switch of.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Pointer:
		return m.value(of.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": m.value(of.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": m.value(of.Elem())}
	case reflect.Struct:
		if m.defs[of.Name()] == nil {
			m.defs[of.Name()] = m.structure(of)
		}
		return object{"$ref": "#/$defs/" + of.Name()}
	default:
		return object{"type": "integer"}
	}
}

// mustComments returns the comments of the fields in format.go.
func mustComments(t *testing.T) map[string]string {
	t.Helper()
	file, err := goparser.ParseFile(token.NewFileSet(), "format.go", nil, goparser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range structure.Fields.List {
			for _, name := range f.Names {
				comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " ")
			}
		}
		return true
	})
	return comments
}
