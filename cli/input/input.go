// Package input owns the conversion of command-line words and input documents to the input of an operation, and the
// checks that the AWS CLI makes before it sends a request. It knows shapes and files, but not the grammar of the
// command line.
package input

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/shorthand"
)

// ArgumentError is an invalid value of an argument. The exit status is that of a usage error, as in the AWS CLI.
type ArgumentError struct {
	Argument string // "--user-attributes"
	Text     string
}

// Error returns the AWS CLI's message.
func (e *ArgumentError) Error() string {
	return "Error parsing parameter '" + e.Argument + "': " + e.Text
}

// Prefixes of values that are read from a file, as text or as bytes.
const (
	textFile  = "file://"
	bytesFile = "fileb://"
)

// Load returns the content of the file if value is a file:// or fileb:// URL, otherwise value. Errors: errors of
// reading; text that is not UTF-8.
func Load(value string) (content any, fromFile bool, err error) {
	prefix := textFile
	path, ok := strings.CutPrefix(value, textFile)
	if !ok {
		prefix = bytesFile
		if path, ok = strings.CutPrefix(value, bytesFile); !ok {
			return value, false, nil
		}
	}
	path = os.ExpandEnv(expandHome(path))
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false, fmt.Errorf("Unable to load paramfile %s: %s", value, pythonOSError(err, path))
	}
	if prefix == bytesFile {
		return data, true, nil
	}
	if !utf8.Valid(data) {
		return nil, false, fmt.Errorf("Unable to load paramfile (%s), text contents could not be decoded.  If this is a"+
			" binary file, please use the fileb:// prefix instead of the file:// prefix.", path)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n"), true, nil
}

func expandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && rest[0] != '/' {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return home + rest
}

// Argument converts the words of one argument to a value of shape. Errors: *ArgumentError; another error for an invalid
// number.
func Argument(name string, shape *api.Shape, words []string) (any, error) {
	if len(words) == 1 {
		content, fromFile, err := Load(words[0])
		if err != nil {
			return nil, &ArgumentError{name, err.Error()}
		}
		if data, ok := content.([]byte); ok {
			return data, nil
		}
		if text, ok := content.(string); ok && fromFile {
			words = []string{text}
		}
	}
	if shape.Kind != api.KindList && len(words) != 1 {
		return nil, &ArgumentError{name, "expected one value"}
	}
	switch {
	case looksLikeJSON(words) || !hasShorthand(shape):
		return plain(name, shape, words)
	case shape.Kind == api.KindList:
		return shorthandList(name, shape, words)
	}
	return short(name, shape, words[0])
}

func looksLikeJSON(words []string) bool {
	if len(words) == 0 {
		return false
	}
	first := strings.TrimSpace(words[0])
	return strings.HasPrefix(first, "[") || strings.HasPrefix(first, "{")
}

// hasShorthand reports whether shorthand syntax is allowed: for structures, maps, and lists of them.
func hasShorthand(shape *api.Shape) bool {
	switch shape.Kind {
	case api.KindStructure, api.KindMap:
		return true
	case api.KindList:
		element := shape.Element.Kind
		return element == api.KindStructure || element == api.KindMap || element == api.KindList
	}
	return false
}

func shorthandList(name string, shape *api.Shape, words []string) (any, error) {
	list := make([]any, 0, len(words))
	for _, word := range words {
		value, err := short(name, shape.Element, word)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func short(name string, shape *api.Shape, word string) (any, error) {
	parsed, err := shorthand.Parse(word)
	if err != nil {
		return nil, &ArgumentError{name, err.Error()}
	}
	value, err := shorthand.Fit(parsed, shape)
	if errors.Is(err, shorthand.ErrDocument) {
		return nil, &ArgumentError{name, err.Error()}
	}
	return value, err
}

// plain reads values without shorthand syntax: JSON, or words.
func plain(name string, shape *api.Shape, words []string) (any, error) {
	switch shape.Kind {
	case api.KindStructure, api.KindMap:
		if looksLikeJSON(words) && strings.TrimSpace(words[0])[0] == '{' {
			return parseJSON(name, words[0])
		}
		return nil, &ArgumentError{name, "Invalid JSON:\n" + words[0]}
	case api.KindDocument:
		return parseJSON(name, words[0])
	case api.KindList:
		return plainList(name, shape, words)
	}
	return scalar(shape, words[0])
}

func plainList(name string, shape *api.Shape, words []string) (any, error) {
	if len(words) == 1 && strings.HasPrefix(strings.TrimSpace(words[0]), "[") {
		return parseJSON(name, words[0])
	}
	list := make([]any, 0, len(words))
	for _, word := range words {
		value, err := plain(name, shape.Element, []string{word})
		if known := (*ArgumentError)(nil); err != nil && !errors.As(err, &known) {
			return nil, &ArgumentError{name, words[0]}
		} else if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func parseJSON(name, text string) (any, error) {
	value, err := document.Parse([]byte(text))
	if err != nil {
		return nil, &ArgumentError{name, fmt.Sprintf("Invalid JSON: %s\nJSON received: %s", err, text)}
	}
	return value, nil
}

func scalar(shape *api.Shape, word string) (any, error) {
	switch shape.Kind {
	case api.KindInteger, api.KindLong:
		n, ok := document.Integer(word)
		if !ok {
			return nil, fmt.Errorf("invalid literal for int() with base 10: '%s'", word)
		}
		return n, nil
	case api.KindBoolean:
		return !strings.EqualFold(word, "false"), nil
	}
	return word, nil
}

// DecodeBlobs returns value with every blob as bytes. It decodes base64, or takes the text as bytes if raw is true.
// Errors: invalid base64.
func DecodeBlobs(value any, shape *api.Shape, raw bool) (any, error) {
	switch v := value.(type) {
	case *document.Object:
		for name, member := range v.All() {
			inner := shape.Element
			if shape.Kind == api.KindStructure {
				m := shape.Member(name)
				if m == nil {
					continue
				}
				inner = m.Shape
			}
			if inner == nil {
				continue
			}
			decoded, err := DecodeBlobs(member, inner, raw)
			if err != nil {
				return nil, err
			}
			v.Set(name, decoded)
		}
	case []any:
		if shape.Kind != api.KindList {
			return value, nil
		}
		for i, entry := range v {
			decoded, err := DecodeBlobs(entry, shape.Element, raw)
			if err != nil {
				return nil, err
			}
			v[i] = decoded
		}
	case string:
		return decodeBlob(v, shape, raw)
	}
	return value, nil
}

func decodeBlob(text string, shape *api.Shape, raw bool) (any, error) {
	if shape.Kind != api.KindBlob {
		return text, nil
	}
	if raw {
		return []byte(text), nil
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, errors.New("string argument should contain only ASCII characters")
	}
	data, err := base64.StdEncoding.DecodeString(onlyBase64(text))
	if err != nil {
		return nil, fmt.Errorf("Invalid base64: %q", text)
	}
	return data, nil
}

// onlyBase64 removes the characters outside the base64 alphabet, such as line breaks.
func onlyBase64(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r == '/' || r == '=' || r < utf8.RuneSelf && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return -1
	}, text)
}

// Body returns a checked input as the JSON of a request, with blobs in base64.
func Body(value any) []byte {
	return document.AppendJSON(nil, encodeBytes(value), "")
}

func encodeBytes(value any) any {
	switch v := value.(type) {
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case []any:
		list := make([]any, len(v))
		for i, entry := range v {
			list[i] = encodeBytes(entry)
		}
		return list
	case *document.Object:
		object := &document.Object{}
		for name, member := range v.All() {
			object.Set(name, encodeBytes(member))
		}
		return object
	}
	return value
}
