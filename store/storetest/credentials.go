package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var credentialTests = []part{
	{"credential round trip", credentialRoundTrip},
	{"counter of a credential goes up once by racing requests", useCredential},
	{"credential is deleted with its user", deleteCredentials},
	{"registration of a passkey is taken once", takeRegistration},
}

func credentialOf(u *cognate.User, id cognate.CredentialID) *cognate.Credential {
	return &cognate.Credential{
		PoolID: u.PoolID, Sub: u.Sub, ID: id, Key: cognate.CredentialKey{Public: []byte("key of " + id), BackupEligible: true},
		SignCount: 7, Created: now, RelyingPartyID: "example.com", Name: "iCloud Keychain", Attachment: "platform",
		Transports: []string{"internal"},
	}
}

func mustCredential(t *testing.T, s *store.Store, c *cognate.Credential) *cognate.Credential {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateCredential(t.Context(), c) })
	return c
}

func wantCredentials(t *testing.T, s *store.Store, u *cognate.User, want ...*cognate.Credential) {
	t.Helper()
	got, err := s.Credentials(t.Context(), u.PoolID, u.Sub, "", 10)
	if err != nil {
		t.Fatalf("Credentials() = %v", err)
	}
	if diff := cmp.Diff(append([]*cognate.Credential{}, want...), got); diff != "" {
		t.Errorf("Credentials() differs (-want +got):\n%s", diff)
	}
}

func credentialRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann, bob := mustUser(t, s, p, "ann"), mustUser(t, s, p, "bob")
	b, a := mustCredential(t, s, credentialOf(ann, "b")), mustCredential(t, s, credentialOf(ann, "a"))
	wantCredentials(t, s, ann, a, b)
	wantCredentials(t, s, bob)
	second, err := s.Credentials(t.Context(), p.ID, ann.Sub, "a", 10)
	if diff := cmp.Diff([]*cognate.Credential{b}, second); diff != "" || err != nil {
		t.Errorf("Credentials(after a) = %v, differs (-want +got):\n%s", err, diff)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateCredential(t.Context(), credentialOf(bob, "a")) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateCredential(another user's) = %v, want ErrExists", err)
	}
	for _, c := range []struct {
		sub  string
		want error
	}{{bob.Sub, store.ErrNotFound}, {ann.Sub, nil}, {ann.Sub, store.ErrNotFound}} {
		err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteCredential(t.Context(), p.ID, c.sub, "a") })
		if !errors.Is(err, c.want) {
			t.Errorf("DeleteCredential() = %v, want %v", err, c.want)
		}
	}
	wantCredentials(t, s, ann, b)
}

func useCredential(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	c := mustCredential(t, s, credentialOf(u, "a"))
	use := func(c *cognate.Credential, count uint32) (used bool) {
		mustWrite(t, s, func(tx *store.Tx) (err error) {
			used, err = tx.UseCredential(t.Context(), c, count)
			return err
		})
		return used
	}
	var wg sync.WaitGroup
	var used atomic.Int32
	for range 10 {
		wg.Go(func() {
			if use(c, 8) {
				used.Add(1)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 {
		t.Errorf("%d racing uses of one counter, want one", used.Load())
	}
	again := *c
	again.Created = now.Add(time.Second)
	for _, next := range []struct {
		c     *cognate.Credential
		count uint32
		want  bool
	}{{c, 8, false}, {c, 0, false}, {&again, 9, false}, {c, 9, true}} {
		if got := use(next.c, next.count); got != next.want {
			t.Errorf("UseCredential(%d) = %v, want %v", next.count, got, next.want)
		}
	}
	still := credentialOf(u, "b")
	still.SignCount = 0
	mustCredential(t, s, still)
	for range 2 {
		if !use(still, 0) {
			t.Error("UseCredential(0) without a counter = false, want true")
		}
	}
}

func deleteCredentials(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	mustCredential(t, s, credentialOf(u, "a"))
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, u.Sub) })
	wantCredentials(t, s, u)
}

func takeRegistration(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	want := cognate.PasskeyRegistration{PoolID: p.ID, Sub: u.Sub, ClientID: "client", Challenge: []byte("new"), Expires: now.Add(time.Minute)}
	old := want
	old.ClientID, old.Challenge = "other", []byte("old")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.SavePasskeyRegistration(t.Context(), old), tx.SavePasskeyRegistration(t.Context(), want))
	})
	mustPurge(t, s, store.Cutoffs{Codes: now})
	take := func() (got cognate.PasskeyRegistration, err error) {
		err = s.Write(t.Context(), func(tx *store.Tx) (err error) {
			got, err = tx.TakePasskeyRegistration(t.Context(), p.ID, u.Sub)
			return err
		})
		return got, err
	}
	got, err := take()
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("TakePasskeyRegistration() = %v, differs (-want +got):\n%s", err, diff)
	}
	if _, err := take(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("TakePasskeyRegistration(again) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return tx.SavePasskeyRegistration(t.Context(), want)
	})
	mustPurge(t, s, store.Cutoffs{Codes: now.Add(time.Hour)})
	if _, err := take(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("TakePasskeyRegistration(expired and purged) = %v, want ErrNotFound", err)
	}
}
