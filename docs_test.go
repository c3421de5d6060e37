package cognate_test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"regexp"
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

var (
	lineBreak   = regexp.MustCompile(`\s*\n\s*(?://)?\s*`)
	citation    = regexp.MustCompile(`(\S*)behaviour(?:\.md)? (§?\d+(?:\.\d+)?(?:(?:, | and | to )§?\d+\.\d+)*)`)
	section     = regexp.MustCompile(`\d+(?:\.\d+)?`)
	heading     = regexp.MustCompile(`^#{2,3} (\d+(?:\.\d+)?)[. ]`)
	pointOfNine = regexp.MustCompile(`^(\d+)\. `)
)

// sectionsOfBehaviour returns the numbers of the sections of docs/behaviour.md, and of the points that its section 9 lists.
func sectionsOfBehaviour(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("docs/behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	sections, inNine := map[string]bool{}, false
	for line := range strings.Lines(string(text)) {
		if m := heading.FindStringSubmatch(line); m != nil {
			sections[m[1]] = true
			inNine = m[1] == "9"
		}
		if m := pointOfNine.FindStringSubmatch(line); m != nil && inNine {
			sections["9."+m[1]] = true
		}
	}
	return sections
}

// Every citation has the form "docs/behaviour.md §n", and section n exists.
func TestCitedSectionsExist(t *testing.T) {
	t.Parallel()
	sections := sectionsOfBehaviour(t)
	cited := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, entry fs.DirEntry, err error) error {
		kind := path.Ext(file)
		described := strings.HasPrefix(file, "api/description/")
		if err != nil || entry.IsDir() || kind != ".go" && kind != ".md" && !described {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range citation.FindAllStringSubmatch(lineBreak.ReplaceAllString(string(text), " "), -1) {
			cited++
			if !strings.HasSuffix(m[1], "docs/") || !strings.Contains(m[0], "behaviour.md §") {
				t.Errorf("%s: %q does not have the form docs/behaviour.md §n", file, m[0])
			}
			for _, n := range section.FindAllString(m[2], -1) {
				if !sections[n] {
					t.Errorf("%s cites docs/behaviour.md §%s, which does not exist", file, n)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited == 0 {
		t.Error("found no citation")
	}
}
