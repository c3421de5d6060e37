package storetest

import (
	"context"
	"errors"
	"testing"

	"cognate/store"
)

var transactionTests = []part{
	{"failed transaction is rolled back", rollback},
	{"CommitWith commits and ErrRollback rolls back", commitWith},
	{"WithBeforeCommit is called before each commit", beforeCommit},
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

func beforeCommit(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	refused := errors.New("refused")
	var calls int
	ctx := store.WithBeforeCommit(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		calls++
		if err := tx.CreateUser(ctx, p, userNamed(p, "record")); err != nil {
			return refused
		}
		return nil
	})
	for _, c := range []struct {
		what, username string
		returns        error // by the function of the transaction
		want           error
		calls          int
		stored         bool
	}{
		{"a rolled back transaction", "undone", store.ErrRollback, nil, 0, false},
		{"a failed transaction", "failed", refused, refused, 0, false},
		{"a transaction", "first", nil, nil, 1, true},
		{"a transaction whose function cannot write", "second", nil, refused, 2, false},
	} {
		err := s.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(tx.CreateUser(ctx, p, userNamed(p, c.username)), c.returns)
		})
		if !errors.Is(err, c.want) {
			t.Errorf("Write(%s) = %v, want %v", c.what, err, c.want)
		}
		if calls != c.calls {
			t.Errorf("after %s the function was called %d times, want %d", c.what, calls, c.calls)
		}
		if _, err := s.FindUser(t.Context(), p, c.username); errors.Is(err, store.ErrNotFound) == c.stored {
			t.Errorf("FindUser() after %s = %v, want the user: %t", c.what, err, c.stored)
		}
	}
	if _, err := s.FindUser(t.Context(), p, "record"); err != nil {
		t.Errorf("FindUser(record) = %v, want what the function wrote", err)
	}
}
