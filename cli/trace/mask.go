package trace

import (
	"fmt"
	"slices"
	"strings"

	"cognate/api"
	"cognate/cli/document"
)

// masked is shown in place of a secret.
const masked = "(masked)"

// secretWords returns parts of the names of members that may contain secrets.
func secretWords() []string {
	return []string{
		"answer", "code", "credential", "key", "password", "salt", "secret", "session", "signature", "srp", "token", "verifier",
	}
}

// shownShapes returns shapes that are sensitive but not secret. They are shown, because they identify the request.
func shownShapes() []string { return []string{"ClientIdType", "UsernameType"} }

// Mask returns a JSON body without its secrets: strings that the API description marks as sensitive, whose name looks
// like that of a secret, or whose member is unknown. If body is not JSON, it returns only its length. If shape is nil,
// all members are unknown.
func Mask(body []byte, shape *api.Shape) string {
	return render(body, func(value any) any { return mask(value, shape, "", shape == nil) })
}

// MaskError is Mask for the body of an error. It shows the error message.
func MaskError(body []byte) string {
	return render(body, func(value any) any {
		object, ok := value.(*document.Object)
		if !ok {
			return mask(value, nil, "", true)
		}
		shown := &document.Object{}
		for name, member := range object.All() {
			switch name {
			case "__type", "message", "Message", "reasonCode":
				shown.Set(name, member)
			default:
				shown.Set(name, mask(member, nil, name, true))
			}
		}
		return shown
	})
}

func render(body []byte, masking func(any) any) string {
	if len(body) == 0 {
		return "(empty)"
	}
	value, err := document.Parse(body)
	if err != nil {
		return fmt.Sprintf("(%d bytes that are no JSON)", len(body))
	}
	return string(document.AppendJSON(nil, masking(value), ""))
}

// mask masks strings in value. shape may be nil. If hidden is true, all strings are secrets.
func mask(value any, shape *api.Shape, name string, hidden bool) any {
	hidden = hidden || isSecret(name) && !isStructure(shape) || shape != nil && shape.Sensitive && !slices.Contains(shownShapes(), shape.Name)
	switch v := value.(type) {
	case *document.Object:
		object := &document.Object{}
		for name, member := range v.All() {
			inner, known := memberShape(shape, name)
			object.Set(name, mask(member, inner, name, hidden || !known))
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, entry := range v {
			var inner *api.Shape
			if shape != nil {
				inner = shape.Element
			}
			list[i] = mask(entry, inner, "", hidden)
		}
		return list
	case string:
		if hidden {
			return masked
		}
	}
	return value
}

func isStructure(shape *api.Shape) bool {
	return shape != nil && (shape.Kind == api.KindStructure || shape.Kind == api.KindList && isStructure(shape.Element))
}

// memberShape returns the shape of a member or of an entry of a map, and whether it is known.
func memberShape(shape *api.Shape, name string) (inner *api.Shape, known bool) {
	if shape == nil {
		return nil, false
	}
	switch shape.Kind {
	case api.KindStructure:
		if m := shape.Member(name); m != nil {
			return m.Shape, true
		}
	case api.KindMap:
		return shape.Element, true
	case api.KindDocument:
		return nil, true
	}
	return nil, false
}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords(), func(word string) bool { return strings.Contains(name, word) })
}
