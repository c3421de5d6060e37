//go:build libcrypto && linux

package rs256

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
	"unsafe"
)

// If libcrypto signs with a wrong key, or fails, the signatures are those of crypto/rsa.
func TestFallsBack(t *testing.T) {
	t.Parallel()
	f, err := load()
	if err != nil {
		t.Skip(err)
	}
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	foreign, err := f.parse(keys[1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.freeKey(foreign)
	failing := *f
	failing.sign = func(uintptr, unsafe.Pointer, *uint, unsafe.Pointer, uint) int32 { return 0 }

	digest := sha256.Sum256(nil)
	want, err := rsa.SignPKCS1v15(nil, keys[0], crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, signer := range map[string]*librarySigner{
		"wrong key":         {goSigner: goSigner{keys[0]}, functions: f, native: foreign},
		"failing signature": {goSigner: goSigner{keys[0]}, functions: &failing, native: foreign},
	} {
		for range 2 {
			if got, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %x, %v; want %x", name, got, err, want)
			}
		}
	}
}
