package cognate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// columns is the order of the tree: a package may import what stands in a later column, nothing of an earlier one, and
// nothing of its own column. A row names a folder with all below it; one that ends in /* names each folder directly below.
var columns = [][]string{
	{"cmd/*"},
	{"internal/assumedoc", "internal/bench", "internal/opsdoc"},
	{"cognatetest"},
	{"server", "cli"},
	{"web", "devapi"},
	{"ops/*", "oauth"},
	{"ops"},
	{"federation"},
	{"signin"},
	{"account"},
	{"notify"},
	{"trigger"},
	{"codes", "tokens"},
	{"authsession", "passwords", "passkeys"},
	{"subject"},
	{"throttle", "iam", "audit", "background"},
	{"store"},
	{"."},
	{"api"},
}

// leaves import nothing of ours. openTo names the rows of columns that may import one; nil means every row.
var leaves = []struct {
	row    string
	openTo []string
}{
	{row: "authn/*"},
	{row: "sealing"},
	{row: "config", openTo: []string{"cmd/*", "server", "cognatetest", "internal/bench"}},
	{row: "internal/apigen", openTo: []string{}},
	{row: "internal/useragent", openTo: []string{"."}},
	{row: "internal/pgtest", openTo: []string{"cognatetest", "store", "internal/bench"}},
}

// testOnly is imported by tests, by one another and by the benchmark: it never reaches the shipped binary.
var testOnly = []string{"authn/webauthn/webauthntest", "cognatetest", "store/storetest", "internal/pgtest", "internal/bench"}

// sqlUsers may import database/sql, in tests as well.
var sqlUsers = []string{"store", "internal/pgtest"}

// exceptions lists the imports that break the order, as "importer -> imported", each with its reason. Keep it empty.
var exceptions = map[string]string{}

// goPackage is what we read of an entry of `go list -json`.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// TestImportOrder keeps the packages in the order that docs/architecture.md draws.
func TestImportOrder(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range mustListPackages(t) {
		importer := folder(p.ImportPath)
		if place(importer) == nil {
			t.Errorf("package %s stands in no column: give it its place in this test", importer)
			continue
		}
		for _, imported := range p.Imports {
			because := forbidden(importer, imported)
			if because == "" {
				continue
			}
			edge := importer + " -> " + folder(imported)
			used[edge] = true
			if exceptions[edge] == "" {
				t.Errorf("%s: %s", edge, because)
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if imported == "database/sql" && !within(importer, sqlUsers) {
				t.Errorf("tests of %s import database/sql: only the store speaks SQL", importer)
			}
		}
	}
	for edge := range exceptions {
		if !used[edge] {
			t.Errorf("exception %q is not needed any more", edge)
		}
	}
}

// forbidden says why importer, in code that is no test, may not import the package; "" if it may.
func forbidden(importer, imported string) string {
	if imported == "database/sql" && !within(importer, sqlUsers) {
		return "only the store speaks SQL"
	}
	if imported != "cognate" && !strings.HasPrefix(imported, "cognate/") {
		return ""
	}
	to := folder(imported)
	if within(to, testOnly) && !within(importer, testOnly) {
		return "for tests only"
	}
	from, target := place(importer), place(to)
	switch {
	case target == nil:
		return "the imported package stands in no column"
	case from.element == target.element:
		return ""
	case from.leaf:
		return "a leaf imports nothing of ours"
	case target.leaf && target.openTo != nil && !slices.Contains(target.openTo, from.row):
		return "the imported package is not open to " + from.row
	case target.leaf:
		return ""
	case target.column == from.column:
		return "both stand in one column"
	case target.column < from.column:
		return "the order goes the other way"
	}
	return ""
}

// standing is where a folder stands: in a column or among the leaves.
type standing struct {
	row     string // as written above
	element string // the folder that row gave: below it, packages are one thing and may import each other
	column  int
	leaf    bool
	openTo  []string
}

// place finds the standing of a folder ("." for the root); nil when the tables above don't know it.
func place(dir string) *standing {
	for i, rows := range columns {
		for _, row := range rows {
			if element := match(row, dir); element != "" {
				return &standing{row: row, element: element, column: i}
			}
		}
	}
	for _, leaf := range leaves {
		if element := match(leaf.row, dir); element != "" {
			return &standing{row: leaf.row, element: element, leaf: true, openTo: leaf.openTo}
		}
	}
	return nil
}

// match returns the element of row that dir is or lies in, or "".
func match(row, dir string) string {
	parent, each := strings.CutSuffix(row, "/*")
	if !each {
		if within(dir, []string{row}) {
			return row
		}
		return ""
	}
	rest, below := strings.CutPrefix(dir, parent+"/")
	if !below {
		return ""
	}
	child, _, _ := strings.Cut(rest, "/")
	return parent + "/" + child
}

// within tells whether dir is one of the folders or lies below one. Nothing lies below ".", the root.
func within(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// folder turns an import path of ours into its folder.
func folder(importPath string) string {
	if importPath == "cognate" {
		return "."
	}
	return strings.TrimPrefix(importPath, "cognate/")
}

func mustListPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		importer, imported string
		allowed            bool
	}{
		{"cmd/cognate", "cognate/server", true},
		{"cmd/cognate", "cognate/config", true},
		{"cmd/cognate", "cognate/cognatetest", false},
		{"server", "cognate/ops/auth", true},
		{"server", "cognate/cmd/cognate", false},
		{"server", "cognate/internal/apigen", false},
		{"internal/bench", "cognate/cognatetest", true},
		{"cognatetest", "cognate/server", true},
		{"cognatetest", "cognate/internal/pgtest", true},
		{"ops/auth", "cognate/signin", true},
		{"ops/auth", "cognate/ops/user", false},
		{"ops/auth", "cognate/ops/auth/internal", true},
		{"ops/auth", "cognate/config", false},
		{"oauth", "cognate/web", false},
		{"account", "cognate/signin", false},
		{"signin", "cognate/account", true},
		{"signin", "cognate/authn/totp", true},
		{"tokens", "cognate/signin", false},
		{"store", "cognate", true},
		{"store", "cognate/store/gen", true},
		{"store", "cognate/store/storetest", false},
		{"store", "database/sql", true},
		{"store/storetest", "cognate/store", true},
		{"tokens", "database/sql", false},
		{".", "cognate/api", true},
		{".", "cognate/store", false},
		{"api", "cognate", false},
		{"authn/srp", "cognate/authn/totp", false},
		{"sealing", "cognate/api", false},
		{"server", "net/http", true},
	}
	for _, tt := range tests {
		if because := forbidden(tt.importer, tt.imported); (because == "") != tt.allowed {
			t.Errorf("forbidden(%s, %s) = %q, want allowed: %v", tt.importer, tt.imported, because, tt.allowed)
		}
	}
}
