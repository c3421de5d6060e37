package sealing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// ErrWrongMasterKey means that the keyset is wrapped under a master key that the caller did not pass.
var ErrWrongMasterKey = errors.New("sealing: keyset is wrapped under another master key")

// A wrapped keyset is a version byte, the ID of its master key (8 bytes) and Tink's EncryptedKeyset in binary. Version and
// ID are its associated data. The version says how the keyset is encrypted: under the master key, or under a key of its own that a
// Remote has wrapped.
const (
	wrappedVersion       = 1
	wrappedRemoteVersion = 2
	headerSize           = 1 + masterKeyIDSize
)

// NewKeyset makes a keyset with one random data key and returns it, wrapped under master.
func NewKeyset(ctx context.Context, master MasterKey) ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("sealing: make keyset: %w", err)
	}
	return wrap(ctx, handle, master)
}

// MasterKeyID returns the ID of the master key that wrapped the keyset, as MasterKey.ID returns it. Errors: ErrSealed if
// wrapped is not a wrapped keyset.
func MasterKeyID(wrapped []byte) (string, error) {
	if len(wrapped) < headerSize || wrapped[0] != wrappedVersion && wrapped[0] != wrappedRemoteVersion {
		return "", ErrSealed
	}
	return hex.EncodeToString(wrapped[1:headerSize]), nil
}

// Rewrap returns the same keyset under another master key. Values that it sealed do not change.
// Errors: ErrWrongMasterKey if none of from wrapped the keyset; ErrSealed if it was altered; ErrRemote.
func Rewrap(ctx context.Context, wrapped []byte, to MasterKey, from ...MasterKey) ([]byte, error) {
	handle, _, err := unwrap(ctx, wrapped, from...)
	if err != nil {
		return nil, err
	}
	return wrap(ctx, handle, to)
}

// Rotate adds a data key to the keyset. The new key seals from now on; the older keys still open what they sealed. A Box
// that was opened before cannot open what the new key sealed, so all nodes must open the keyset again.
// Errors: as Rewrap.
func Rotate(ctx context.Context, wrapped []byte, master MasterKey) ([]byte, error) {
	handle, _, err := unwrap(ctx, wrapped, master)
	if err != nil {
		return nil, err
	}
	if handle, err = addPrimary(handle); err != nil {
		return nil, fmt.Errorf("sealing: rotate keyset: %w", err)
	}
	return wrap(ctx, handle, master)
}

func addPrimary(handle *keyset.Handle) (*keyset.Handle, error) {
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, err
	}
	return manager.Handle()
}

func wrap(ctx context.Context, handle *keyset.Handle, master MasterKey) ([]byte, error) {
	key, failed, err := master.aead()
	if err != nil {
		return nil, fmt.Errorf("sealing: %v: %w", master, err)
	}
	id := master.id()
	header := append([]byte{master.version()}, id[:]...)
	wrapped := bytes.NewBuffer(bytes.Clone(header))
	if err := handle.WriteWithContext(ctx, keyset.NewBinaryWriter(wrapped), key, header); err != nil {
		return nil, fmt.Errorf("sealing: wrap keyset: %w", cmp.Or(failed(), err))
	}
	return wrapped.Bytes(), nil
}

// unwrap unwraps the keyset with the one of masters that wrapped it, and returns the index of this one. It first tries each key that has
// the ID of the keyset: keys in two regions can have one name, and so one ID. Then it tries each other Remote, because two names can mean
// the same key: an alias and an ARN.
func unwrap(ctx context.Context, wrapped []byte, masters ...MasterKey) (*keyset.Handle, int, error) {
	id, err := MasterKeyID(wrapped)
	if err != nil {
		return nil, 0, err
	}
	refused := fmt.Errorf("%w: %s", ErrWrongMasterKey, id)
	for _, wantID := range []bool{true, false} {
		for i, master := range masters {
			hasID := master.ID() == id
			if hasID != wantID || !hasID && (master.remote == nil || wrapped[0] != wrappedRemoteVersion) {
				continue
			}
			handle, err := unwrapUnder(ctx, wrapped, master)
			switch {
			case err == nil:
				return handle, i, nil
			case errors.Is(refused, ErrRemote): // that key may be the right one
			case errors.Is(err, ErrRemote), hasID && !errors.Is(refused, ErrSealed):
				refused = err
			}
		}
	}
	return nil, 0, refused
}

func unwrapUnder(ctx context.Context, wrapped []byte, master MasterKey) (*keyset.Handle, error) {
	if wrapped[0] != master.version() {
		return nil, ErrSealed
	}
	key, failed, err := master.aead()
	if err != nil {
		return nil, fmt.Errorf("sealing: %v: %w", master, err)
	}
	reader := keyset.NewBinaryReader(bytes.NewReader(wrapped[headerSize:]))
	handle, err := keyset.ReadWithContext(ctx, reader, key, wrapped[:headerSize])
	switch {
	case err == nil:
		return handle, nil
	case failed() != nil:
		return nil, failed()
	case master.remote != nil: // most often another key of a program, which cannot know that it is the wrong one
		return nil, fmt.Errorf("%w: %s unwraps it to a key that does not open it (%w)", ErrWrongMasterKey, master.Name(), ErrSealed)
	default:
		return nil, ErrSealed
	}
}
