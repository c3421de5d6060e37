package sealing

import (
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrSealed means that a sealed value does not open. It was altered, or sealed for other associated data or with another
// keyset. The error does not say which.
var ErrSealed = errors.New("sealing: does not open")

// Box seals and opens with one keyset. It never changes, and goroutines may share it.
type Box struct {
	primitive tink.AEAD
	keys      int
	openedBy  int
}

// Open opens the keyset with the master key that wrapped it. During a change of master keys, masters holds the old and the
// new one. Errors: ErrWrongMasterKey if none of masters wrapped it; ErrSealed if it was altered; ErrRemote.
func Open(ctx context.Context, wrapped []byte, masters ...MasterKey) (*Box, error) {
	handle, openedBy, err := unwrap(ctx, wrapped, masters...)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("sealing: open keyset: %w", err)
	}
	return &Box{primitive: primitive, keys: handle.Len(), openedBy: openedBy}, nil
}

// Keys returns the number of data keys in the keyset.
func (b *Box) Keys() int { return b.keys }

// OpenedBy returns which of the master keys that Open got has opened the keyset: its index.
func (b *Box) OpenedBy() int { return b.openedBy }

// Seal encrypts plaintext with the newest data key. Open needs the same aad. The aad is the location where the result is
// stored, for example "table/pool/row/column", so a sealed field that is moved to another row does not open there. The
// result is 33 bytes longer than plaintext (key ID, nonce, tag).
func (b *Box) Seal(plaintext []byte, aad string) ([]byte, error) {
	sealed, err := b.primitive.Encrypt(plaintext, []byte(aad))
	if err != nil {
		return nil, fmt.Errorf("sealing: seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal returned for the same aad, with any data key of the keyset. Errors: ErrSealed.
func (b *Box) Open(sealed []byte, aad string) ([]byte, error) {
	plaintext, err := b.primitive.Decrypt(sealed, []byte(aad))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}
