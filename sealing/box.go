package sealing

import (
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrSealed says that something doesn't open: it was altered, or sealed for another context or under another keyset.
// Which of them isn't told.
var ErrSealed = errors.New("sealing: does not open")

// Box seals and opens with one keyset. It never changes, and may be used by any number of goroutines.
type Box struct {
	primitive tink.AEAD
}

// Open opens the keyset with whichever of masters it is wrapped under; during a change of master keys that is the old one
// or the new one. Errors: ErrWrongMasterKey when it is under none of them; ErrSealed when it was altered.
func Open(wrapped []byte, masters ...MasterKey) (*Box, error) {
	handle, err := unwrap(wrapped, masters...)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("sealing: open keyset: %w", err)
	}
	return &Box{primitive: primitive}, nil
}

// Seal encrypts plaintext under the newest data key. The same context must be given to Open: the place where the result is
// kept, as "table/pool/row/column", so that a sealed field moved to another row doesn't open there. The result is 33 bytes
// longer than plaintext (key ID, nonce, tag).
func (b *Box) Seal(plaintext []byte, context string) ([]byte, error) {
	sealed, err := b.primitive.Encrypt(plaintext, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("sealing: seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same context, under whichever data key of the keyset. Errors: ErrSealed.
func (b *Box) Open(sealed []byte, context string) ([]byte, error) {
	plaintext, err := b.primitive.Decrypt(sealed, []byte(context))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}
