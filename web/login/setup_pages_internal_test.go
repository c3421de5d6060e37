package login

import (
	"strings"
	"testing"

	"github.com/pquerna/otp"
)

func TestTokenURL(t *testing.T) {
	t.Parallel()
	got := tokenURL("Acme & Söhne: Photos", "ann+1@example.com", "JBSWY3DPEHPK3PXP")
	key, err := otp.NewKeyFromURL(got)
	if err != nil {
		t.Fatalf("NewKeyFromURL(%s) = %v", got, err)
	}
	if key.Issuer() != "Acme & Söhne: Photos" || key.Secret() != "JBSWY3DPEHPK3PXP" || strings.Contains(got, "+") {
		t.Errorf("tokenURL() = %s: issuer %q, secret %q", got, key.Issuer(), key.Secret())
	}
}

func TestInGroups(t *testing.T) {
	t.Parallel()
	if got := inGroups("ABCDEFGHIJ"); got != "ABCD EFGH IJ" {
		t.Errorf("inGroups() = %q", got)
	}
}

// TestQRCode checks that the path has one module for each dark module of the code. The tests in a browser read the picture.
func TestQRCode(t *testing.T) {
	t.Parallel()
	svg, err := qrCode(tokenURL("Acme", "ann", "JBSWY3DPEHPK3PXP"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(svg), "<svg viewBox=") || len(svg) > 12<<10 {
		t.Errorf("qrCode() = %d bytes: %.80s", len(svg), svg)
	}
}
