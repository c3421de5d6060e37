package cognate_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

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

var (
	quotedLog = regexp.MustCompile(`[Ss]earch the log for ("[^"]+"(?: and "[^"]+")*)`)
	quoted    = regexp.MustCompile(`"([^"]+)"`)
)

// The alerts name texts of the log that the code has.
func TestAlertsQuoteTheLog(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("deploy/prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for _, m := range quotedLog.FindAllStringSubmatch(string(rules), -1) {
		for _, text := range quoted.FindAllStringSubmatch(m[1], -1) {
			missing[text[1]] = true
		}
	}
	if len(missing) == 0 {
		t.Error("found no quoted text")
	}
	err = fs.WalkDir(os.DirFS("."), ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		code, err := os.ReadFile(file)
		for text := range missing {
			if strings.Contains(string(code), text) {
				delete(missing, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for text := range missing {
		t.Errorf("deploy/prometheus/rules.yaml quotes %q, which no log line has", text)
	}
}

var (
	link        = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	headingLine = regexp.MustCompile(`(?m)^#+ (.*)$`)
	codeFence   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	// notInAnchors are what the anchor of a heading leaves out. A link in a heading counts as its text.
	notInAnchors = regexp.MustCompile(`\]\([^)]*\)|[^\p{L}\p{N} _-]`)
)

// anchors returns the anchors of the headings of a document. Headings with the same text have numbers.
func anchors(text string) map[string]bool {
	found, counts := map[string]bool{}, map[string]int{}
	for _, m := range headingLine.FindAllStringSubmatch(codeFence.ReplaceAllString(text, ""), -1) {
		anchor := "#" + strings.ReplaceAll(strings.ToLower(notInAnchors.ReplaceAllString(m[1], "")), " ", "-")
		if n := counts[anchor]; n > 0 {
			found[anchor+"-"+strconv.Itoa(n)] = true
		}
		counts[anchor]++
		found[anchor] = true
	}
	return found
}

// A link in a document to a file of the repository names a file that exists, and a heading of it.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".md" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(codeFence.ReplaceAllString(string(text), ""), -1) {
			to, anchor := m[1], m[2]
			if strings.Contains(to, ":") {
				continue // an address on the web
			}
			target := file
			if to != "" {
				target = path.Join(path.Dir(file), to)
			}
			content, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				content, err = nil, nil
			}
			switch {
			case err != nil:
				t.Errorf("%s links to %s: %v", file, to, err)
			case anchor != "" && path.Ext(target) == ".md" && !anchors(string(content))[anchor]:
				t.Errorf("%s links to %s%s, which is no heading there", file, to, anchor)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Readers find every page: docs/README.md links to each page of docs.
func TestIndexHasEveryPage(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"docs/README.md": true}
	for _, m := range link.FindAllStringSubmatch(string(index), -1) {
		listed[path.Join("docs", m[1])] = true
	}
	pages, err := fs.Glob(os.DirFS("."), "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !listed[page] {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
}

// shownExample matches a link to an example and the code block after it.
var shownExample = regexp.MustCompile("(?s)\\]\\(\\.\\./(conformance/clients/verify/[^)]+)\\)(?:[^\n]*\n)+?\n```\\w+\n(.*?)\n```\n")

// docs/verifying-tokens.md shows the programs that the conformance tests run.
func TestShownExamplesAreTested(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/verifying-tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, m := range shownExample.FindAllStringSubmatch(string(page), -1) {
		program, err := os.ReadFile(m[1])
		if err != nil {
			t.Fatal(err)
		}
		name := path.Base(m[1])
		shown[name] = true
		// The page leaves out the parser at the end of the Java program.
		if rest, ok := strings.CutPrefix(string(program), m[2]+"\n"); !ok || rest != "" && name != "Verify.java" {
			t.Errorf("the page does not show %s as it is", m[1])
		}
	}
	for _, name := range []string{"cognito.mjs", "jose.mjs", "verify.py", "verify.go", "Verify.java"} {
		if !shown[name] {
			t.Errorf("the page does not show %s", name)
		}
	}
}
