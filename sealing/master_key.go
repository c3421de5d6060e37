package sealing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	masterKeyPrefix = "cognate-master-1:" // identifies the text for people and for scanners for leaked secrets
	masterKeySize   = 32                  // bytes
	masterKeyIDSize = 8                   // bytes
)

// ErrMasterKey means that a text is not a master key. The error never quotes the text.
var ErrMasterKey = errors.New("sealing: a master key is " + masterKeyPrefix + " and 32 bytes in base64")

// MasterKey wraps keysets. It prints as its ID only.
type MasterKey struct {
	key    [masterKeySize]byte
	remote Remote // nil if key is the key
}

// NewMasterKey makes a master key of 256 bits from rand and returns its text: "cognate-master-1:" and standard base64.
func NewMasterKey(rand io.Reader) (string, error) {
	var key [masterKeySize]byte
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return "", fmt.Errorf("sealing: make master key: %w", err)
	}
	return masterKeyPrefix + base64.StdEncoding.EncodeToString(key[:]), nil
}

// ParseMasterKey parses the text of a master key. It ignores white space around it. Errors: ErrMasterKey.
func ParseMasterKey(text string) (MasterKey, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), masterKeyPrefix)
	if !ok {
		return MasterKey{}, ErrMasterKey
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(key) != masterKeySize {
		return MasterKey{}, ErrMasterKey
	}
	return MasterKey{key: [masterKeySize]byte(key)}, nil
}

// ID identifies the key and reveals nothing about it: 16 hexadecimal digits, the same for the same key. Keys of services have the same
// ID if they have the same name: see Equal.
func (m MasterKey) ID() string {
	id := m.id()
	return hex.EncodeToString(id[:])
}

// Equal reports whether both are the same key.
func (m MasterKey) Equal(other MasterKey) bool {
	if m.remote == nil || other.remote == nil {
		return m == other
	}
	return m.remote.Location() == other.remote.Location()
}

// String returns what log lines show of the key.
func (m MasterKey) String() string { return "master key " + m.ID() }

// Format uses String for every verb: %d or %#v would show the bytes.
func (m MasterKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }

func (m MasterKey) id() [masterKeyIDSize]byte {
	if m.remote != nil {
		sum := sha256.Sum256([]byte("cognate remote master key id\x00" + m.remote.Name()))
		return [masterKeyIDSize]byte(sum[:])
	}
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write([]byte("cognate master key id"))
	return [masterKeyIDSize]byte(mac.Sum(nil))
}

func (m MasterKey) version() byte {
	if m.remote != nil {
		return wrappedRemoteVersion
	}
	return wrappedVersion
}

// aead returns what encrypts keysets. failed returns the error of the Remote, because Tink does not return it.
func (m MasterKey) aead() (key tink.AEADWithContext, failed func() error, err error) {
	if m.remote != nil {
		r := &remoteAEAD{remote: m.remote}
		key, err = aead.NewKMSEnvelopeAEADWithContext(aead.AES256GCMKeyTemplate(), r)
		return key, func() error { return r.err }, err
	}
	local, err := subtle.NewAESGCM(m.key[:])
	return localAEAD{local}, func() error { return nil }, err
}

// localAEAD encrypts in this process.
type localAEAD struct{ tink.AEAD }

func (l localAEAD) EncryptWithContext(_ context.Context, plaintext, aad []byte) ([]byte, error) {
	return l.Encrypt(plaintext, aad)
}

func (l localAEAD) DecryptWithContext(_ context.Context, ciphertext, aad []byte) ([]byte, error) {
	return l.Decrypt(ciphertext, aad)
}
