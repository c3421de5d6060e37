package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var brandingTests = []part{{"UI customization round trip", uiCustomizationRoundTrip}}

func uiCustomizationRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	client := &cognate.AppClient{PoolID: p.ID, ID: "client", Name: "client", CreatedAt: now, ModifiedAt: now}
	own := &cognate.UICustomization{PoolID: p.ID, ClientID: client.ID, CSS: "css", ImageID: "own", CreatedAt: now, ModifiedAt: now}
	all := &cognate.UICustomization{PoolID: p.ID, ClientID: cognate.AllClients, ImageID: "all", CreatedAt: now, ModifiedAt: now}
	images := map[string]*cognate.Image{}
	for _, c := range []*cognate.UICustomization{own, all} {
		images[c.ImageID] = &cognate.Image{
			PoolID: p.ID, ID: c.ImageID, ClientID: c.ClientID, MediaType: "image/png", Content: []byte{0, 255}, CreatedAt: now,
		}
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateAppClient(t.Context(), client), tx.CreateImage(t.Context(), images["own"]), tx.CreateImage(t.Context(), images["all"]),
			tx.SaveUICustomization(t.Context(), own), tx.SaveUICustomization(t.Context(), all),
		)
	})
	wantCustomization := func(clientID string, want *cognate.UICustomization) {
		t.Helper()
		got, err := s.UICustomization(t.Context(), p.ID, clientID)
		if diff := cmp.Diff(want, got); diff != "" || (want == nil) != errors.Is(err, store.ErrNotFound) {
			t.Errorf("UICustomization(%q) = %v, differs (-want +got):\n%s", clientID, err, diff)
		}
	}
	wantImage := func(id string, want *cognate.Image) {
		t.Helper()
		got, err := s.Image(t.Context(), p.ID, id)
		if diff := cmp.Diff(want, got); diff != "" || (want == nil) != errors.Is(err, store.ErrNotFound) {
			t.Errorf("Image(%q) = %v, differs (-want +got):\n%s", id, err, diff)
		}
	}
	wantCustomization(client.ID, own)
	wantImage("own", images["own"])
	own.CSS = "other"
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveUICustomization(t.Context(), own) })
	wantCustomization(client.ID, own)

	// The deletion of a client deletes what belongs to it, and nothing else.
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, client.ID) })
	wantCustomization(client.ID, nil)
	wantImage("own", nil)
	wantCustomization(cognate.AllClients, all)
	wantImage("all", images["all"])
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.DeleteUICustomization(t.Context(), p.ID, cognate.AllClients), tx.DeleteImage(t.Context(), p.ID, "all"))
	})
	wantCustomization(cognate.AllClients, nil)
	wantImage("all", nil)
}
