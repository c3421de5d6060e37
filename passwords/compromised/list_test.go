package compromised_test

import (
	"crypto/sha1" //nolint:gosec // the format of the files
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cognate/passwords/compromised"
)

func hash(password string) string {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // the format of the files
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// mustWrite writes a file and returns its path.
func mustWrite(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t testing.TB, path string) *compromised.List {
	t.Helper()
	l, err := compromised.Open(path)
	if err != nil {
		t.Fatalf("Open(%s) = %v", path, err)
	}
	return l
}

func wantContains(t *testing.T, l *compromised.List, password string, want bool) {
	t.Helper()
	if got, err := l.Contains(password); got != want || err != nil {
		t.Errorf("Contains(%q) = %v, %v, want %v", password, got, err, want)
	}
}

// number returns the password with a number.
func number(i int) string { return fmt.Sprintf("password-%d", i) }

// sortedFile returns the lines of n passwords, sorted by hash.
func sortedFile(n int, form string) string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, fmt.Sprintf(form, hash(number(i)), i+1))
	}
	slices.Sort(all)
	return strings.Join(all, "")
}

func TestSortedFile(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		n    int
		text string
	}{
		"one line":       {1, sortedFile(1, "%s:%d\n")},
		"no last end":    {90, strings.TrimSuffix(sortedFile(90, "%s:%d\n"), "\n")},
		"Windows":        {500, sortedFile(500, "%s:%d\r\n")},
		"lower case":     {500, strings.ToLower(sortedFile(500, "%s:%d\n"))},
		"several blocks": {5000, sortedFile(5000, "%s:%d\n")},
		"one prefix": {0, func() string { // not spread evenly
			var all []string
			for i := range 5000 {
				all = append(all, fmt.Sprintf("00000%s:1\n", hash(number(i))[5:]))
			}
			slices.Sort(all)
			return strings.Join(all, "") + hash("last") + ":1\n"
		}()},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := mustOpen(t, mustWrite(t, t.TempDir(), "list", tt.text))
			for i := range tt.n {
				wantContains(t, l, number(i), true)
			}
			for i := range 200 {
				wantContains(t, l, "another-"+number(i), false)
			}
			wantContains(t, l, "last", tt.n == 0)
		})
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]func(prefix string) string{
		"upper case": func(p string) string { return p },
		"lower case": strings.ToLower,
		"text":       func(p string) string { return p + ".txt" },
	} {
		dir := t.TempDir()
		for _, password := range []string{"first", "second"} {
			h := hash(password)
			mustWrite(t, dir, name(h[:5]), "00000000000000000000000000000000000:3\r\n"+h[5:]+":17\r\n")
		}
		padding := hash("padding")
		mustWrite(t, dir, name(padding[:5]), padding[5:]+":0")
		mustWrite(t, dir, "README.md", "not a range")
		l := mustOpen(t, dir)
		wantContains(t, l, "first", true)
		wantContains(t, l, "second", true)
		wantContains(t, l, "third", false)
		wantContains(t, l, "padding", false)
		if got := l.String(); got != "3 of 1048576 ranges" {
			t.Errorf("%s: String() = %q, want 3 ranges", what, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	empty, other := t.TempDir(), t.TempDir()
	mustWrite(t, other, "0018A", "first line\n")
	for what, tt := range map[string]struct{ path, want string }{
		"missing":       {filepath.Join(empty, "none"), "no such file"},
		"empty folder":  {empty, "has no file of a range, such as 0018A or 0018A.txt"},
		"another range": {other, "0018A: has a line that is not HASH:COUNT"},
		"empty file":    {mustWrite(t, t.TempDir(), "list", ""), "is empty"},
		"plain words":   {mustWrite(t, t.TempDir(), "list", "password\n123456\n"), "has a line that is not HASH:COUNT"},
		"one long line": {mustWrite(t, t.TempDir(), "list", strings.Repeat("A", 10_000)), "has a line that is not HASH:COUNT"},
		"a bad count":   {mustWrite(t, t.TempDir(), "list", hash("a")+":x\n"), "has a line that is not HASH:COUNT"},
		"NTLM":          {mustWrite(t, t.TempDir(), "list", hash("a")[:32]+":3\n"), "has NTLM hashes of 32 digits"},
		"by count":      {mustWrite(t, t.TempDir(), "list", hash("password-1")+":9\n"+hash("password-0")+":8\n"), "is not sorted by hash"},
	} {
		if _, err := compromised.Open(tt.path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.path) {
			t.Errorf("Open(%s) = %v, want %q and the path", what, err, tt.want)
		}
	}
}

// A list reads the new files after Reload, and keeps the previous ones if the new ones are invalid.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := mustWrite(t, dir, "list", hash("first")+":1\n")
	l := mustOpen(t, path)
	replace := func(text string) {
		t.Helper()
		if err := os.Rename(mustWrite(t, dir, "new", text), path); err != nil {
			t.Fatal(err)
		}
	}
	replace("nonsense\n")
	if err := l.Reload(); err == nil {
		t.Error("Reload(invalid) = nil, want an error")
	}
	wantContains(t, l, "first", true)
	replace(hash("second") + ":1\n")
	if err := l.Reload(); err != nil {
		t.Errorf("Reload() = %v", err)
	}
	wantContains(t, l, "first", false)
	wantContains(t, l, "second", true)
}

// BenchmarkContains looks passwords up in a file with a million lines.
func BenchmarkContains(b *testing.B) {
	l := mustOpen(b, mustWrite(b, b.TempDir(), "list", sortedFile(1_000_000, "%s:%d\n")))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := l.Contains(number(i)); err != nil {
			b.Fatal(err)
		}
	}
}
