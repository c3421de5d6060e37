package cognatetest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"sync"
	"testing"
)

// The keys are published with the source. They sign tokens of test servers only.
//
//go:embed testdata/signing_keys.pem
var signingKeys []byte

// testKeys hands out the embedded keys in turn: making RSA keys would take most of a test's time.
type testKeys struct {
	mu   sync.Mutex
	next int
	keys []*rsa.PrivateKey
}

func newTestKeys(t testing.TB) *testKeys {
	t.Helper()
	k := new(testKeys)
	for block, rest := pem.Decode(signingKeys); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatalf("parse test signing key: %v", err)
		}
		k.keys = append(k.keys, key.(*rsa.PrivateKey))
	}
	return k
}

// Take returns the next key; after the last it begins again.
func (k *testKeys) Take(context.Context) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := k.keys[k.next%len(k.keys)]
	k.next++
	return key, nil
}
