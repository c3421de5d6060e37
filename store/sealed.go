package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

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

// unsealDataKey opens the data keyset. In a new store it creates one. If two servers start on a new database at the same
// time, the second one reads the keyset of the first one.
func (s *Store) unsealDataKey(ctx context.Context, masters []sealing.MasterKey) error {
	if len(masters) == 0 {
		return errors.New("a master key is needed")
	}
	row, err := s.writer.GetDataKey(ctx, dataKeyID)
	if errors.Is(found("", err), ErrNotFound) {
		if err := s.createDataKey(ctx, masters[0]); err != nil {
			return err
		}
		row, err = s.writer.GetDataKey(ctx, dataKeyID)
	}
	if err != nil {
		return fmt.Errorf("read data key: %w", err)
	}
	if s.box, err = sealing.Open(row.Wrapped, masters...); err != nil {
		return fmt.Errorf("open data key: %w", err)
	}
	if err := s.rewrapDataKey(ctx, row, masters); err != nil {
		return err
	}
	return s.openDecoyKey(ctx)
}

// requireMasterKey returns an error if none of the master keys opens the data keyset, before a migration changes the database.
// A new database has no keyset yet.
func (s *Store) requireMasterKey(ctx context.Context, masters []sealing.MasterKey) error {
	var exists bool
	if err := s.write.QueryRowContext(ctx, s.dialect.tableExists, "data_keys").Scan(&exists); err != nil || !exists {
		return err
	}
	row, err := gen.New(s.write).GetDataKey(ctx, dataKeyID)
	if errors.Is(found("", err), ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read data key: %w", err)
	}
	if _, err := sealing.Open(row.Wrapped, masters...); err != nil {
		return fmt.Errorf("open data key: %w", err)
	}
	return nil
}

// rewrapDataKey seals the data keyset with the first master key if another one sealed it. Running servers with the old key
// continue to work, because they have already opened the keyset.
func (s *Store) rewrapDataKey(ctx context.Context, row gen.GetDataKeyRow, masters []sealing.MasterKey) error {
	id, err := sealing.MasterKeyID(row.Wrapped)
	if err != nil || id == masters[0].ID() {
		return err
	}
	old := masters[slices.IndexFunc(masters, func(m sealing.MasterKey) bool { return m.ID() == id })]
	wrapped, err := sealing.Rewrap(row.Wrapped, old, masters[0])
	if err != nil {
		return fmt.Errorf("rewrap data key: %w", err)
	}
	// If another server was first, no row changes and the keyset is rewrapped already.
	_, err = s.writer.ReplaceDataKey(ctx, gen.ReplaceDataKeyParams{
		Wrapped: wrapped, KeyID: dataKeyID, Version: row.Version,
	})
	if err != nil {
		return fmt.Errorf("store data key: %w", err)
	}
	return nil
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
	wrapped, err := sealing.NewKeyset(master)
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
