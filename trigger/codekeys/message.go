package codekeys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"cognate"
)

// The algorithm suite of messages: AES-256-GCM, a key from HKDF with SHA-512 and a commitment to it, and a signature with
// ECDSA on P-384. It is the default of the SDK, and every client of the SDK since 2020 decrypts it. The service uses the suite
// without commitment, which clients with default settings reject (docs/behaviour.md §6.3).
const suite = 0x0578

// Values of the message format. Source: AWS Encryption SDK developer guide, Message format reference, version 2.
const (
	messageVersion = 2
	framed         = 2          // the content type
	frameLength    = 4096       // bytes; a code fits into one frame
	finalFrame     = 0xFFFFFFFF // starts the last frame
	onlyFrame      = 1          // its sequence number
	messageIDSize  = 32
	nonceSize      = 12
)

// Keys of the encryption context. Source of publicKeyContext: AWS Encryption SDK developer guide, Message format reference.
const (
	poolContext      = "userpool-id"           // docs/behaviour.md §6.3
	publicKeyContext = "aws-crypto-public-key" // reserved for the key that checks the signature
)

// dataKeySize is the size of the key of one message, in bytes.
const dataKeySize = 32

// dataKey is the key of one message: in plain text, and encrypted under the wrapping key that provider and info name.
type dataKey struct {
	plain                   []byte
	provider, info, wrapped []byte
}

// wrapper makes data keys.
type wrapper interface {
	// newDataKey returns a new data key. Its encrypted form is bound to the encryption context.
	newDataKey(ctx context.Context, pool *cognate.UserPool, bound map[string]string) (dataKey, error)
}

// message returns a message with a code of the pool, whose data key w makes.
func message(ctx context.Context, w wrapper, pool *cognate.UserPool, code string) ([]byte, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	public, err := compressed(&signer.PublicKey)
	if err != nil {
		return nil, err
	}
	bound := map[string]string{poolContext: pool.ID, publicKeyContext: base64.StdEncoding.EncodeToString(public)}
	key, err := w.newDataKey(ctx, pool, bound)
	if err != nil {
		return nil, err
	}
	text, err := sealMessage(key, bound, []byte(code))
	if err != nil {
		return nil, err
	}
	digest := sha512.Sum384(text)
	signature, err := ecdsa.SignASN1(rand.Reader, signer, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign message: %w", err)
	}
	return appendField(text, signature)
}

// compressed returns a public key as a compressed point. Source: SEC 1, section 2.3.3.
func compressed(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes() // 4, x and y
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	x, odd := point[1:len(point)/2+1], point[len(point)-1]&1
	return append([]byte{2 | odd}, x...), nil
}

// sealMessage returns a message without its signature: the header and one frame.
func sealMessage(key dataKey, bound map[string]string, code []byte) ([]byte, error) {
	id := make([]byte, messageIDSize)
	_, _ = rand.Read(id) // never fails
	aead, commitment, err := derive(key.plain, id)
	if err != nil {
		return nil, err
	}
	header, err := headerOf(id, key, bound, commitment)
	if err != nil {
		return nil, err
	}
	text := aead.Seal(header, make([]byte, nonceSize), nil, header) // the tag of the header

	aad := slices.Concat(id, []byte("AWSKMSEncryptionClient Final Frame"))
	aad = binary.BigEndian.AppendUint32(aad, onlyFrame)
	aad = binary.BigEndian.AppendUint64(aad, uint64(len(code)))
	nonce := binary.BigEndian.AppendUint32(make([]byte, nonceSize-4, nonceSize), onlyFrame)
	text = binary.BigEndian.AppendUint32(text, finalFrame)
	text = binary.BigEndian.AppendUint32(text, onlyFrame)
	text = append(text, nonce...)
	text = binary.BigEndian.AppendUint32(text, uint32(len(code)))
	return aead.Seal(text, nonce, code, aad), nil
}

// derive returns the cipher of a message, and the commitment to its data key.
func derive(plain, id []byte) (aead cipher.AEAD, commitment []byte, err error) {
	info := string(binary.BigEndian.AppendUint16(nil, suite)) + "DERIVEKEY"
	derived, err := hkdf.Key(sha512.New, plain, id, info, dataKeySize)
	if err != nil {
		return nil, nil, err
	}
	if commitment, err = hkdf.Key(sha512.New, plain, id, "COMMITKEY", dataKeySize); err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, nil, err
	}
	aead, err = cipher.NewGCM(block)
	return aead, commitment, err
}

// headerOf returns the header of a message, without its tag.
func headerOf(id []byte, key dataKey, bound map[string]string, commitment []byte) ([]byte, error) {
	pairs, err := contextPairs(bound)
	if err != nil {
		return nil, err
	}
	header := binary.BigEndian.AppendUint16([]byte{messageVersion}, suite)
	header = append(header, id...)
	if header, err = appendField(header, pairs); err != nil {
		return nil, err
	}
	header = binary.BigEndian.AppendUint16(header, 1) // the number of encrypted data keys
	for _, field := range [][]byte{key.provider, key.info, key.wrapped} {
		if header, err = appendField(header, field); err != nil {
			return nil, err
		}
	}
	header = append(header, framed)
	header = binary.BigEndian.AppendUint32(header, frameLength)
	return append(header, commitment...), nil
}

// contextPairs returns the encryption context as messages and wrapping keys contain it, in the order of its keys.
func contextPairs(bound map[string]string) ([]byte, error) {
	pairs := binary.BigEndian.AppendUint16(nil, uint16(len(bound)))
	for _, key := range slices.Sorted(maps.Keys(bound)) {
		for _, text := range []string{key, bound[key]} {
			var err error
			if pairs, err = appendField(pairs, []byte(text)); err != nil {
				return nil, err
			}
		}
	}
	return pairs, nil
}

// appendField appends a field with its length in two bytes.
func appendField(to, field []byte) ([]byte, error) {
	if len(field) > math.MaxUint16 {
		return nil, fmt.Errorf("a field of the message has %d bytes, more than %d", len(field), math.MaxUint16)
	}
	return append(binary.BigEndian.AppendUint16(to, uint16(len(field))), field...), nil
}
