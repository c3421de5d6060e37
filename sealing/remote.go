package sealing

import (
	"context"
	"errors"
	"fmt"
)

// Remote wraps keys outside of this process: in a key management service (KMS), or by a program. It gets and returns keys of some
// bytes, never a keyset. Implementations must be comparable.
type Remote interface {
	// Name identifies the key for the operator. It is not a secret. Two keys can have one name: an alias in two regions.
	Name() string
	// Location is the name and all else that selects the key, such as the region. Two Remotes with one location have the same key.
	Location() string
	Wrap(ctx context.Context, key []byte) ([]byte, error)
	// Unwrap returns the key that Wrap got. Errors: ErrWrongMasterKey if another key wrapped it, or if it was altered.
	Unwrap(ctx context.Context, wrapped []byte) ([]byte, error)
}

// ErrRemote means that a Remote could not wrap or unwrap: it did not answer, or it does not allow that.
var ErrRemote = errors.New("the service or the program of the master key failed")

// RemoteMasterKey returns the master key that a Remote has.
func RemoteMasterKey(r Remote) MasterKey { return MasterKey{remote: r} }

// Name returns the name of the key in a service; "" for a key that the process has.
func (m MasterKey) Name() string {
	if m.remote == nil {
		return ""
	}
	return m.remote.Name()
}

// remoteAEAD lets Tink encrypt the key of a keyset with a Remote. err is the error of the last call.
type remoteAEAD struct {
	remote Remote
	err    error
}

func (r *remoteAEAD) EncryptWithContext(ctx context.Context, plaintext, _ []byte) (wrapped []byte, err error) {
	if wrapped, err = r.remote.Wrap(ctx, plaintext); err != nil {
		r.err = fmt.Errorf("%w: %s: %w", ErrRemote, r.remote.Name(), err)
	}
	return wrapped, r.err
}

func (r *remoteAEAD) DecryptWithContext(ctx context.Context, ciphertext, _ []byte) (key []byte, err error) {
	key, err = r.remote.Unwrap(ctx, ciphertext)
	switch {
	case errors.Is(err, ErrWrongMasterKey):
		r.err = err
	case err != nil:
		r.err = fmt.Errorf("%w: %s: %w", ErrRemote, r.remote.Name(), err)
	}
	return key, r.err
}
