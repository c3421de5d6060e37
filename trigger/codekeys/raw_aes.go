package codekeys

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"

	"cognate"
)

// Namespace is the key namespace of RawAES. The function's keyring names the same one.
const Namespace = "cognate"

// RawAES is a key whose codes are messages of the AWS Encryption SDK, for its raw AES keyring. The key name is the KMSKeyID.
type RawAES struct {
	aead cipher.AEAD
	name string
}

// NewRawAES returns the key of 32 bytes for a KMSKeyID.
func NewRawAES(id string, key []byte) (*RawAES, error) {
	aead, err := newAEAD(key)
	return &RawAES{aead, id}, err
}

// Seal encrypts a code.
func (k *RawAES) Seal(ctx context.Context, pool *cognate.UserPool, code string) ([]byte, error) {
	return message(ctx, k, pool, code)
}

// newDataKey makes a data key and encrypts it. Its info is the key name, the sizes of tag (in bits) and nonce (in bytes), and
// the nonce. Source: AWS Encryption SDK developer guide, Message format reference, and the raw AES keyring of its clients.
func (k *RawAES) newDataKey(_ context.Context, _ *cognate.UserPool, bound map[string]string) (dataKey, error) {
	aad, err := contextPairs(bound)
	if err != nil {
		return dataKey{}, err
	}
	plain, nonce := make([]byte, dataKeySize), make([]byte, nonceSize)
	_, _ = rand.Read(plain) // never fails
	_, _ = rand.Read(nonce)
	info := binary.BigEndian.AppendUint32([]byte(k.name), uint32(k.aead.Overhead()*8))
	info = binary.BigEndian.AppendUint32(info, nonceSize)
	return dataKey{
		plain: plain, provider: []byte(Namespace), info: append(info, nonce...), wrapped: k.aead.Seal(nil, nonce, plain, aad),
	}, nil
}
