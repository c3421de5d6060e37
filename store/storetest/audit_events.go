package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/store"
)

var auditEventTests = []part{
	{"audit events are linked and deleted in their order", auditEvents},
	{"positions of audit copies only grow", auditCopies},
	{"a transaction knows its changes to users and its locks", userChanges},
}

func auditEvents(t *testing.T, s *store.Store) {
	begin := time.UnixMilli(1_795_348_800_000)
	var ids []string
	for i := range 3 {
		id := store.NewAuditEventID(begin.Add(time.Duration(i)*time.Millisecond), uint32(i))
		ids = append(ids, id)
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.SaveAuditEvent(t.Context(), &store.AuditEvent{ID: id, Node: "node", Record: "{}", IsComplete: i < 2})
		})
	}
	unlinked := func(lostBefore time.Time) (found []string) {
		events, err := s.UnlinkedAuditEvents(t.Context(), lostBefore, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			found = append(found, e.ID)
		}
		return found
	}
	if diff := cmp.Diff(ids[:2], unlinked(begin)); diff != "" {
		t.Errorf("unlinked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ids, unlinked(begin.Add(time.Second))); diff != "" {
		t.Errorf("unlinked, with lost ones (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		chain, err := tx.LockAuditChain(t.Context())
		if err != nil || chain != (store.AuditChain{}) {
			t.Errorf("LockAuditChain() = %+v, %v, want an empty chain", chain, err)
		}
		for i, id := range ids {
			e := &store.AuditEvent{ID: id, Position: int64(i + 1), Hash: "hash " + id}
			if err := tx.LinkAuditEvent(t.Context(), e); err != nil {
				return err
			}
		}
		return tx.SaveAuditChain(t.Context(), store.AuditChain{EndPosition: 3, EndHash: "hash " + ids[2]})
	})
	mustWrite(t, s, func(tx *store.Tx) error { // a linked record does not change
		return tx.SaveAuditEvent(t.Context(), &store.AuditEvent{ID: ids[0], Node: "node", Record: `{"a":1}`, IsComplete: true})
	})
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAuditEvents(t.Context(), 0) })
	events, err := s.LinkedAuditEvents(t.Context(), 0, 1)
	want := []store.AuditEvent{{ID: ids[0], Node: "node", Record: "{}", IsComplete: true, Position: 1, Hash: "hash " + ids[0]}}
	if diff := cmp.Diff(want, events); diff != "" || err != nil {
		t.Errorf("LinkedAuditEvents() %v (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAuditEvents(t.Context(), 2) })
	if events, err := s.LinkedAuditEvents(t.Context(), 0, 10); err != nil || len(events) != 1 || events[0].ID != ids[2] {
		t.Errorf("after the deletion there are %+v, %v, want the last one", events, err)
	}
	if chain, err := s.AuditChain(t.Context()); err != nil || chain.EndPosition != 3 {
		t.Errorf("AuditChain() = %+v, %v", chain, err)
	}
}

func auditCopies(t *testing.T, s *store.Store) {
	if _, err := s.AuditCopy(t.Context(), "file"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AuditCopy() = %v, want ErrNotFound", err)
	}
	for _, c := range []struct{ saved, want int64 }{{5, 5}, {3, 5}, {7, 7}} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveAuditCopy(t.Context(), "file", c.saved) })
		if got, err := s.AuditCopy(t.Context(), "file"); err != nil || got != c.want {
			t.Errorf("AuditCopy() after %d = %d, %v, want %d", c.saved, got, err, c.want)
		}
	}
}

func userChanges(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann := userNamed(p, "ann")
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.CreateUser(t.Context(), p, ann); err != nil {
			return err
		}
		locked, err := tx.LockUser(t.Context(), p.ID, ann.Sub)
		if err != nil {
			return err
		}
		locked.Enabled = !ann.Enabled
		if err := tx.SaveUser(t.Context(), p, locked); err != nil {
			return err
		}
		if err := tx.DeleteUser(t.Context(), p.ID, ann.Sub); err != nil {
			return err
		}
		c := tx.UserChanges()
		if len(c) != 3 || c[0].Before != nil || c[0].After.Sub != ann.Sub || c[1].Before.Enabled == c[1].After.Enabled ||
			c[2].Before.Sub != ann.Sub || c[2].After != nil {
			t.Errorf("UserChanges() = %+v, want a new, a changed and a deleted user", c)
		}
		until := time.UnixMilli(1_795_348_800_000).UTC()
		for _, a := range []store.Attempts{{Failures: 1}, {Failures: 2, LockedUntil: until}} {
			if _, err := tx.LockAttempts(t.Context(), p.ID, ann.Sub); err != nil {
				return err
			}
			if err := tx.SaveAttempts(t.Context(), p.ID, ann.Sub, a); err != nil {
				return err
			}
		}
		if diff := cmp.Diff([]store.Lock{{PoolID: p.ID, Subject: ann.Sub, Until: until}}, tx.Locks()); diff != "" {
			t.Errorf("Locks() (-want +got):\n%s", diff)
		}
		return store.ErrRollback
	})
}
