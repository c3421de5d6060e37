package input

import (
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"cognate/api"
	"cognate/cli/document"
)

// Faults are all problems of an input. Each has the path of the value.
type Faults []string

// Error returns the AWS CLI's message, with one line for each problem.
func (f Faults) Error() string { return "Parameter validation failed:\n" + strings.Join(f, "\n") }

// Check compares an input with its shape: required and unknown members, types, minimum lengths and values. Like the AWS
// CLI, it does not check maximum lengths, patterns and enumerations; the service does. Errors: Faults.
func Check(value any, shape *api.Shape) error {
	c := &checker{}
	c.check(value, shape, "")
	if len(c.faults) == 0 {
		return nil
	}
	return c.faults
}

type checker struct{ faults Faults }

func (c *checker) add(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// pathName returns the name of a path in messages.
func pathName(path string) string {
	if path == "" {
		return "input"
	}
	return strings.TrimPrefix(path, ".")
}

func (c *checker) check(value any, shape *api.Shape, path string) {
	switch shape.Kind {
	case api.KindStructure:
		c.structure(value, shape, path)
	case api.KindMap:
		c.mapping(value, shape, path)
	case api.KindList:
		c.list(value, shape, path)
	case api.KindString:
		if text, ok := value.(string); ok {
			c.atLeast("length", path, big.NewInt(int64(utf8.RuneCountInString(text))), shape)
		} else {
			c.wrongType(value, path, "<class 'str'>")
		}
	case api.KindInteger, api.KindLong:
		switch n := value.(type) {
		case int64:
			c.atLeast("value", path, big.NewInt(n), shape)
		case *big.Int:
			c.atLeast("value", path, n, shape)
		case bool: // bool is a number in Python
		default:
			c.wrongType(value, path, "<class 'int'>")
		}
	case api.KindBoolean:
		if _, ok := value.(bool); !ok {
			c.wrongType(value, path, "<class 'bool'>")
		}
	case api.KindTimestamp:
		if !isTime(value) {
			c.wrongType(value, path, "<class 'datetime.datetime'>, timestamp-string")
		}
	case api.KindBlob:
		switch value.(type) {
		case string, []byte:
		default:
			c.wrongType(value, path, "<class 'bytes'>, <class 'bytearray'>, file-like object")
		}
	}
}

func (c *checker) structure(value any, shape *api.Shape, path string) {
	object, ok := value.(*document.Object)
	if !ok {
		c.wrongType(value, path, "<class 'dict'>")
		return
	}
	for _, m := range shape.Members {
		if _, given := object.Get(m.Name); m.Required && !given {
			c.add("Missing required parameter in %s: \"%s\"", pathName(path), m.Name)
		}
	}
	for _, name := range object.Names() {
		if shape.Member(name) == nil {
			c.add("Unknown parameter in %s: \"%s\", must be one of: %s", pathName(path), name, memberNames(shape))
		}
	}
	for name, member := range object.All() {
		if m := shape.Member(name); m != nil {
			c.check(member, m.Shape, path+"."+name)
		}
	}
}

func memberNames(shape *api.Shape) string {
	names := make([]string, len(shape.Members))
	for i, m := range shape.Members {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}

func (c *checker) mapping(value any, shape *api.Shape, path string) {
	object, ok := value.(*document.Object)
	if !ok {
		c.wrongType(value, path, "<class 'dict'>")
		return
	}
	for name, entry := range object.All() {
		c.check(name, shape.Key, path+" (key: "+name+")")
		c.check(entry, shape.Element, path+"."+name)
	}
}

func (c *checker) list(value any, shape *api.Shape, path string) {
	list, ok := value.([]any)
	if !ok {
		c.wrongType(value, path, "<class 'list'>, <class 'tuple'>")
		return
	}
	c.atLeast("length", path, big.NewInt(int64(len(list))), shape)
	for i, entry := range list {
		c.check(entry, shape.Element, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (c *checker) atLeast(what, path string, n *big.Int, shape *api.Shape) {
	if shape.Min != api.Unbounded && n.Cmp(big.NewInt(shape.Min)) < 0 {
		c.add("Invalid %s for parameter %s, value: %d, valid min %s: %d", what, pathName(path), n, what, shape.Min)
	}
}

func (c *checker) wrongType(value any, path, valid string) {
	c.add("Invalid type for parameter %s, value: %s, type: %s, valid types: %s",
		pathName(path), pythonString(value), pythonType(value), valid)
}

func isTime(value any) bool {
	switch v := value.(type) {
	case int64, *big.Int, float64:
		return true
	case string:
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	}
	return false
}
