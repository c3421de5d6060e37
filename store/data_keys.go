package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"cognate/sealing"
	"cognate/store/gen"
)

// Rows of data_keys: the data keyset, which contains the rotated keys, and the decoy key, which the keyset seals.
const (
	dataKeyID  = "data"
	decoyKeyID = "decoy"
)

// Box returns the Box that seals this store's secrets, for sealed tokens that the server sends to clients (Sessions).
func (s *Store) Box() *sealing.Box { return s.box }

// dataKey is the data keyset in the database, opened.
type dataKey struct {
	wrapped   []byte
	version   int64
	box       *sealing.Box
	restoreID string // the last restore before the keyset was read
}

// openDataKey returns an error if none of the master keys opens the data keyset, before a migration changes the database. A new database
// has no keyset yet: then it returns nil.
func (s *Store) openDataKey(ctx context.Context, masters []sealing.MasterKey) (*dataKey, error) {
	var exists bool
	if err := s.write.QueryRowContext(ctx, s.dialect.tableExists, "data_keys").Scan(&exists); err != nil || !exists {
		return nil, err
	}
	restoreID, err := restoreOf(ctx, s.dialect, s.write)
	if err != nil {
		return nil, err
	}
	row, err := gen.New(s.write).GetDataKey(ctx, dataKeyID)
	if errors.Is(found("", err), ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read data key: %w", err)
	}
	box, err := sealing.Open(ctx, row.Wrapped, masters...)
	if err != nil {
		return nil, fmt.Errorf("open data key: %w", err)
	}
	return &dataKey{row.Wrapped, row.Version, box, restoreID}, nil
}

// unsealDataKey takes the data keyset that openDataKey has opened. In a new store it creates one. If two servers start on a new database
// at the same time, the second one reads the keyset of the first one.
func (s *Store) unsealDataKey(ctx context.Context, c Config, opened *dataKey) error {
	if len(c.MasterKeys) == 0 {
		return errors.New("a master key is needed")
	}
	if opened == nil {
		if err := s.createDataKey(ctx, c.MasterKeys[0]); err != nil {
			return err
		}
		var err error
		if opened, err = s.openDataKey(ctx, c.MasterKeys); err != nil {
			return err
		}
	}
	s.box = opened.box
	id, err := sealing.MasterKeyID(opened.wrapped)
	if err != nil {
		return err
	}
	isFirst := id == c.MasterKeys[0].ID() && opened.box.OpenedBy() == 0 // keys of a KMS can have one ID
	if !isFirst && !c.KeepMasterKey {
		if err := s.rewrapDataKey(ctx, opened, c.MasterKeys); err != nil {
			return err
		}
	}
	if err := s.readRestore(ctx, opened); err != nil {
		return err
	}
	return s.openDecoyKey(ctx)
}

// rewrapDataKey seals the data keyset with the first master key, because another one sealed it. Running servers with the old key continue
// to work, because they have already opened the keyset.
func (s *Store) rewrapDataKey(ctx context.Context, opened *dataKey, masters []sealing.MasterKey) error {
	wrapped, err := s.sealedWith(ctx, opened.wrapped, masters[0], masters)
	if err != nil {
		return err
	}
	// If another server was first, no row changes and the keyset is rewrapped already.
	_, err = s.writer.ReplaceDataKey(ctx, gen.ReplaceDataKeyParams{
		Wrapped: wrapped, KeyID: dataKeyID, Version: opened.version,
	})
	if err != nil {
		return fmt.Errorf("store data key: %w", err)
	}
	return nil
}

// sealedWith returns the data keyset, sealed with another master key. A KMS may seal with a key that it does not let the server use
// again. So it checks that the other key opens the result, and that the result opens the database.
func (s *Store) sealedWith(ctx context.Context, keyset []byte, to sealing.MasterKey, masters []sealing.MasterKey) ([]byte, error) {
	wrapped, err := sealing.Rewrap(ctx, keyset, to, masters...)
	if err != nil {
		return nil, fmt.Errorf("seal data key: %w", err)
	}
	box, err := sealing.Open(ctx, wrapped, to)
	if err != nil {
		return nil, fmt.Errorf("the new master key does not open what it sealed: %w", err)
	}
	decoy, err := s.reader.GetDataKey(ctx, decoyKeyID)
	if errors.Is(found("read decoy key", err), ErrNotFound) { // the server stopped at its first start
		return wrapped, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read decoy key: %w", err)
	}
	if _, err := box.Open(decoy.Wrapped, aadOf("data_keys", decoyKeyID)); err != nil {
		return nil, fmt.Errorf("the data key does not open the database: %w", err)
	}
	return wrapped, nil
}

// MasterKeyID returns the ID of the master key that seals the data key, and the number of data keys.
func (s *Store) MasterKeyID(ctx context.Context) (id string, keys int, err error) {
	row, err := s.reader.GetDataKey(ctx, dataKeyID)
	if err != nil {
		return "", 0, fmt.Errorf("read data key: %w", err)
	}
	id, err = sealing.MasterKeyID(row.Wrapped)
	return id, s.box.Keys(), err
}

// ErrDataKeyChanged means that something else has sealed the data key meanwhile.
var ErrDataKeyChanged = errors.New("the data key was sealed with another master key meanwhile")

// RotateMasterKey seals the data key with another master key, or with the same one again. One of masters must open it. It checks that
// the new master key opens the result before it stores the result. Errors: ErrDataKeyChanged.
func (s *Store) RotateMasterKey(ctx context.Context, to sealing.MasterKey, masters []sealing.MasterKey) error {
	row, err := s.reader.GetDataKey(ctx, dataKeyID)
	if err != nil {
		return fmt.Errorf("read data key: %w", err)
	}
	wrapped, err := s.sealedWith(ctx, row.Wrapped, to, masters)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		n, err := tx.q.ReplaceDataKey(ctx, gen.ReplaceDataKeyParams{Wrapped: wrapped, KeyID: dataKeyID, Version: row.Version})
		return changed("store data key", ErrDataKeyChanged, n, err)
	})
}

// DecoyKey returns a secret that never changes and is the same on all servers of the database. Decoys are derived from it.
func (s *Store) DecoyKey() []byte { return s.decoy }

func (s *Store) openDecoyKey(ctx context.Context) error {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // crypto/rand.Read never fails
	sealed, err := s.seal(fresh, aadOf("data_keys", decoyKeyID))
	if err != nil {
		return err
	}
	q := s.writer
	if _, err := q.CreateDataKey(ctx, gen.CreateDataKeyParams{KeyID: decoyKeyID, Wrapped: sealed}); err != nil {
		return fmt.Errorf("store decoy key: %w", err)
	}
	row, err := q.GetDataKey(ctx, decoyKeyID) // of another server, if that one was first
	if err != nil {
		return fmt.Errorf("read decoy key: %w", err)
	}
	s.decoy, err = s.unseal(row.Wrapped, aadOf("data_keys", decoyKeyID))
	return err
}

func (s *Store) createDataKey(ctx context.Context, master sealing.MasterKey) error {
	wrapped, err := sealing.NewKeyset(ctx, master)
	if err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	_, err = s.writer.CreateDataKey(ctx, gen.CreateDataKeyParams{
		KeyID: dataKeyID, Wrapped: wrapped,
	})
	if err != nil {
		return fmt.Errorf("store data key: %w", err)
	}
	return nil
}

func (s *Store) seal(plaintext []byte, aad string) ([]byte, error) {
	sealed, err := s.box.Seal(plaintext, aad)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", aad, err)
	}
	return sealed, nil
}

func (s *Store) unseal(sealed []byte, aad string) ([]byte, error) {
	plaintext, err := s.box.Open(sealed, aad)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", aad, err)
	}
	return plaintext, nil
}

// sealOptional seals plaintext. It returns an empty column if there is no plaintext.
func (s *Store) sealOptional(plaintext []byte, aad string) ([]byte, error) {
	if len(plaintext) == 0 {
		return []byte{}, nil
	}
	return s.seal(plaintext, aad)
}

func (s *Store) unsealOptional(sealed []byte, aad string) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	return s.unseal(sealed, aad)
}

// sealDocument seals d as JSON. If there is nothing to store, it returns an empty column.
func (s *Store) sealDocument(d document, isSet bool, aad string) ([]byte, error) {
	if !isSet {
		return []byte{}, nil
	}
	text, err := encode(aad, d)
	if err != nil {
		return nil, err
	}
	return s.seal([]byte(text), aad)
}

// unsealDocument opens what sealDocument sealed. An empty column leaves d as it is.
func (s *Store) unsealDocument(sealed []byte, aad string, d document) error {
	plaintext, err := s.unsealOptional(sealed, aad)
	if err != nil || plaintext == nil {
		return err
	}
	return decode(aad, string(plaintext), d)
}
