package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var accessKeyTests = []part{{"access keys", accessKeys}}

func accessKeys(t *testing.T, s *store.Store) {
	first := cognate.AccessKey{
		AccountID: "123456789012", ID: "KEY1", Name: "boss", Secret: "hush-hush-hush-hush", Policy: "{}", PolicySource: "administrator",
		CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
	second := cognate.AccessKey{AccountID: "000000000000", ID: "KEY2", Name: "boss", Secret: "more-hush-hush-hush", Policy: "[]", CreatedAt: now}
	create := func(k cognate.AccessKey) error {
		return s.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.LockAccessKeys(t.Context(), k.AccountID); err != nil {
				return err
			}
			return tx.CreateAccessKey(t.Context(), &k)
		})
	}
	for _, k := range []cognate.AccessKey{first, second} {
		if err := create(k); err != nil {
			t.Fatalf("CreateAccessKey(%s) = %v", k.ID, err)
		}
	}
	sameID, sameName := second, first
	sameID.Name, sameName.ID = "other", "KEY3"
	for _, k := range []cognate.AccessKey{sameID, sameName} {
		if err := create(k); !errors.Is(err, store.ErrExists) {
			t.Errorf("CreateAccessKey(%s %s) = %v, want ErrExists", k.ID, k.Name, err)
		}
	}
	want := func(what string, want ...cognate.AccessKey) {
		t.Helper()
		got, err := s.AccessKeys(t.Context())
		if err != nil {
			t.Fatalf("AccessKeys() = %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: AccessKeys() (-want +got):\n%s", what, diff)
		}
	}
	want("created", second, first)
	first.Policy, first.PolicySource, first.Disabled = `{"Statement": []}`, "file", true
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveAccessKey(t.Context(), &first) })
	minute := now.Truncate(time.Minute)
	for _, at := range []time.Time{minute, minute.Add(-time.Minute)} { // another server saves an earlier use later
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveAccessKeyUse(t.Context(), second.ID, at) })
	}
	second.LastUsedAt = minute
	want("saved", second, first)
	hasAccount := func(id string, want bool) {
		t.Helper()
		if has, err := s.HasAccount(t.Context(), id); err != nil || has != want {
			t.Errorf("HasAccount(%s) = %v, %v, want %v", id, has, err, want)
		}
	}
	hasAccount(second.AccountID, true)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAccessKey(t.Context(), second.ID) })
	want("deleted", first)
	hasAccount(second.AccountID, false)
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.SaveAccessKey(t.Context(), &second), tx.DeleteAccessKey(t.Context(), second.ID))
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("SaveAccessKey(deleted) = %v, want ErrNotFound", err)
	}
}
