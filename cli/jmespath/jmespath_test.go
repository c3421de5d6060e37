package jmespath_test

import (
	"testing"

	"cognate/cli/document"
	"cognate/cli/jmespath"
)

const sample = `{"a": {"z": 1, "b": [1, 2, 3, {"c": "x"}]}, "people": [{"n": "Ann", "age": 30, "tags": ["t1"]},
	{"n": "Bob", "age": 25, "tags": []}, {"n": "Cid", "age": 41}], "empty": [], "f": false, "odd name": "o"}`

func TestSearch(t *testing.T) {
	t.Parallel()
	tests := []struct{ expression, want string }{
		{"a.z", "1"},
		{"a.none.more", "null"},
		{`"odd name"`, `"o"`},
		{"a.b[0]", "1"},
		{"a.b[-1].c", `"x"`},
		{"a.b[1:3]", "[2, 3]"},
		{"a.b[::-1] | [1]", "3"},
		{"a.b[9]", "null"},
		{"people[*].n", `["Ann", "Bob", "Cid"]`},
		{"people[].tags[]", `["t1"]`},
		{"people[?age > `26`].n", `["Ann", "Cid"]`},
		{"people[?age > `26` && n != 'Ann'].{Z: n, A: age}", `[{"Z": "Cid", "A": 41}]`},
		{"people[?!tags].n", `["Bob", "Cid"]`},
		{"people[*].[n, age] | [0]", `["Ann", 30]`},
		{"a.*", `[1, [1, 2, 3, {"c": "x"}]]`},
		{"*.z", "[1]"},
		{"f || `\"d\"`", `"d"`},
		{"f && a", "false"},
		{"(people[0] || a).n", `"Ann"`},
		{"length(people)", "3"},
		{"sort_by(people, &age)[].n", `["Bob", "Ann", "Cid"]`},
		{"max_by(people, &age).n", `"Cid"`},
		{"min_by(people, &n).n", `"Ann"`},
		{"map(&n, people)", `["Ann", "Bob", "Cid"]`},
		{"join('-', people[].n)", `"Ann-Bob-Cid"`},
		{"sum(people[].age)", "96"},
		{"avg(people[].age)", "32.0"},
		{"avg(empty)", "null"},
		{"ceil(`1.2`)", "2"},
		{"abs(`-3`)", "3"},
		{"keys(a)", `["z", "b"]`},
		{"values(merge(a, {z: `5`}))[0]", "5"},
		{"contains(a.b, `2`)", "true"},
		{"starts_with('abc', 'ab') && ends_with('abc', 'bc')", "true"},
		{"sort(['b', 'a'])", `["a", "b"]`},
		{"to_number('1.5')", "1.5"},
		{"to_number('x')", "null"},
		{"to_array('x')", `["x"]`},
		{"to_string(a.b[3])", `"{\"c\":\"x\"}"`},
		{"type(a)", `"object"`},
		{"@.f", "false"},
		{"people[0].age == `30.0`", "true"},
		{"n < `1`", "null"},
		{"'a\\'b'", `"a'b"`},
		{"`plain`", `"plain"`},
		{"people[*].tags | []", `["t1"]`},
		{"sum(`[9223372036854775807, 1]`)", "9223372036854775808"},
		{"floor(`1e20`)", "100000000000000000000"},
		{"abs(`-9223372036854775808`)", "9223372036854775808"},
		{"`9223372036854775808` > `9223372036854775807`", "true"},
		{"people[99999999999999999999]", "null"},
		{"people[:99999999999999999999:99999999999999999999].n", `["Ann"]`},
		{"to_number('9223372036854775808')", "9223372036854775808"},
	}
	value, err := document.Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		query, err := jmespath.Compile(tt.expression)
		if err != nil {
			t.Errorf("Compile(%s): %v", tt.expression, err)
			continue
		}
		found, err := query.Search(value)
		if got := string(document.AppendJSON(nil, found, "")); err != nil || got != tt.want {
			t.Errorf("%s = %s, %v, want %s", tt.expression, got, err, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"", "a[", "a b", "a.", "[?a", "{a}", "foo(", "a[1:2:3:4]", "'open", `"open`, "^", "a.[", "&", "a[x", "(a", "*a", "\"f\"(a)"} {
		if _, err := jmespath.Compile(expression); err == nil {
			t.Errorf("Compile(%q) has no error", expression)
		}
	}
	for _, expression := range []string{"length(`1`)", "nothing(@)", "length()", "sort_by([`1`,'a'], &@)", "a[::0] || [`1`][::0]", "join('a', [`1`])", "not_null()"} {
		query, err := jmespath.Compile(expression)
		if err != nil {
			t.Errorf("Compile(%q): %v", expression, err)
			continue
		}
		if found, err := query.Search(&document.Object{}); err == nil {
			t.Errorf("%s = %v, want an error", expression, found)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"a.b[0].*", "people[?age > `26`].{Z: n}", "sort_by(a, &b)[::-1]", "a[", "`", "a||b&&!c", "keys(@)[]", "[a,b]|[0]", "max(`[1]`)", "x(&a)"} {
		f.Add(seed)
	}
	value, err := document.Parse([]byte(sample))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		query, err := jmespath.Compile(expression)
		if err != nil {
			if query != nil {
				t.Fatalf("Compile(%q) answers with error %v", expression, err)
			}
			return
		}
		if _, err := query.Search(value); err != nil {
			return
		}
	})
}
