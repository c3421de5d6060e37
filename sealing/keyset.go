package sealing

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// ErrWrongMasterKey means that the keyset is wrapped under a master key that the caller did not pass.
var ErrWrongMasterKey = errors.New("sealing: keyset is wrapped under another master key")

// A wrapped keyset is a version byte, the ID of its master key (8 bytes) and Tink's EncryptedKeyset in binary. Version and
// ID are its associated data.
const (
	wrappedVersion = 1
	headerSize     = 1 + masterKeyIDSize
)

// NewKeyset makes a keyset with one random data key and returns it, wrapped under master.
func NewKeyset(master MasterKey) ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("sealing: make keyset: %w", err)
	}
	return wrap(handle, master)
}

// MasterKeyID returns the ID of the master key that wrapped the keyset, as MasterKey.ID returns it. Errors: ErrSealed if
// wrapped is not a wrapped keyset.
func MasterKeyID(wrapped []byte) (string, error) {
	if len(wrapped) < headerSize || wrapped[0] != wrappedVersion {
		return "", ErrSealed
	}
	return hex.EncodeToString(wrapped[1:headerSize]), nil
}

// Rewrap returns the same keyset under another master key. Values that it sealed do not change.
// Errors: ErrWrongMasterKey if from did not wrap the keyset; ErrSealed if it was altered.
func Rewrap(wrapped []byte, from, to MasterKey) ([]byte, error) {
	handle, err := unwrap(wrapped, from)
	if err != nil {
		return nil, err
	}
	return wrap(handle, to)
}

// Rotate adds a data key to the keyset. The new key seals from now on; the older keys still open what they sealed. A Box
// that was opened before cannot open what the new key sealed, so all nodes must open the keyset again.
// Errors: as Rewrap.
func Rotate(wrapped []byte, master MasterKey) ([]byte, error) {
	handle, err := unwrap(wrapped, master)
	if err != nil {
		return nil, err
	}
	if handle, err = addPrimary(handle); err != nil {
		return nil, fmt.Errorf("sealing: rotate keyset: %w", err)
	}
	return wrap(handle, master)
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

func wrap(handle *keyset.Handle, master MasterKey) ([]byte, error) {
	key, err := master.aead()
	if err != nil {
		return nil, fmt.Errorf("sealing: %v: %w", master, err)
	}
	id := master.id()
	header := append([]byte{wrappedVersion}, id[:]...)
	wrapped := bytes.NewBuffer(bytes.Clone(header))
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(wrapped), key, header); err != nil {
		return nil, fmt.Errorf("sealing: wrap keyset: %w", err)
	}
	return wrapped.Bytes(), nil
}

// unwrap unwraps the keyset with the one of masters that wrapped it.
func unwrap(wrapped []byte, masters ...MasterKey) (*keyset.Handle, error) {
	want, err := MasterKeyID(wrapped)
	if err != nil {
		return nil, err
	}
	for _, master := range masters {
		if master.ID() == want {
			return unwrapUnder(wrapped, master)
		}
	}
	return nil, ErrWrongMasterKey
}

func unwrapUnder(wrapped []byte, master MasterKey) (*keyset.Handle, error) {
	key, err := master.aead()
	if err != nil {
		return nil, fmt.Errorf("sealing: %v: %w", master, err)
	}
	reader := keyset.NewBinaryReader(bytes.NewReader(wrapped[headerSize:]))
	handle, err := keyset.ReadWithAssociatedData(reader, key, wrapped[:headerSize])
	if err != nil {
		return nil, ErrSealed
	}
	return handle, nil
}
