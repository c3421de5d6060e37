package codekeys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"slices"

	"cognate"
)

// keySize is the size of a key in a file, in bytes: AES-256.
const keySize = 32

// cognate1Version is the first byte of a code in the format cognate-1.
const cognate1Version = 1

// Cognate1 is a key whose codes have the format cognate-1: version 1 in one byte, a nonce of 12 bytes, and the AES-256-GCM
// ciphertext with its tag of 16 bytes. The additional data is the pool ID.
type Cognate1 struct{ aead cipher.AEAD }

// NewCognate1 returns a key of 32 bytes.
func NewCognate1(key []byte) (*Cognate1, error) {
	aead, err := newAEAD(key)
	return &Cognate1{aead}, err
}

// Seal encrypts a code.
func (k *Cognate1) Seal(_ context.Context, pool *cognate.UserPool, code string) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce) // never fails
	return k.aead.Seal(slices.Concat([]byte{cognate1Version}, nonce), nonce, []byte(code), []byte(pool.ID)), nil
}

// newAEAD returns AES-256-GCM with a nonce of nonceSize.
func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("a code key has %d bytes, not %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
