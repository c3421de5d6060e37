package storetest

import (
	"errors"
	"testing"

	"cognate/store"
)

var transactionTests = []part{
	{"failed transaction is rolled back", rollback},
	{"CommitWith commits and ErrRollback rolls back", commitWith},
}

func rollback(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	stop := errors.New("stop")
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "ann")), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("Write() = %v, want the function's error", err)
	}
	if _, err := s.FindUser(t.Context(), p, "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser() = %v, want ErrNotFound", err)
	}
}

func commitWith(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	rejected := errors.New("rejected")
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateUser(t.Context(), p, userNamed(p, "committed")); err != nil {
			return err
		}
		return store.CommitWith(rejected)
	})
	if !errors.Is(err, rejected) {
		t.Errorf("Write(CommitWith) = %v, want the error", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.CreateUser(t.Context(), p, userNamed(p, "undone")); err != nil {
			return err
		}
		return store.ErrRollback
	})
	if _, err := s.FindUser(t.Context(), p, "committed"); err != nil {
		t.Errorf("FindUser(committed) = %v, want the user", err)
	}
	if _, err := s.FindUser(t.Context(), p, "undone"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser(undone) = %v, want ErrNotFound", err)
	}
}
