package cognate_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// Every guess in the code is told to the reader of docs/divergences.md.
func TestAssumptionsAreListed(t *testing.T) {
	t.Parallel()
	listed, err := os.ReadFile("docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS("."), ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		named := bytes.Contains(listed, []byte("`"+file+"`")) || bytes.Contains(listed, []byte("`"+path.Dir(file)+"/*`"))
		if bytes.Contains(text, []byte("Assumed:")) && !named {
			t.Errorf("%s marks an assumption that docs/divergences.md does not list", file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
