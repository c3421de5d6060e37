package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var userPoolTests = []part{
	{"pool round trip", poolRoundTrip},
	{"pools are listed by account, region and id", listPools},
	{"pool changes are visible immediately", poolChanges},
	{"deleting a pool deletes its rows", deletePool},
}

func poolNamed(id string) *cognate.UserPool {
	return &cognate.UserPool{
		ID: id, AccountID: "123456789012", Name: "people", CreatedAt: now, ModifiedAt: now,
		MFA:  cognate.MFAConfig{Mode: api.UserPoolMfaTypeOptional, SoftwareToken: true},
		Tags: map[string]string{"stage": "test"},
		PoolUsernames: cognate.PoolUsernames{
			AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypeEmail}, CaseInsensitive: true,
		},
	}
}

func mustPool(t *testing.T, s *store.Store, id string) *cognate.UserPool {
	t.Helper()
	p := poolNamed(id)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), p, nil) })
	return p
}

func poolRoundTrip(t *testing.T, s *store.Store) {
	want := mustPool(t, s, "eu-west-1_AAAAAAAAA")
	got, err := s.UserPool(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("UserPool() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("UserPool() differs (-want +got):\n%s", diff)
	}
	if _, err := s.UserPool(t.Context(), "eu-west-1_none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UserPool(unknown) = %v, want ErrNotFound", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), want, nil) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateUserPool(same id) = %v, want ErrExists", err)
	}
}

func listPools(t *testing.T, s *store.Store) {
	for _, id := range []string{"eu-west-1_b", "eu-west-1_B", "eu-west-1_a", "eu-west-2_a", "us-east-1_a"} {
		mustPool(t, s, id)
	}
	pools, err := s.UserPools(t.Context(), "123456789012", "eu-west-1", "", 2)
	if err != nil || len(pools) != 2 {
		t.Fatalf("UserPools() = %d pools, %v, want 2", len(pools), err)
	}
	rest, err := s.UserPools(t.Context(), "123456789012", "eu-west-1", pools[1].ID, 2)
	if err != nil {
		t.Fatalf("UserPools(next page) = %v", err)
	}
	var ids []string
	for _, p := range slices.Concat(pools, rest) {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"eu-west-1_B", "eu-west-1_a", "eu-west-1_b"}, ids); diff != "" {
		t.Errorf("UserPools() ids differ (-want +got):\n%s", diff)
	}
	if other, _ := s.UserPools(t.Context(), "000000000000", "eu-west-1", "", 9); len(other) != 0 {
		t.Errorf("UserPools(other account) = %d pools, want none", len(other))
	}
	foreign := poolNamed("ap-south-1_a")
	foreign.AccountID = "000000000000"
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), foreign, nil) })
	if all, err := s.AllUserPools(t.Context(), 5); err != nil || len(all) != 5 || all[0].ID != foreign.ID || all[4].ID != "eu-west-2_a" {
		t.Errorf("AllUserPools(5) = %v, %v, want the first 5 of 6", all, err)
	}
}

func poolChanges(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	for _, name := range []string{"first", "second"} {
		if _, err := s.UserPool(t.Context(), p.ID); err != nil { // fills the cache of decoded documents
			t.Fatalf("UserPool() = %v", err)
		}
		mustWrite(t, s, func(tx *store.Tx) error {
			locked, err := tx.LockUserPool(t.Context(), p.ID)
			if err != nil {
				return err
			}
			locked.Name, locked.Tags = name, map[string]string{"name": name}
			return tx.SaveUserPool(t.Context(), locked)
		})
		got, err := s.UserPool(t.Context(), p.ID)
		if err != nil || got.Name != name || got.Tags["name"] != name {
			t.Errorf("UserPool() after a change = %+v, %v, want name %q", got, err, name)
		}
	}
}

func deletePool(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	c, u := mustClient(t, s, p, "client"), mustUser(t, s, p, "ann")
	d := mustDevice(t, s, deviceOf(u, "eu-west-1_a"))
	mustCredential(t, s, credentialOf(u, "a"))
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), p.ID) })
	if _, err := s.AppClient(t.Context(), c.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AppClient() = %v, want ErrNotFound", err)
	}
	if _, err := s.FindUser(t.Context(), p, u.Username); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser() = %v, want ErrNotFound", err)
	}
	if _, err := s.Device(t.Context(), p.ID, u.Sub, d.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Device() = %v, want ErrNotFound", err)
	}
	wantCredentials(t, s, u)
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), p.ID) })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteUserPool(again) = %v, want ErrNotFound", err)
	}
}
