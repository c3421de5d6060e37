package sealing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

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
	key [masterKeySize]byte
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

// ID identifies the key and reveals nothing about it: 16 hexadecimal digits, the same for the same key.
func (m MasterKey) ID() string {
	id := m.id()
	return hex.EncodeToString(id[:])
}

// String returns what log lines show of the key.
func (m MasterKey) String() string { return "master key " + m.ID() }

// Format uses String for every verb: %d or %#v would show the bytes.
func (m MasterKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }

func (m MasterKey) id() [masterKeyIDSize]byte {
	mac := hmac.New(sha256.New, m.key[:])
	mac.Write([]byte("cognate master key id"))
	return [masterKeyIDSize]byte(mac.Sum(nil))
}

func (m MasterKey) aead() (tink.AEAD, error) { return subtle.NewAESGCM(m.key[:]) }
