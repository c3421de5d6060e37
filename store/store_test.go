package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cognate"
	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

func mustOpen(t *testing.T, url string, keys ...sealing.MasterKey) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: keys})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return s
}

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store { return mustOpen(t, "", storetest.MasterKey(t)) })
}

func TestSQLiteFile(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store {
		// The name contains characters with another meaning in a URI.
		return mustOpen(t, storetest.SQLite(t, "a?b#c%20d.db"), storetest.MasterKey(t))
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // skips the whole test, not each part
	storetest.Run(t, func(t *testing.T) *store.Store { return mustOpen(t, storetest.Postgres(t), storetest.MasterKey(t)) })
}

func TestMasterKeyIsRequired(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cognate.db")
	right, wrong := storetest.MasterKey(t), storetest.MasterKey(t)
	mustOpen(t, file, right)
	_, err := store.Open(context.Background(), store.Config{URL: file, MasterKeys: []sealing.MasterKey{wrong}})
	if !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Open(another master key) = %v, want ErrWrongMasterKey", err)
	}
	if _, err := store.Open(context.Background(), store.Config{URL: file}); err == nil {
		t.Error("Open(no master key) = nil, want an error")
	}
}

func TestMasterKeyIsReplaced(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cognate.db")
	old, fresh := storetest.MasterKey(t), storetest.MasterKey(t)
	running := mustOpen(t, file, old)
	if _, err := mustOpen(t, file, fresh, old).Box().Seal([]byte("x"), "y"); err != nil {
		t.Errorf("Seal(under the new master key) = %v", err)
	}
	sealed, err := mustOpen(t, file, fresh).Box().Seal([]byte("x"), "y")
	if err != nil {
		t.Fatalf("Seal(old master key gone) = %v", err)
	}
	if plain, err := running.Box().Open(sealed, "y"); err != nil || string(plain) != "x" {
		t.Errorf("Open(on a server that runs with the old key) = %q, %v", plain, err)
	}
	if _, err := store.Open(context.Background(), store.Config{URL: file, MasterKeys: []sealing.MasterKey{old}}); err == nil {
		t.Error("Open(replaced master key) = nil, want an error")
	}
}

// sealOnly is a service that seals and does not unseal, such as a KMS that allows only Encrypt.
type sealOnly struct{}

func (sealOnly) Location() string                                   { return "seal only" }
func (sealOnly) Name() string                                       { return "seal only" }
func (sealOnly) Wrap(_ context.Context, key []byte) ([]byte, error) { return slices.Clone(key), nil }

func (sealOnly) Unwrap(context.Context, []byte) ([]byte, error) { return nil, sealing.ErrRemote }

// A start does not seal the data key with a master key that cannot open it again.
func TestUselessMasterKey(t *testing.T) {
	t.Parallel()
	path, old := filepath.Join(t.TempDir(), "cognate.db"), storetest.MasterKey(t)
	for _, step := range []struct {
		keys []sealing.MasterKey
		want error
	}{
		{[]sealing.MasterKey{old}, nil},
		{[]sealing.MasterKey{sealing.RemoteMasterKey(sealOnly{}), old}, sealing.ErrRemote},
		{[]sealing.MasterKey{old}, nil},
	} {
		s, err := store.Open(t.Context(), store.Config{URL: path, MasterKeys: step.keys})
		if !errors.Is(err, step.want) {
			t.Fatalf("Open() = %v, want %v", err, step.want)
		}
		if err == nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Running servers go on while the data key is sealed with another master key. A command can open a store without sealing it.
func TestRotateMasterKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cognate.db")
	old, next, third := storetest.MasterKey(t), storetest.MasterKey(t), storetest.MasterKey(t)
	open := func(keep bool, keys ...sealing.MasterKey) (*store.Store, error) {
		s, err := store.Open(t.Context(), store.Config{URL: path, MasterKeys: keys, KeepMasterKey: keep})
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
		}
		return s, err
	}
	want := func(what string, s *store.Store, key sealing.MasterKey) {
		t.Helper()
		if id, n, err := s.MasterKeyID(t.Context()); err != nil || id != key.ID() || n != 1 {
			t.Errorf("%s: MasterKeyID() = %s, %d, %v, want %s, 1", what, id, n, err, key.ID())
		}
	}
	server, err := open(false, old)
	if err != nil {
		t.Fatal(err)
	}
	command, err := open(true, next, old)
	if err != nil {
		t.Fatal(err)
	}
	want("opened by a command", command, old)
	if err := command.RotateMasterKey(t.Context(), next, []sealing.MasterKey{third}); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("RotateMasterKey(from another key) = %v", err)
	}
	want("after a failure", command, old)
	if err := command.RotateMasterKey(t.Context(), next, []sealing.MasterKey{next, old}); err != nil {
		t.Fatalf("RotateMasterKey() = %v", err)
	}
	want("seen by the server", server, next)
	sealed, err := server.Box().Seal([]byte("text"), "aad")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(false, old); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Open(the old master key) = %v", err)
	}
	restarted, err := open(false, next)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := restarted.Box().Open(sealed, "aad"); err != nil || string(text) != "text" {
		t.Errorf("Open() = %q, %v", text, err)
	}
}

// The database file does not contain secrets in the clear.
func TestSecretsAreSealedAtRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(dir, "cognate.db"), storetest.MasterKey(t))
	p := &cognate.UserPool{ID: "eu-west-1_A", AccountID: "123456789012", Name: "visible-pool-name"}
	secrets := []string{"client-secret-text", "password-verifier-text", "software-token-text", "hash-of-code-text"}
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		user := &cognate.User{
			PoolID: p.ID, Sub: "sub", Username: "ann", Password: cognate.Password{Verifier: []byte(secrets[1])},
			Tokens: cognate.SoftwareTokens{Pending: &cognate.SoftwareToken{Secret: []byte(secrets[2])}},
		}
		return errors.Join(
			tx.CreateUserPool(t.Context(), p, nil),
			tx.CreateAppClient(t.Context(), &cognate.AppClient{PoolID: p.ID, ID: "client", Secrets: []cognate.ClientSecret{{Value: secrets[0]}}}),
			tx.CreateUser(t.Context(), p, user),
			tx.SaveCode(t.Context(), store.Code{PoolID: p.ID, Sub: "sub", Purpose: "x", Hash: []byte(secrets[3])}),
		)
	})
	if err != nil {
		t.Fatalf("Write() = %v", err)
	}
	var stored []byte
	for _, file := range []string{"cognate.db", "cognate.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, b...)
	}
	if !bytes.Contains(stored, []byte(p.Name)) {
		t.Fatal("the pool's name is not in the file: the test reads the wrong files")
	}
	for _, secret := range secrets {
		// JSON writes bytes in base64, so look for both forms.
		if bytes.Contains(stored, []byte(secret)) || bytes.Contains(stored, []byte(base64Of(secret))) {
			t.Errorf("%q can be read in the database file", secret)
		}
	}
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
