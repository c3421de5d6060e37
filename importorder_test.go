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

// columns is the import order: a package may import packages in later columns, and none in its own or an earlier column. A
// row is a folder with its subfolders. A row that ends in /* stands for each direct subfolder, with the folders below it.
var columns = [][]string{
	{"cmd/*"},
	{"attack", "internal/assumedoc", "internal/bench", "internal/opsdoc", "internal/seedtypes", "internal/metricsdoc"},
	{"cognatetest"},
	{"server", "cli", "doctor"},
	{"web", "devapi"},
	{"ops/*", "oauth"},
	{"ops"},
	{"federation"},
	{"signin", "userimport", "export"},
	{"account"},
	{"notify"},
	{"trigger"},
	{"codes", "tokens"},
	{"authsession", "passwords", "passkeys"},
	{"subject", "risk", "trash", "certificates"},
	{"throttle", "ratelimit", "iam", "audit", "background", "branding", "logdelivery", "masterkey", "backup"},
	{"lease"},
	{"store", "internal/amazon"},
	{"."},
	{"api"},
}

// leaves import no package of this module, except leaves that name them. openTo lists the rows that may import a leaf; nil means every row
// of columns.
var leaves = []struct {
	row    string
	openTo []string
}{
	{row: "authn/*"},
	{row: "sealing"},
	{row: "archive"},
	{row: "config", openTo: []string{"cmd/*", "server", "cognatetest", "internal/bench"}},
	{row: "trace", openTo: []string{"cmd/*", "server", "audit", "background", "internal/amazon", "internal/outgoing", "notify", "passwords", "store", "trigger"}},
	{row: "internal/apigen", openTo: []string{}},
	{row: "internal/bodies", openTo: []string{"server", "devapi"}},
	{row: "internal/useragent", openTo: []string{".", "risk"}},
	{row: "internal/disk", openTo: []string{"cmd/*", "archive", "store"}},
	{row: "internal/lazyregexp"},
	{row: "internal/outgoing", openTo: []string{"cmd/*", "cognatetest", "federation", "internal/amazon", "logdelivery", "masterkey", "notify", "trigger"}},
	{row: "internal/pause", openTo: []string{"cmd/*", "backup", "certificates", "cli", "logdelivery", "masterkey", "notify", "oauth", "store", "trigger"}},
	{row: "internal/similar", openTo: []string{"cli", "doctor", "iam"}},
	{row: "internal/testcluster", openTo: []string{"cmd/*"}},
	{row: "internal/pgtest", openTo: []string{"cognatetest", "store", "internal/bench"}},
}

// testOnly lists packages for tests and the benchmark. No other package imports them, so the binary does not contain them.
var testOnly = []string{"api/apitest", "attack", "authn/webauthn/webauthntest", "cognatetest", "store/storetest", "internal/pgtest", "internal/testcluster", "internal/bench", "risk/geoip/geoiptest"}

// sqlUsers lists the only packages that may import database/sql, also in tests.
var sqlUsers = []string{"store", "internal/pgtest"}

// exceptions lists the imports that break the order, as "importer -> imported", each with its reason. Keep it empty.
var exceptions = map[string]string{}

// goPackage has the fields of an entry of `go list -json` that the test uses.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// TestImportOrder checks that imports follow the order in docs/architecture.md.
func TestImportOrder(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range mustListPackages(t) {
		importer := folder(p.ImportPath)
		if positionOf(importer) == nil {
			t.Errorf("package %s is in no column: add it to this test", importer)
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
				t.Errorf("tests of %s import database/sql: only the store uses SQL", importer)
			}
		}
	}
	for edge := range exceptions {
		if !used[edge] {
			t.Errorf("exception %q is no longer needed", edge)
		}
	}
}

// forbidden returns why importer, outside tests, may not import the package; "" if it may.
func forbidden(importer, imported string) string {
	if imported == "database/sql" && !within(importer, sqlUsers) {
		return "only the store uses SQL"
	}
	if imported != "cognate" && !strings.HasPrefix(imported, "cognate/") {
		return ""
	}
	to := folder(imported)
	if within(to, testOnly) && !within(importer, testOnly) {
		return "for tests only"
	}
	from, target := positionOf(importer), positionOf(to)
	switch {
	case target == nil:
		return "the imported package is in no column"
	case from.element == target.element:
		return ""
	case from.leaf && (!target.leaf || !slices.Contains(target.openTo, from.row)):
		return "a leaf imports only leaves that name it"
	case target.leaf && target.openTo != nil && !slices.Contains(target.openTo, from.row):
		return "the imported package is not open to " + from.row
	case target.leaf:
		return ""
	case target.column == from.column:
		return "both are in one column"
	case target.column < from.column:
		return "the imported package is in an earlier column"
	}
	return ""
}

// position is the column of a folder, or its entry in leaves.
type position struct {
	row     string // as in columns or leaves
	element string // the folder of the row; packages below it may import each other
	column  int
	leaf    bool
	openTo  []string
}

// positionOf returns the position of a folder ("." for the root); nil if columns and leaves do not contain it.
func positionOf(dir string) *position {
	for i, rows := range columns {
		for _, row := range rows {
			if element := match(row, dir); element != "" {
				return &position{row: row, element: element, column: i}
			}
		}
	}
	for _, leaf := range leaves {
		if element := match(leaf.row, dir); element != "" {
			return &position{row: leaf.row, element: element, leaf: true, openTo: leaf.openTo}
		}
	}
	return nil
}

// match returns the element of row that is dir or contains it, or "".
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

// within reports whether dir is one of the folders or below one. No folder is below ".", the root.
func within(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// folder returns the folder of an import path of this module.
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
		{"internal/outgoing", "cognate/trace", true},
		{"internal/outgoing", "cognate/api", false},
		{"internal/outgoing", "cognate/internal/pause", false},
		{"server", "net/http", true},
	}
	for _, tt := range tests {
		if because := forbidden(tt.importer, tt.imported); (because == "") != tt.allowed {
			t.Errorf("forbidden(%s, %s) = %q, want allowed: %v", tt.importer, tt.imported, because, tt.allowed)
		}
	}
}
