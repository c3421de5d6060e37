package shorthand_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cli/document"
	"cognate/cli/shorthand"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ expression, want, err string }{
		{expression: "a=b", want: `{"a":"b"}`},
		{expression: "a=b,c=d", want: `{"a":"b","c":"d"}`},
		{expression: "a=b,c,d=e", want: `{"a":["b","c"],"d":"e"}`},
		{expression: "a=", want: `{"a":""}`},
		{expression: "a=,b=c", want: `{"a":"","b":"c"}`},
		{expression: "a = b , c = d", want: `{"a":"b","c":"d"}`},
		{expression: "a=[b, c,[d]],e={f=g,h={i=j}}", want: `{"a":["b","c",["d"]],"e":{"f":"g","h":{"i":"j"}}}`},
		{expression: "a=[],b={}", want: `{"a":[],"b":{}}`},
		{expression: `a="b,c=d",e='f "g"'`, want: `{"a":"b,c=d","e":"f \"g\""}`},
		{expression: `a="x\"y\\z"`, want: `{"a":"x\"y\\z"}`},
		{expression: `a=b\,c`, want: `{"a":"b,c"}`},
		{expression: "a=b=c", want: `{"a":"b=c"}`},
		{expression: "a", err: "Expected: '=', received: 'EOF' for input:\na\n ^"},
		{expression: "", err: "Expected: '=', received: 'EOF' for input:\n\n^"},
		{expression: "a=b,", err: "Expected: '<second>', received: '<none>' for input:\na=b,\n    ^"},
		{expression: "a=[b", err: "Expected: ',', received: 'EOF' for input:\na=[b\n    ^"},
		{expression: "a='b", err: "Expected: '<singled quoted>', received: '<none>' for input:\na='b\n  ^"},
		{expression: "a=b\nc=]", err: "Expected: ',', received: ']' for input:\na=b\nc=]\n  ^"},
		{expression: "a=b,a=c", err: "Second instance of key \"a\" encountered for input:\na=b,a=c\n    ^\nThis is often because there is a preceding \",\" instead of a space."},
	}
	for _, tt := range tests {
		object, err := shorthand.Parse(tt.expression)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("Parse(%q) = %v, want %s", tt.expression, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.expression, err)
		} else if got := string(document.AppendCompact(nil, object)); got != tt.want {
			t.Errorf("Parse(%q) = %s, want %s", tt.expression, got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	op, _ := api.Lookup("CreateUserPool")
	policies := op.Input.Member("Policies").Shape
	object, err := shorthand.Parse("PasswordPolicy={MinimumLength=8,RequireNumbers=TRUE,RequireSymbols=maybe},Bogus=1")
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := shorthand.Fit(object, policies)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"PasswordPolicy":{"MinimumLength":8,"RequireNumbers":true,"RequireSymbols":"maybe"},"Bogus":"1"}`
	if got := string(document.AppendCompact(nil, fitted)); got != want {
		t.Errorf("Fit = %s, want %s", got, want)
	}
	recovery, _ := shorthand.Parse("RecoveryMechanisms={Name=verified_email,Priority=1}")
	fitted, err = shorthand.Fit(recovery, op.Input.Member("AccountRecoverySetting").Shape)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(document.AppendCompact(nil, fitted)); !strings.HasPrefix(got, `{"RecoveryMechanisms":[{`) {
		t.Errorf("Fit = %s, want a list around the structure", got)
	}
	bad, _ := shorthand.Parse("PasswordPolicy={MinimumLength=x}")
	if _, err := shorthand.Fit(bad, policies); err == nil || err.Error() != "invalid literal for int() with base 10: 'x'" {
		t.Errorf("Fit(no number) = %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a=b,c=d", "a=[b,{c=d}],e='f'", `a="b\"`, "a=b,c,d=e", "a={b=[", "a=b\\,c,\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		object, err := shorthand.Parse(expression)
		if err != nil && object != nil {
			t.Fatalf("Parse(%q) = %v with error %v", expression, object, err)
		}
		if err == nil && object.Len() == 0 {
			t.Fatalf("Parse(%q) has no member", expression)
		}
	})
}
