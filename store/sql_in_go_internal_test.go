package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statementInGo is a statement of SQL in the source of this package. ? stands for what is not a literal.
type statementInGo struct{ function, text string }

var beginsStatement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|LOCK|TRUNCATE) `)

// statementsInGo returns the statements in the source, except those of tests and the generated ones. No other package has SQL.
func statementsInGo(t *testing.T) (statements []statementInGo) {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "distributed.go" { // that one has edits of statements
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			function := ""
			if f, ok := decl.(*ast.FuncDecl); ok {
				function = f.Name.Name
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				text, isText := textOf(e)
				if isText && beginsStatement.MatchString(text) {
					statements = append(statements, statementInGo{function, text})
				}
				return !isText
			})
		}
	}
	return statements
}

// textOf returns the text of a literal, or of several that are added.
func textOf(e ast.Expr) (text string, isText bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, isLeft := textOf(e.X)
		right, isRight := textOf(e.Y)
		if !isLeft {
			left = "?"
		}
		if !isRight {
			right = "?"
		}
		return left + right, e.Op == token.ADD && (isLeft || isRight)
	default:
		return "", false
	}
}

// inGoWithoutPool are the functions with statements that do not name one pool, by their use. The empty name is for constants.
var inGoWithoutPool = map[string][]string{
	"backup, restore":      {"Rows", "filledTables", "columnsOf", "fill", "invalidateUsed", "revokeGrants", "rotatingClients", ""},
	"snapshots":            {"DeleteUserPools", "rowsOf"},
	"schema":               {"Describe", "Schema", "versions", "requireColumns"},
	"migration":            {"serversOfScopes"},
	"commands on the host": {"ImportLog", "AnyUserPool"},
	"names it elsewhere":   {"page"},
}

func TestStatementsInGo(t *testing.T) {
	t.Parallel()
	poolOwned := make(map[string]bool)
	for _, table := range poolTables {
		poolOwned[table.name] = true
	}
	tables := regexp.MustCompile(`\b(?:FROM|UPDATE|JOIN)\s+(\w+|\?)`)
	allowed := make(map[string]bool) // whether the function was found
	for _, functions := range inGoWithoutPool {
		for _, f := range functions {
			allowed[f] = false
		}
	}
	statements := statementsInGo(t)
	if len(statements) == 0 {
		t.Fatal("found no statements")
	}
	for _, s := range statements {
		if regexp.MustCompile(`^\s*(CREATE|ALTER|DROP|LOCK|TRUNCATE) |COLLATE`).MatchString(s.text) {
			t.Errorf("%s: the schema changes in store/migrations only: %s", s.function, s.text)
		}
		owned := slices.ContainsFunc(tables.FindAllStringSubmatch(s.text, -1), func(m []string) bool { return m[1] == "?" || poolOwned[m[1]] })
		if !owned || strings.Contains(s.text, "pool_id = ") {
			continue
		}
		if _, ok := allowed[s.function]; !ok {
			t.Errorf("%s has a statement without pool_id: %s", s.function, s.text)
		}
		allowed[s.function] = true
	}
	for f, found := range allowed {
		if !found {
			t.Errorf("%s has no statement without pool_id", f)
		}
	}
}

var (
	assigned = regexp.MustCompile(`(?s)\bSET\s(.*?)(?:\bWHERE\b|\bRETURNING\b|$)`)
	toColumn = regexp.MustCompile(`\b(\w+) = (?:(\w+)\.)?([a-z_]+)\b( \+ 1\b)?`)
)

// A statement that locks a row changes it. CockroachDB and YugabyteDB may skip a write that changes nothing, and then there is no lock.
func TestLocksChangeTheRow(t *testing.T) {
	t.Parallel()
	texts := generatedQueries(t)
	for _, s := range statementsInGo(t) {
		texts[s.function+": "+s.text] = s.text
	}
	for name, text := range texts {
		raises := false
		for _, set := range assigned.FindAllStringSubmatch(text, -1) {
			for _, a := range toColumn.FindAllStringSubmatch(set[1], -1) {
				if a[1] != a[3] || a[2] == "excluded" {
					continue
				}
				if a[4] != "" {
					raises = true
				} else if !strings.Contains(set[1], a[0]+" + ") {
					t.Errorf("%s writes a column as it is: %s", name, a[0])
				}
			}
		}
		if strings.HasPrefix(name, "Lock") && !raises {
			t.Errorf("%s does not raise a column by one: %s", name, text)
		}
	}
}
