package generator_test

import (
	"fmt"
	"strings"
	"testing"

	"cognate/internal/apigen/description"
	"cognate/internal/apigen/generator"
)

// TestMaxBody compares the maximum of a request that has one member with the size of the member. The structure around the
// member takes 7 bytes: {"M":,}
func TestMaxBody(t *testing.T) {
	t.Parallel()
	const small, around = 64 << 10, 7
	maximum := func(n int64) *int64 { return &n }
	for _, test := range []struct {
		name       string
		shape      description.Shape
		documented int64
		want       int64
	}{
		{"a short string", description.Shape{Type: "string", Max: maximum(100)}, 0, small},
		{"a string of any characters", description.Shape{Type: "string", Max: maximum(20000)}, 0, around + 6*20000 + 2 + small},
		{"a string of ASCII", description.Shape{Type: "string", Max: maximum(50000), Pattern: `[\w+=/-]+:x`}, 0, around + 2*50000 + 2 + small},
		{"a pattern with any character", description.Shape{Type: "string", Max: maximum(20000), Pattern: ".*"}, 0, around + 6*20000 + 2 + small},
		{"a string with the general maximum", description.Shape{Type: "string", Max: maximum(131072)}, 0, small},
		{"an image", description.Shape{Type: "blob", Max: maximum(300000)}, 0, around + 400000 + 2 + small},
		{"a list", description.Shape{Type: "list", Element: "Short", Max: maximum(1000)}, 0, around + 1000*(6*50+2+1) + 2 + small},
		{"a list without a maximum", description.Shape{Type: "list", Element: "Short"}, 0, small},
		{"a map", description.Shape{Type: "map", Key: "Short", Value: "Short", Max: maximum(1000)}, 0, around + 1000*2*(6*50+2+1) + 2 + small},
		{"a shape that contains itself", description.Shape{Type: "structure", Members: []description.Member{{Name: "M", Shape: "It"}}}, 0, small},
		{"a documented maximum", description.Shape{Type: "string", Max: maximum(20000)}, 70000, 70000},
	} {
		d := &description.Description{
			Operations: map[string]*description.Operation{"Do": {Input: "In", Auth: description.AuthNone, MaxBody: test.documented}},
			Shapes: map[string]*description.Shape{
				"In":    {Type: "structure", Members: []description.Member{{Name: "M", Shape: "It"}}},
				"It":    &test.shape,
				"Short": {Type: "string", Max: maximum(50)},
			},
		}
		files, err := generator.Generate(d)
		if err != nil {
			t.Fatalf("Generate(%s) = %v", test.name, err)
		}
		line := fmt.Sprintf("MaxBody: %d,", test.want)
		if !strings.Contains(strings.ReplaceAll(string(files["operations_gen.go"]), ":  ", ": "), line) {
			t.Errorf("Generate(%s): want %s in:\n%s", test.name, line, files["operations_gen.go"])
		}
	}
}
