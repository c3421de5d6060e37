package login

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cognate/signin"
)

// TestChallengePages checks that every challenge of the engine has a page, except those that pages never get, and that a challenge
// without a page is an error.
func TestChallengePages(t *testing.T) {
	t.Parallel()
	pages := newPages()
	none := []signin.Challenge{
		nil,
		signin.CustomChallenge{},
		signin.PasswordSRPChallenge{},
		signin.PasswordVerifierChallenge{},
		signin.DeviceSRPChallenge{},
		signin.DeviceVerifierChallenge{},
	}
	some := []signin.Challenge{
		signin.ChoiceChallenge{},
		signin.PasswordChallenge{},
		signin.PasskeyChallenge{},
		signin.SMSOTPChallenge{},
		signin.EmailOTPChallenge{},
		signin.SMSMFAChallenge{},
		signin.SoftwareTokenChallenge{},
		signin.SelectMFAChallenge{},
		signin.MFASetupChallenge{},
		signin.NewPasswordChallenge{},
	}
	known := make(map[string]bool)
	for _, c := range some {
		known[strings.TrimPrefix(fmt.Sprintf("%T", c), "signin.")] = true
		name, err := challengePage(c)
		if _, ok := pages[name]; err != nil || !ok {
			t.Errorf("challengePage(%T) = %q, %v, want a page", c, name, err)
		}
	}
	for _, c := range none {
		known[strings.TrimPrefix(fmt.Sprintf("%T", c), "signin.")] = true
		if name, err := challengePage(c); !errors.Is(err, errNoPage) {
			t.Errorf("challengePage(%T) = %q, %v, want errNoPage", c, name, err)
		}
	}
	files, err := filepath.Glob("../../signin/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob() = %v, %v", files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`func \((\w+)\) isChallenge\(\)`).FindAllSubmatch(source, -1) {
			if !known[string(m[1])] {
				t.Errorf("this test does not know the challenge %s", m[1])
			}
		}
	}
}

// TestPages checks that every page has all that the handler needs, and that at most one page of a path needs no flow.
func TestPages(t *testing.T) {
	t.Parallel()
	entries := make(map[string]int)
	for name, p := range newPages() {
		if p.path == "" || p.show == nil || p.submit == nil {
			t.Errorf("the page %q is incomplete", name)
		}
		if p.isEntry {
			entries[p.path]++
		}
	}
	for path, n := range entries {
		if n != 1 {
			t.Errorf("%d pages need no flow at %s, want one", n, path)
		}
	}
}
