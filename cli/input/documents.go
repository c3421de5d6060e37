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
func ParseYAML(text []byte) (any, error) {
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errYAML
	}
	if len(root.Content) == 0 {
		return nil, nil
	}
	r := &yamlReader{left: maxYAMLNodes}
	return r.value(root.Content[0], maxYAMLDepth)
}

// Limits on the size that a document can reach by aliases.
const (
	maxYAMLDepth = 100
	maxYAMLNodes = 100_000
)

// yamlReader converts YAML nodes to values.
type yamlReader struct{ left int }

var errYAML = errors.New("invalid YAML for an input")

func (r *yamlReader) value(node *yaml.Node, depth int) (any, error) {
	if r.left--; depth == 0 || r.left < 0 {
		return nil, errYAML
	}
	switch node.Kind {
	case yaml.AliasNode:
		return r.value(node.Alias, depth-1)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, item := range node.Content {
			value, err := r.value(item, depth-1)
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
		value, err := r.value(node.Content[i+1], depth-1)
		if err != nil {
			return nil, err
		}
		_, twice := object.Get(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || twice:
			return nil, errYAML
		case key.ShortTag() == "!!merge":
			if err := merge(merged, value); err != nil {
				return nil, err
			}
		default:
			object.Set(key.Value, value)
		}
	}
	return object, merge(object, merged)
}

// merge adds members of a mapping, or of a list of mappings, that object does not have.
func merge(object *document.Object, value any) error {
	switch v := value.(type) {
	case *document.Object:
		for name, member := range v.All() {
			if _, known := object.Get(name); !known {
				object.Set(name, member)
			}
		}
		return nil
	case []any:
		for _, item := range v {
			if _, isList := item.([]any); isList {
				return errYAML
			}
			if err := merge(object, item); err != nil {
				return err
			}
		}
		return nil
	}
	return errYAML
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
