package rs256_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"runtime"
	"sync"
	"testing"

	"cognate/authn/rs256"
)

// Signatures equal those of crypto/rsa, also if many goroutines sign with many keys that are collected.
func TestSign(t *testing.T) {
	t.Parallel()
	name, err := rs256.Library()
	t.Logf("signed by %s (%v)", name, err)
	for _, bits := range []int{2048, 3072} {
		key := mustGenerate(t, bits)
		for range 3 {
			signer := rs256.NewSigner(key)
			var signing sync.WaitGroup
			for i := range 8 {
				signing.Go(func() {
					digest := sha256.Sum256([]byte{byte(i)})
					want, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
					if err != nil {
						t.Error(err)
					}
					if got, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%d bits: %x, %v; want %x", bits, got, err, want)
					}
				})
			}
			signing.Wait()
			runtime.GC()
		}
	}
}

func TestRefusesOtherSignatures(t *testing.T) {
	t.Parallel()
	signer := rs256.NewSigner(mustGenerate(t, 2048))
	short, long := sha256.Sum256(nil), sha512.Sum512(nil)
	for name, c := range map[string]struct {
		digest []byte
		opts   crypto.SignerOpts
	}{
		"no hash":     {short[:], nil},
		"SHA-512":     {long[:], crypto.SHA512},
		"PSS":         {short[:], &rsa.PSSOptions{Hash: crypto.SHA256}},
		"no digest":   {nil, crypto.SHA256},
		"long digest": {long[:], crypto.SHA256},
	} {
		if signature, err := signer.Sign(rand.Reader, c.digest, c.opts); err == nil {
			t.Errorf("%s: signed %x", name, signature)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	signer, digest := rs256.NewSigner(mustGenerate(b, 2048)), sha256.Sum256(nil)
	for b.Loop() {
		if _, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}

func mustGenerate(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
