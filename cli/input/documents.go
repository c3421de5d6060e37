package input

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"cognate/cli/document"
)

// Document reads the argument with a whole input. If text is a file:// URL, it reads the file. Errors: *ArgumentError.
func Document(argument, text string, parse func([]byte) (any, error)) (*document.Object, error) {
	content, _, err := Load(text)
	if err != nil {
		return nil, &ArgumentError{argument, err.Error()}
	}
	data, ok := content.([]byte)
	if !ok {
		data = fmt.Append(nil, content)
	}
	value, err := parse(data)
	if err != nil {
		kind := "JSON"
		if strings.HasSuffix(argument, "yaml") {
			kind = "YAML"
		}
		return nil, &ArgumentError{strings.TrimPrefix(argument, "--"), "Invalid " + kind + " received."}
	}
	object, ok := value.(*document.Object)
	if !ok {
		return nil, &ArgumentError{argument, "Invalid type: expecting map, received " + pythonType(value)}
	}
	return object, nil
}

// ParseJSON parses one JSON value.
func ParseJSON(text []byte) (any, error) { return document.Parse(text) }

// ParseYAML parses one YAML document. Errors: invalid syntax; a second document; a key that is not a scalar or that is
// repeated; an alias inside itself.
func ParseYAML(text []byte) (any, error) { return parseYAML(text, nil) }

func parseYAML(text []byte, lines *document.Lines) (any, error) {
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &yamlError{0, "there is more than one document"}
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	r := &yamlReader{left: maxYAMLNodes, lines: lines}
	return r.value(root.Content[0], maxYAMLDepth)
}

// Limits on the size that a document can reach by aliases.
const (
	maxYAMLDepth = 100
	maxYAMLNodes = 100_000
)

// yamlReader converts YAML nodes to values.
type yamlReader struct {
	left  int
	lines *document.Lines // nil if they are not wanted. A repeated key is then no error
	path  string          // the path of the current value, if lines are wanted
}

// yamlError is YAML that is valid, but not for an input.
type yamlError struct {
	line int // 0 if unknown
	text string
}

// Error returns the text.
func (e *yamlError) Error() string { return e.text }

// inside reads a value at a path below the current one. at is the node of its name, or of the value in a sequence.
func (r *yamlReader) inside(at *yaml.Node, step string, node *yaml.Node, depth int) (any, error) {
	if r.lines == nil {
		return r.value(node, depth)
	}
	outer := r.path
	r.path += step
	r.lines.Add(r.path, at.Line)
	value, err := r.value(node, depth)
	r.path = outer
	return value, err
}

func (r *yamlReader) value(node *yaml.Node, depth int) (any, error) {
	if r.left--; depth == 0 || r.left < 0 {
		return nil, &yamlError{node.Line, "the document is nested too deeply or too large"}
	}
	switch node.Kind {
	case yaml.AliasNode:
		return r.value(node.Alias, depth-1)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for i, item := range node.Content {
			value, err := r.inside(item, document.Entry(i), item, depth-1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(node, depth)
	}
	return yamlScalar(node)
}

// mapping reads the pairs of a mapping. Its own pairs have priority over merged ones.
// Source: YAML 1.1 language-independent types, "Merge Key".
func (r *yamlReader) mapping(node *yaml.Node, depth int) (any, error) {
	object, merged := &document.Object{}, &document.Object{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		value, err := r.inside(key, document.Member(key.Value), node.Content[i+1], depth-1)
		if err != nil {
			return nil, err
		}
		_, twice := object.Get(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, &yamlError{key.Line, "a key is not a text"}
		case twice && r.lines == nil:
			return nil, &yamlError{key.Line, "a key is repeated"}
		case key.ShortTag() == "!!merge":
			if !merge(merged, value) {
				return nil, &yamlError{key.Line, "a merge needs a mapping, or a list of mappings"}
			}
		default:
			object.Set(key.Value, value)
		}
	}
	merge(object, merged)
	return object, nil
}

// merge adds members of a mapping, or of a list of mappings, that object does not have. It reports whether value is one.
func merge(object *document.Object, value any) bool {
	switch v := value.(type) {
	case *document.Object:
		for name, member := range v.All() {
			if _, known := object.Get(name); !known {
				object.Set(name, member)
			}
		}
		return true
	case []any:
		for _, item := range v {
			if _, isList := item.([]any); isList || !merge(object, item) {
				return false
			}
		}
		return true
	}
	return false
}

func yamlScalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		err := node.Decode(&b)
		return b, err
	case "!!int":
		return yamlInteger(node)
	case "!!float": // an integer outside 64 bits also has this tag
		if n, ok := document.Integer(node.Value); ok {
			return n, nil
		}
		var f float64
		err := node.Decode(&f)
		return f, err
	case "!!binary":
		return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(node.Value), ""))
	}
	return node.Value, nil
}

// yamlInteger parses an integer. With leading zeros it is decimal, not octal as in YAML 1.1.
// Source: YAML 1.2, section 10.3.2.
func yamlInteger(node *yaml.Node) (any, error) {
	if n, ok := document.Integer(node.Value); ok {
		return n, nil
	}
	var n int64
	err := node.Decode(&n)
	return n, err
}
