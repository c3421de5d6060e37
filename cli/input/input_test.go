package input_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/input"
)

// mustShape returns the shape of a member of an operation's input.
func mustShape(t testing.TB, operation, member string) *api.Shape {
	t.Helper()
	op, ok := api.Lookup(operation)
	if !ok {
		t.Fatalf("no operation %s", operation)
	}
	return op.Input.Member(member).Shape
}

func TestArgument(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(file, []byte("a\r\nb"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		operation, member string
		words             []string
		want              string // JSON, or "!" and a part of the error
	}{
		{"CreateUserPool", "PoolName", []string{"a b"}, `"a b"`},
		{"CreateUserPool", "PoolName", []string{"file://" + file}, `"a\nb"`},
		{"CreateUserPool", "PoolName", []string{"file://none"}, "!Unable to load paramfile file://none: [Errno 2] No such file"},
		{"CreateUserPool", "PoolName", []string{"a", "b"}, "!expected one value"},
		{"CreateUserPool", "UserPoolTags", []string{"a=b,c=d"}, `{"a": "b", "c": "d"}`},
		{"CreateUserPool", "UserPoolTags", []string{`{"a": "b"}`}, `{"a": "b"}`},
		{"CreateUserPool", "UserPoolTags", []string{`{"a"`}, "!Invalid JSON: "},
		{"CreateUserPool", "AutoVerifiedAttributes", []string{"email", "phone_number"}, `["email", "phone_number"]`},
		{"CreateUserPool", "AutoVerifiedAttributes", nil, `[]`},
		{"CreateUserPool", "Policies", []string{"PasswordPolicy={MinimumLength=8,RequireSymbols=true}"}, `{"PasswordPolicy": {"MinimumLength": 8, "RequireSymbols": true}}`},
		{"CreateUserPool", "Policies", []string{"PasswordPolicy={MinimumLength=x}"}, "!invalid literal for int() with base 10: 'x'"},
		{"CreateUserPool", "Schema", []string{"Name=a", "Name=b,Mutable=false"}, `[{"Name": "a"}, {"Name": "b", "Mutable": false}]`},
		{"ListUsers", "Limit", []string{" 7 "}, `7`},
		{"ListUsers", "Limit", []string{"99999999999999999999"}, `99999999999999999999`},
		{"ListUsers", "Limit", []string{"seven"}, "!invalid literal for int()"},
	}
	for _, tt := range tests {
		got, err := input.Argument("--x", mustShape(t, tt.operation, tt.member), tt.words)
		if want, refused := strings.CutPrefix(tt.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), want) || got != nil {
				t.Errorf("Argument(%s, %q) = %v, %v; want an error with %q", tt.member, tt.words, got, err, want)
			}
			continue
		}
		if text := string(document.AppendJSON(nil, got, "")); err != nil || text != tt.want {
			t.Errorf("Argument(%s, %q) = %s, %v; want %s", tt.member, tt.words, text, err, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	op, _ := api.Lookup("CreateUserPool")
	for text, want := range map[string]string{
		`{"PoolName": "a"}`:                    "",
		`{}`:                                   `Missing required parameter in input: "PoolName"`,
		`{"PoolName": ""}`:                     "Invalid length for parameter PoolName, value: 0, valid min length: 1",
		`{"PoolName": null}`:                   "Invalid type for parameter PoolName, value: None, type: <class 'NoneType'>, valid types: <class 'str'>",
		`{"PoolName": "a", "X": 1}`:            `Unknown parameter in input: "X", must be one of: PoolName, `,
		`{"PoolName": "a", "Schema": {}}`:      "Invalid type for parameter Schema, value: {}, type: <class 'dict'>, valid types: <class 'list'>, <class 'tuple'>",
		`{"PoolName": "a", "Schema": [1]}`:     "Invalid type for parameter Schema[0], value: 1, type: <class 'int'>, valid types: <class 'dict'>",
		`{"PoolName": "a", "UserPoolTags": 1}`: "Invalid type for parameter UserPoolTags, value: 1,",
		`{"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": -99999999999999999999}}}`: "value: -99999999999999999999, valid min value: 6",
		`{"PoolName": "a", "Policies": {"PasswordPolicy": {"MinimumLength": 1.5}}}`:                   "value: 1.5, type: <class 'float'>, valid types: <class 'int'>",
	} {
		value, err := document.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = input.Check(value, op.Input)
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("Check(%s) = %v, want %q", text, err, want)
		}
	}
}

func TestDecodeBlobs(t *testing.T) {
	t.Parallel()
	shape := mustShape(t, "SetUICustomization", "ImageFile")
	tests := []struct {
		text string
		raw  bool
		want string // empty for an error
	}{
		{"YWJj", false, "abc"},
		{" YW\nJj", false, "abc"},
		{"YWJ", false, ""},
		{"é", false, ""},
		{"é", true, "é"},
	}
	for _, tt := range tests {
		got, err := input.DecodeBlobs(tt.text, shape, tt.raw)
		data, _ := got.([]byte)
		if (err != nil) != (tt.want == "") || string(data) != tt.want {
			t.Errorf("DecodeBlobs(%q, raw %t) = %q, %v; want %q", tt.text, tt.raw, data, err, tt.want)
		}
	}
	if got := string(input.Body([]byte("abc"))); got != `"YWJj"` {
		t.Errorf("Body(bytes) = %s", got)
	}
}

func TestParseYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "null",
		"a: [1, 2.5, true, ~, x, '1']":     `{"a": [1, 2.5, true, null, "x", "1"]}`,
		"a: 010\nb: 0x10\nc: 0o17\nd: 1_0": `{"a": 10, "b": 16, "c": 15, "d": 10}`,
		"a: 99999999999999999999":          `{"a": 99999999999999999999}`,
		"a: &x {b: 1}\nc: *x":              `{"a": {"b": 1}, "c": {"b": 1}}`,
		"<<: [{a: 1, b: 2}, {a: 3}]\nb: 4": `{"b": 4, "a": 1}`,
		"a: !!binary YWJj":                 `{"a": "abc"}`,
	} {
		got, err := input.ParseYAML([]byte(text))
		if shown := string(document.AppendJSON(nil, got, "")); err != nil || shown != want {
			t.Errorf("ParseYAML(%q) = %s, %v; want %s", text, shown, err, want)
		}
	}
	bomb := "a: &a [x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += string(c) + ": &" + string(c) + " [*" + string(c-1) + ", *" + string(c-1) + "]\n"
	}
	for _, text := range []string{"[", "a: 1\na: 2", "a: 1\n---\na: 2", "? [a]\n: b", "<<: 1", "<<: [[{a: 1}]]", "a: &a [*a]", bomb} {
		if got, err := input.ParseYAML([]byte(text)); err == nil || got != nil {
			t.Errorf("ParseYAML(%.40q) = %v, %v; want an error", text, got, err)
		}
	}
}

// FuzzDocuments reads input documents. A document that was read is written as JSON that reads as the same value.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{`{"a": [1, -2.5e3, true, null, "é\u00e9\ud83d\ude00"]}`, "a: &x 1\nb: *x", "<<: {a: 1}", "- - 1\n- 0x1F", "a: 2001-01-01", "!!binary YQ==", "99999999999999999999", ".inf", "{", "a: |\n  b\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, parse := range map[string]func([]byte) (any, error){"JSON": input.ParseJSON, "YAML": input.ParseYAML} {
			value, err := parse(text)
			if err != nil {
				if value != nil {
					t.Fatalf("%s: %v beside error %v", name, value, err)
				}
				continue
			}
			body := input.Body(value)
			if bytes.Contains(body, []byte("Inf")) || bytes.Contains(body, []byte("NaN")) {
				continue // YAML has numbers that JSON does not have
			}
			again, err := input.ParseJSON(body)
			if err != nil || !bytes.Equal(input.Body(again), body) {
				t.Fatalf("%s: %q became %q: %v", name, text, body, err)
			}
		}
	})
}
