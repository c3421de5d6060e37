package federation_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// Versions of goxmldsig before 1.6.0 let attackers bypass a signature (CVE-2026-33487), and crewjam/saml allows older ones.
func TestVersionOfGoxmldsig(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`goxmldsig v(\d+)\.(\d+)\.(\d+)`).FindSubmatch(text)
	if found == nil {
		t.Fatal("go.mod does not require goxmldsig")
	}
	var version [3]int
	for i := range version {
		version[i], _ = strconv.Atoi(string(found[i+1]))
	}
	if version[0] == 0 || version[0] == 1 && version[1] < 6 || version == [3]int{1, 6, 0} {
		t.Errorf("go.mod requires goxmldsig %v, want at least 1.6.1", version)
	}
}
