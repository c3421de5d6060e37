package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var groupTests = []part{
	{"group round trip", groupRoundTrip},
	{"memberships are deleted with user, group and pool", deleteMemberships},
}

func mustGroup(t *testing.T, s *store.Store, g *cognate.Group) *cognate.Group {
	t.Helper()
	g.CreatedAt, g.ModifiedAt = now, now
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGroup(t.Context(), g) })
	return g
}

func groupRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	full := mustGroup(t, s, &cognate.Group{
		PoolID: p.ID, Name: "Straße", Description: "d", RoleARN: "arn:aws:iam::123456789012:role/r", Precedence: new(0),
	})
	bare := mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: "bare"})
	for _, name := range []string{"STRASSE", "BARE"} {
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateGroup(t.Context(), &cognate.Group{PoolID: p.ID, Name: name})
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("CreateGroup(%s) = %v, want ErrExists", name, err)
		}
		if _, err := s.Group(t.Context(), p.ID, name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Group(%s) = %v, want ErrNotFound: the case differs", name, err)
		}
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		g, err := tx.LockGroup(t.Context(), p.ID, bare.Name)
		if err != nil {
			return err
		}
		if n, err := tx.CountGroups(t.Context(), p.ID); err != nil || n != 2 {
			t.Errorf("CountGroups() = %d, %v, want 2", n, err)
		}
		g.Precedence = new(1<<31 - 1)
		bare = g
		return tx.SaveGroup(t.Context(), g)
	})
	first, err := s.Groups(t.Context(), p.ID, "", 1)
	if err != nil {
		t.Fatalf("Groups() = %v", err)
	}
	rest, err := s.Groups(t.Context(), p.ID, bare.Key(), 9)
	if err != nil {
		t.Fatalf("Groups(after %s) = %v", bare.Name, err)
	}
	if diff := cmp.Diff([]*cognate.Group{bare, full}, append(first, rest...)); diff != "" {
		t.Errorf("Groups() differs (-want +got):\n%s", diff)
	}
}

func deleteMemberships(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann, bob := mustUser(t, s, p, "ann"), mustUser(t, s, p, "bob")
	readers, writers := mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: "readers"}), mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: "writers"})
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.AddToGroup(t.Context(), readers, ann.Sub, now), tx.AddToGroup(t.Context(), writers, ann.Sub, now),
			tx.AddToGroup(t.Context(), readers, bob.Sub, now),
		)
	})
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.AddToGroup(t.Context(), readers, ann.Sub, now) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("AddToGroup(again) = %v, want ErrExists", err)
	}
	want := func(when string, ofAnn, ofBob int) {
		t.Helper()
		for user, number := range map[*cognate.User]int{ann: ofAnn, bob: ofBob} {
			if groups, err := s.GroupsOfUser(t.Context(), p.ID, user.Sub); err != nil || len(groups) != number {
				t.Errorf("%s: GroupsOfUser(%s) = %d groups, %v, want %d", when, user.Username, len(groups), err, number)
			}
		}
	}
	want("at first", 2, 1)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteGroup(t.Context(), p.ID, writers.Name) })
	mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: writers.Name})
	want("after a group was replaced", 1, 1)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RemoveFromGroup(t.Context(), readers, ann.Sub) })
	want("after ann left", 0, 1)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, bob.Sub) })
	want("after bob was deleted", 0, 0)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), p.ID) })
	if groups, err := s.Groups(t.Context(), p.ID, "", 9); err != nil || len(groups) != 0 {
		t.Errorf("Groups(deleted pool) = %v, %v, want none", groups, err)
	}
}
