package webauthn

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

const (
	decoyIDSize = 20 // as in the passkeys of a common provider
	coordinate  = 32 // bytes of a P-256 coordinate
)

// Decoy returns a passkey that no user has. It is always the same for a key and a name. It looks like a passkey that is
// synchronized between a user's devices, and checking an assertion against it costs the same time as for a real one.
func Decoy(key []byte, name string) Credential {
	derive := func(part string, n int) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(binary.BigEndian.AppendUint32([]byte("passkey/"+part+"/"+name+"/"), uint32(n)))
		return mac.Sum(nil)
	}
	return Credential{
		ID: derive("id", 0)[:decoyIDSize], PublicKey: decoyKey(func(n int) []byte { return derive("key", n) }),
		BackupEligible: true, Transports: []string{"hybrid", "internal"},
	}
}

// decoyKey returns a P-256 public key in COSE form (RFC 9053 section 7.1.1) and drops its private key. Nearly every secret
// is a valid private key at the first try: all but a few in 2^32.
func decoyKey(secret func(try int) []byte) []byte {
	for try := 0; ; try++ {
		private, err := ecdh.P256().NewPrivateKey(secret(try))
		if err != nil {
			continue
		}
		point := private.PublicKey().Bytes()[1:] // without the byte that marks the uncompressed form
		return bytes.Join([][]byte{
			{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, coordinate},
			point[:coordinate],
			{0x22, 0x58, coordinate},
			point[coordinate:],
		}, nil)
	}
}
