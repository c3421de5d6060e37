//go:build libcrypto && linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate/api"
)

// If the build with libcrypto cannot use the library, it starts, the log has one warning, and the line "started" names Go's library.
func TestStartsWithoutLibcrypto(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "libcrypto.so.3"), []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := start(t.TempDir(), append(os.Environ(), "LD_LIBRARY_PATH="+folder), "dev", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	n := mustCreatePool(t, p, api.UserPoolMfaTypeOptional)
	if err := n.createUser(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if in, err := n.signIn(t.Context(), "ann"); err != nil || in.AuthenticationResult == nil {
		t.Errorf("InitiateAuth() = %v, %v, want tokens", in, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	log := p.stderr.String()
	if n := strings.Count(log, "libcrypto cannot be used to sign tokens"); n != 1 {
		t.Errorf("the log has %d lines about libcrypto, want one:\n%s", n, log)
	}
	if !strings.Contains(log, "signer=crypto/rsa") {
		t.Errorf("the log does not name crypto/rsa as the signer:\n%s", log)
	}
}
