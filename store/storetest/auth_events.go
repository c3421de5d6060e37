package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var authEventTests = []part{
	{"event round trip", authEventRoundTrip},
	{"old events are deleted", deleteAuthEvents},
	{"old events are deleted at times", deleteManyAuthEvents},
}

func authEvent(pool, sub, id string) *cognate.AuthEvent {
	return &cognate.AuthEvent{
		PoolID: pool, Sub: sub, ID: id, ClientID: "web", Created: now, Expires: now.Add(time.Hour), Type: api.EventTypeSignIn,
		Response: api.EventResponseTypeInProgress, IPAddress: "203.0.113.9", DeviceName: "curl 8", Device: "agent:curl",
		Network: "203.0.113.0/24", CompromisedPassword: true,
		Place: cognate.Place{CountryCode: "DE", Country: "Germany", City: "Berlin", Latitude: 52.52, Longitude: -13.405},
	}
}

func authEventRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	first, second := authEvent(p.ID, "ann", "01"), authEvent(p.ID, "ann", "02")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateAuthEvent(t.Context(), first, 10), tx.CreateAuthEvent(t.Context(), second, 10),
			tx.CreateAuthEvent(t.Context(), authEvent(p.ID, "eve", "03"), 10))
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		if _, err := tx.LockAuthEvent(t.Context(), p.ID, "eve", "01"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockAuthEvent(of another user) = %v, want ErrNotFound", err)
		}
		e, err := tx.LockAuthEvent(t.Context(), p.ID, "ann", "01")
		if err != nil {
			return err
		}
		e.Response, e.FailedAt, e.Timezone, e.DeviceKey = api.EventResponseTypeFail, now.Add(time.Second), "08:00", "key"
		e.Answered(api.ChallengeNamePassword, api.ChallengeResponseFailure)
		e.Feedback = &cognate.AuthEventFeedback{Value: api.FeedbackValueTypeValid, Provider: "Admin", Date: now}
		first = e
		missing := authEvent(p.ID, "ann", "09")
		if err := tx.SaveAuthEvent(t.Context(), missing); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("SaveAuthEvent(deleted) = %v, want ErrNotFound", err)
		}
		return tx.SaveAuthEvent(t.Context(), e)
	})
	for before, want := range map[string][]*cognate.AuthEvent{"": {second, first}, "02": {first}, "01": {}} {
		got, err := s.AuthEvents(t.Context(), p.ID, "ann", before, 2)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("AuthEvents(before %q) = %v, differs (-want +got):\n%s", before, err, diff)
		}
	}
}

func deleteAuthEvents(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	left := func() string {
		t.Helper()
		events, err := s.AuthEvents(t.Context(), p.ID, "ann", "", 10)
		if err != nil {
			t.Fatalf("AuthEvents() = %v", err)
		}
		var ids strings.Builder
		for _, e := range events {
			ids.WriteString(e.ID + " ")
		}
		return ids.String()
	}
	create := func(id string) {
		t.Helper()
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateAuthEvent(t.Context(), authEvent(p.ID, "ann", id), 3) })
	}
	for _, id := range []string{"01", "02", "03"} {
		create(id)
	}
	if got := left(); got != "03 02 01 " {
		t.Errorf("events = %s, want all three", got)
	}
	create("04")
	if got := left(); got != "04 03 02 " {
		t.Errorf("events = %s, want the newest three", got)
	}
	mustPurge(t, s, store.Cutoffs{AuthEvents: now.Add(time.Hour)})
	if got := left(); got != "04 03 02 " {
		t.Errorf("events = %s, want those that expire now", got)
	}
	mustPurge(t, s, store.Cutoffs{AuthEvents: now.Add(time.Hour + time.Millisecond)})
	if got := left(); got != "" {
		t.Errorf("events = %s, want none after they expired", got)
	}
}

// With a large number of kept events, only some new events delete old ones. The number stays near that.
func deleteManyAuthEvents(t *testing.T, s *store.Store) {
	const kept, created = 400, 600
	p := mustPool(t, s, "eu-west-1_A")
	most, deletions, last := 0, 0, 0
	for i := range created {
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.CreateAuthEvent(t.Context(), authEvent(p.ID, "ann", fmt.Sprintf("%04x", i)), kept)
		})
		if i < kept {
			continue
		}
		events, err := s.AuthEvents(t.Context(), p.ID, "ann", "", created)
		if err != nil {
			t.Fatal(err)
		}
		if most = max(most, len(events)); len(events) <= last {
			deletions++
		}
		last = len(events)
		if newest, oldest := events[0].ID, events[len(events)-1].ID; newest != fmt.Sprintf("%04x", i) || oldest > fmt.Sprintf("%04x", i-kept+1) {
			t.Fatalf("after event %04x: %d events from %s to %s", i, len(events), oldest, newest)
		}
	}
	if most < kept || most > kept+kept/10 {
		t.Errorf("at most %d events, want about %d", most, kept)
	}
	if deletions < 20 || deletions > (created-kept)/2 {
		t.Errorf("%d of %d events deleted old ones, want about a quarter", deletions, created-kept)
	}
}
