package login

import (
	"strings"
	"testing"

	"cognate/authn/totp"
)

func TestInGroups(t *testing.T) {
	t.Parallel()
	if got := inGroups("ABCDEFGHIJ"); got != "ABCD EFGH IJ" {
		t.Errorf("inGroups() = %q", got)
	}
}

// TestQRCode checks that the path has one module for each dark module of the code. The tests in a browser read the picture.
func TestQRCode(t *testing.T) {
	t.Parallel()
	svg, err := qrCode(totp.URI("Acme", "ann@example.com", make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(svg), "<svg viewBox=") || len(svg) > 12<<10 {
		t.Errorf("qrCode() = %d bytes: %.80s", len(svg), svg)
	}
}
