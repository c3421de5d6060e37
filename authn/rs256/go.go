//go:build !libcrypto || !linux

package rs256

import (
	"crypto"
	"crypto/rsa"
)

func newSigner(key *rsa.PrivateKey) crypto.Signer { return goSigner{key} }

func library() (string, error) { return "crypto/rsa", nil }
