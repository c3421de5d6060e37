package cognatetest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"sync"
)

// The keys are published with the source. They sign tokens of test servers only.
//
//go:embed testdata/signing_keys.pem
var signingKeys []byte

// testKeys returns the embedded keys in turn, because making RSA keys would take most of a test's time.
type testKeys struct {
	mu   sync.Mutex
	next int
	keys []*rsa.PrivateKey
}

func newTestKeys() (*testKeys, error) {
	k := new(testKeys)
	for block, rest := pem.Decode(signingKeys); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("parse test signing key: %w", err)
		}
		k.keys = append(k.keys, key.(*rsa.PrivateKey))
	}
	return k, nil
}

// TakeReady returns the next keys.
func (k *testKeys) TakeReady(count int) []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for range count {
		keys = append(keys, k.take())
	}
	return keys
}

// Next returns the next key.
func (k *testKeys) Next(context.Context) (*rsa.PrivateKey, error) { return k.take(), nil }

// Take returns the next key. After the last key it starts again with the first.
func (k *testKeys) Take(context.Context) (*rsa.PrivateKey, error) { return k.take(), nil }

func (k *testKeys) take() *rsa.PrivateKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := k.keys[k.next%len(k.keys)]
	k.next++
	return key
}
