package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"testing"
)

// Each certificate is a certificate authority, and none is missing or repeated.
func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for block, rest := pem.Decode(out.Bytes()); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if name := certificate.Subject.String(); !certificate.IsCA || seen[string(block.Bytes)] {
			t.Errorf("%s: IsCA = %v, repeated %v", name, certificate.IsCA, seen[string(block.Bytes)])
		}
		seen[string(block.Bytes)] = true
	}
	if len(seen) < 100 {
		t.Errorf("wrote %d certificates, want those of the trust store", len(seen))
	}
}
