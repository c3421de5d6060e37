package skeleton_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/input"
	"cognate/cli/skeleton"
)

// TestOutputsAreValid compares every sample output with the limits of the API description.
func TestOutputsAreValid(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		t.Run(op.CLI, func(t *testing.T) {
			t.Parallel()
			sample := skeleton.Output(op)
			if op.Output == nil {
				if object, ok := sample.(*document.Object); !ok || object.Len() != 0 {
					t.Errorf("Output = %v, want an empty object", sample)
				}
				return
			}
			check(t, op.Output, sample, op.Name)
		})
	}
}

// check reports errors for values at path that the API description does not allow. A structure inside itself is not
// expanded, so its members may be missing there.
func check(t *testing.T, shape *api.Shape, value any, path string) {
	t.Helper()
	switch v := value.(type) {
	case *document.Object:
		checkObject(t, shape, v, path)
	case []any:
		checkSize(t, shape, int64(len(v)), path)
		for i, entry := range v {
			check(t, shape.Element, entry, fmt.Sprintf("%s[%d]", path, i))
		}
	case string:
		checkText(t, shape, v, path)
	case int64:
		checkSize(t, shape, v, path)
	case bool:
		if shape.Kind != api.KindBoolean {
			t.Errorf("%s: %t for a %v", path, v, shape.Kind)
		}
	default:
		t.Errorf("%s: %T", path, value)
	}
}

func checkObject(t *testing.T, shape *api.Shape, object *document.Object, path string) {
	t.Helper()
	for name, member := range object.All() {
		switch shape.Kind {
		case api.KindMap:
			checkText(t, shape.Key, name, path+" key")
			check(t, shape.Element, member, path+"."+name)
		case api.KindStructure:
			m := shape.Member(name)
			if m == nil {
				t.Fatalf("%s: unknown member %s", path, name)
			}
			check(t, m.Shape, member, path+"."+name)
		}
	}
}

func checkText(t *testing.T, shape *api.Shape, text, path string) {
	t.Helper()
	if shape.Kind == api.KindTimestamp || shape.Kind == api.KindBlob {
		return
	}
	if shape.Kind != api.KindString {
		t.Errorf("%s: a text for a %v", path, shape.Kind)
	}
	checkSize(t, shape, int64(utf8.RuneCountInString(text)), path)
	if shape.Pattern != nil && !shape.Pattern.Match([]byte(text)) {
		t.Errorf("%s: %q does not match %s", path, text, shape.Pattern.Text)
	}
	if shape.Enum != nil && !slices.Contains(shape.Enum, text) {
		t.Errorf("%s: %q is none of %q", path, text, shape.Enum)
	}
}

func checkSize(t *testing.T, shape *api.Shape, n int64, path string) {
	t.Helper()
	if shape.Min != api.Unbounded && n < shape.Min || shape.Max != api.Unbounded && n > shape.Max {
		t.Errorf("%s: %d is not in [%d, %d]", path, n, shape.Min, shape.Max)
	}
}

// TestYAMLReadsBack compares both forms of every sample input.
func TestYAMLReadsBack(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		text := skeleton.YAML(op)
		got, err := input.ParseYAML([]byte(text))
		if err != nil {
			t.Errorf("%s: %v in\n%s", op.CLI, err, text)
			continue
		}
		if want := bare(skeleton.Input(op)); !document.Equal(bare(got), want) {
			t.Errorf("%s: YAML holds %s, want %s", op.CLI, document.AppendJSON(nil, got, ""), document.AppendJSON(nil, want, ""))
		}
	}
}

// bare replaces values that the forms write differently: bytes are null in JSON and empty in YAML.
func bare(value any) any {
	switch v := value.(type) {
	case []byte:
		return nil
	case []any:
		for i := range v {
			v[i] = bare(v[i])
		}
	case *document.Object:
		for _, name := range v.Names() {
			member, _ := v.Get(name)
			v.Set(name, bare(member))
		}
	}
	return value
}
