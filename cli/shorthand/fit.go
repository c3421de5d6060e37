package shorthand

import (
	"errors"
	"fmt"
	"strings"

	"cognate/api"
	"cognate/cli/document"
)

// ErrDocument means that shorthand syntax cannot express a document, which is any JSON value.
var ErrDocument = errors.New("Shorthand syntax does not support document types. Use JSON input for top-level argument" +
	" to specify nested parameter")

// Fit converts the words of a parsed expression to the types of shape: numbers, booleans, or a list with a single word.
// A word that does not fit stays a word; input.Check reports it later.
// Errors: an invalid number; ErrDocument.
func Fit(value any, shape *api.Shape) (any, error) {
	switch shape.Kind {
	case api.KindStructure:
		return fitStructure(value, shape)
	case api.KindMap:
		return fitMap(value, shape)
	case api.KindList:
		return fitList(value, shape)
	case api.KindDocument:
		return nil, ErrDocument
	}
	word, ok := value.(string)
	if !ok {
		return value, nil
	}
	switch shape.Kind {
	case api.KindInteger, api.KindLong:
		n, ok := document.Integer(word)
		if !ok {
			return nil, fmt.Errorf("invalid literal for int() with base 10: '%s'", word)
		}
		return n, nil
	case api.KindBoolean:
		switch strings.ToLower(word) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return word, nil
}

func fitStructure(value any, shape *api.Shape) (any, error) {
	object, ok := value.(*document.Object)
	if !ok {
		return value, nil
	}
	for name, member := range object.All() {
		m := shape.Member(name)
		if m == nil {
			continue
		}
		fitted, err := Fit(member, m.Shape)
		if errors.Is(err, ErrDocument) {
			return nil, fmt.Errorf("%w: %s", ErrDocument, name)
		} else if err != nil {
			return nil, err
		}
		object.Set(name, fitted)
	}
	return object, nil
}

func fitMap(value any, shape *api.Shape) (any, error) {
	object, ok := value.(*document.Object)
	if !ok {
		return value, nil
	}
	for name, entry := range object.All() {
		fitted, err := Fit(entry, shape.Element)
		if err != nil {
			return nil, err
		}
		object.Set(name, fitted)
	}
	return object, nil
}

// fitList converts the entries. A single word becomes a list with that word.
func fitList(value any, shape *api.Shape) (any, error) {
	list, ok := value.([]any)
	if !ok {
		return []any{value}, nil
	}
	for i, entry := range list {
		fitted, err := Fit(entry, shape.Element)
		if err != nil {
			return nil, err
		}
		list[i] = fitted
	}
	return list, nil
}
