package trigger

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"

	"cognate"
)

// codeKeySize is the size of a CodeKeys key, in bytes: AES-256.
const codeKeySize = 32

// sealedVersion is the first byte of a sealed code.
const sealedVersion = 1

// CodeKeys are the keys that encrypt codes for the functions of custom senders, by the KMSKeyID of the pools that use them.
//
// A sealed code is base64(version 1 in one byte, nonce of 12 bytes, AES-256-GCM ciphertext with its tag of 16 bytes). The
// additional data is the pool ID.
//
// Assumed: codes go to custom senders as AES-256-GCM under a key of the operator. The service uses the AWS Encryption SDK
// with a KMS key. Without a key, custom senders are rejected.
type CodeKeys map[string]cipher.AEAD

// NewCodeKey returns the cipher for a key of 32 bytes.
func NewCodeKey(key []byte) (cipher.AEAD, error) {
	if len(key) != codeKeySize {
		return nil, fmt.Errorf("a code key has %d bytes, not %d", codeKeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// SealCode encrypts a code with the key of the pool's KMSKeyID. Errors: ErrNoKey.
func (k CodeKeys) SealCode(pool *cognate.UserPool, code string) (string, error) {
	key, ok := k[pool.LambdaConfig.KMSKeyID]
	if !ok {
		return "", ErrNoKey
	}
	sealed := key.Seal([]byte{sealedVersion}, nil, []byte(code), []byte(pool.ID))
	return base64.StdEncoding.EncodeToString(sealed), nil
}
