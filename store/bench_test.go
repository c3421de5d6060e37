package store_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

func benchStore(b *testing.B) (*store.Store, *cognate.UserPool, *cognate.User, cognate.Grant) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Config{URL: filepath.Join(b.TempDir(), "b.db"), MasterKeys: []sealing.MasterKey{storetest.MasterKey(b)}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	p := &cognate.UserPool{ID: "eu-west-1_A", AccountID: "123456789012", Name: "people", CreatedAt: time.Unix(1, 0)}
	c := &cognate.AppClient{PoolID: p.ID, ID: "client", Name: "app"}
	u := &cognate.User{
		PoolID: p.ID, Sub: "sub", Username: "ann", Enabled: true,
		Attributes: map[string]string{"email": "ann@example.com", "email_verified": "true"},
		Password:   cognate.Password{Salt: make([]byte, 16), Verifier: make([]byte, 384)},
		Tokens:     cognate.SoftwareTokens{Active: &cognate.SoftwareToken{ID: "t", Secret: make([]byte, 32)}},
	}
	hash := sha256.Sum256(nil)
	g := cognate.Grant{PoolID: p.ID, ID: "event", ClientID: c.ID, Sub: u.Sub, RefreshHash: hash[:]}
	err = s.Write(b.Context(), func(tx *store.Tx) error {
		for _, err := range []error{
			tx.CreateUserPool(b.Context(), p, nil), tx.CreateAppClient(b.Context(), c),
			tx.CreateUser(b.Context(), p, u), tx.CreateGrant(b.Context(), g),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s, p, u, g
}

// BenchmarkPrincipal measures the read of every operation with an access token.
func BenchmarkPrincipal(b *testing.B) {
	s, p, _, g := benchStore(b)
	for b.Loop() {
		if _, err := s.Principal(b.Context(), p.ID, g.ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFindUser measures the first read of a sign-in.
func BenchmarkFindUser(b *testing.B) {
	s, p, u, _ := benchStore(b)
	for b.Loop() {
		if _, err := s.FindUser(b.Context(), p, u.Username); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignIn measures the transaction of a password sign-in.
func BenchmarkSignIn(b *testing.B) {
	s, p, u, g := benchStore(b)
	for i := 0; b.Loop(); i++ {
		hash := sha256.Sum256(fmt.Append(nil, i))
		g.ID, g.RefreshHash, g.AuthTime = fmt.Sprint(i), hash[:], time.UnixMilli(int64(i))
		err := s.Write(b.Context(), func(tx *store.Tx) error {
			if _, err := tx.LockAttempts(b.Context(), p.ID, u.Sub); err != nil {
				return err
			}
			if _, err := tx.User(b.Context(), p.ID, u.Sub); err != nil {
				return err
			}
			if err := tx.DeleteOldGrants(b.Context(), p.ID, u.Sub, 1000); err != nil {
				return err
			}
			return tx.CreateGrant(b.Context(), g)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLockAndSaveUser measures a change of a user.
func BenchmarkLockAndSaveUser(b *testing.B) {
	s, p, u, _ := benchStore(b)
	for b.Loop() {
		err := s.Write(b.Context(), func(tx *store.Tx) error {
			locked, err := tx.LockUser(b.Context(), p.ID, u.Sub)
			if err != nil {
				return err
			}
			return tx.SaveUser(b.Context(), p, locked)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateUsers measures a transaction of an import.
func BenchmarkCreateUsers(b *testing.B) {
	const batch = 500
	s, p, _, _ := benchStore(b)
	now, n := time.Now(), 0
	for b.Loop() {
		users := make([]*cognate.User, batch)
		for i := range users {
			n++
			sub := uuid.NewString()
			users[i] = &cognate.User{
				PoolID: p.ID, Sub: sub, Username: fmt.Sprintf("user-%d", n), Status: "CONFIRMED", Enabled: true, Created: now, Modified: now,
				Attributes: map[string]string{
					"sub": sub, "email": fmt.Sprintf("user-%d@example.com", n), "email_verified": "true",
					"given_name": fmt.Sprintf("name-%d", n%100), "family_name": fmt.Sprintf("surname-%d", n%100),
				},
			}
		}
		err := s.WriteUsers(b.Context(), func(tx *store.Tx) error {
			_, err := tx.CreateUsers(b.Context(), p, users)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
