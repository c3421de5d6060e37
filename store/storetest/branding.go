package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var brandingTests = []part{{"UI customization round trip", uiCustomizationRoundTrip}, {"terms round trip", termsRoundTrip}, {"looks", looksOfClient}}

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

func termsRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	client := &cognate.AppClient{PoolID: p.ID, ID: "client", Name: "client", CreatedAt: now, ModifiedAt: now}
	use := &cognate.Terms{
		PoolID: p.ID, ID: "1", ClientID: client.ID, Name: "terms-of-use", Source: "LINK", Enforcement: "NONE",
		Links: map[string]string{"cognito:default": "https://example.com"}, CreatedAt: now, ModifiedAt: now,
	}
	privacy := *use
	privacy.ID, privacy.Name = "2", "privacy-policy"
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateAppClient(t.Context(), client), tx.CreateTerms(t.Context(), use), tx.CreateTerms(t.Context(), &privacy),
		)
	})
	again := *use
	again.ID = "3"
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateTerms(t.Context(), &again) }); !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateTerms(the same name) = %v, want ErrExists", err)
	}
	privacy.Links = map[string]string{"cognito:default": "https://example.com/privacy"}
	mustWrite(t, s, func(tx *store.Tx) error {
		if n, err := tx.CountTerms(t.Context(), p.ID); n != 2 || err != nil {
			t.Errorf("CountTerms() = %d, %v, want 2", n, err)
		}
		return tx.SaveTerms(t.Context(), &privacy)
	})
	first, err := s.ListTerms(t.Context(), p.ID, "", 1)
	if err != nil {
		t.Fatalf("ListTerms() = %v", err)
	}
	rest, err := s.ListTerms(t.Context(), p.ID, "1", 9)
	if diff := cmp.Diff([]*cognate.Terms{use, &privacy}, append(first, rest...)); diff != "" || err != nil {
		t.Errorf("ListTerms() = %v, differs (-want +got):\n%s", err, diff)
	}
	got, err := s.ClientTerms(t.Context(), p.ID, client.ID, privacy.Name)
	if diff := cmp.Diff(&privacy, got); diff != "" || err != nil {
		t.Errorf("ClientTerms() = %v, differs (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteTerms(t.Context(), p.ID, use.ID) })
	if _, err := s.Terms(t.Context(), p.ID, use.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Terms(deleted) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, client.ID) })
	if _, err := s.Terms(t.Context(), p.ID, privacy.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Terms(of a deleted client) = %v, want ErrNotFound", err)
	}
}

func looksOfClient(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	client := &cognate.AppClient{PoolID: p.ID, ID: "client", Name: "client", CreatedAt: now, ModifiedAt: now}
	style := &cognate.LoginStyle{
		PoolID: p.ID, ID: "1", ClientID: client.ID, Settings: []byte("{}"), CreatedAt: now, ModifiedAt: now,
		Assets: []cognate.LoginAsset{{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG", ResourceID: "r", ImageID: "image"}},
	}
	own := &cognate.UICustomization{PoolID: p.ID, ClientID: client.ID, CSS: "own", CreatedAt: now, ModifiedAt: now}
	all := &cognate.UICustomization{PoolID: p.ID, ClientID: cognate.AllClients, CSS: "all", CreatedAt: now, ModifiedAt: now}
	terms := &cognate.Terms{PoolID: p.ID, ID: "1", ClientID: client.ID, Name: "terms-of-use", CreatedAt: now, ModifiedAt: now}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateAppClient(t.Context(), client), tx.SaveUICustomization(t.Context(), own), tx.SaveUICustomization(t.Context(), all),
			tx.CreateLoginStyle(t.Context(), style), tx.CreateTerms(t.Context(), terms),
		)
	})
	wantLooks := func(clientID string, want *store.Looks) {
		t.Helper()
		got, err := s.Looks(t.Context(), p.ID, clientID)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Looks(%s) = %v, differs (-want +got):\n%s", clientID, err, diff)
		}
	}
	wantLooks(client.ID, &store.Looks{Customization: own, Style: style, Terms: []*cognate.Terms{terms}})
	wantLooks("other", &store.Looks{Customization: all})
	again := *style
	again.ID = "2"
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateLoginStyle(t.Context(), &again) }); !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateLoginStyle(again) = %v, want ErrExists", err)
	}
	style.Settings, style.Assets, style.UseProvidedValues = nil, nil, true
	mustWrite(t, s, func(tx *store.Tx) error {
		if n, err := tx.CountLoginStyles(t.Context(), p.ID); n != 1 || err != nil {
			t.Errorf("CountLoginStyles() = %d, %v, want 1", n, err)
		}
		return tx.SaveLoginStyle(t.Context(), style)
	})
	got, err := s.ClientLoginStyle(t.Context(), p.ID, client.ID)
	if diff := cmp.Diff(style, got); diff != "" || err != nil {
		t.Errorf("ClientLoginStyle() = %v, differs (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, client.ID) })
	wantLooks(client.ID, &store.Looks{Customization: all})
}
