package storetest

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var deviceTests = []part{
	{"device round trip", deviceRoundTrip},
	{"device is deleted with its user and removed from grants", deleteDevices},
}

func deviceOf(u *cognate.User, key string) *cognate.Device {
	return &cognate.Device{
		PoolID: u.PoolID, Sub: u.Sub, DeviceID: cognate.DeviceID{Key: key, GroupKey: "-group"}, Name: "a laptop",
		Verifier: cognate.DeviceVerifier{Salt: []byte{1, 2}, V: []byte("v")}, Remembered: true, LastIP: "192.0.2.1",
		Created: now, Modified: now, Authenticated: now,
	}
}

func mustDevice(t *testing.T, s *store.Store, d *cognate.Device) *cognate.Device {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateDevice(t.Context(), d) })
	return d
}

func deviceRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann, bob := mustUser(t, s, p, "ann"), mustUser(t, s, p, "bob")
	first, second := mustDevice(t, s, deviceOf(ann, "eu-west-1_a")), mustDevice(t, s, deviceOf(ann, "eu-west-1_b"))
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateDevice(t.Context(), first) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateDevice(same key) = %v, want ErrExists", err)
	}
	later := now.Add(time.Minute)
	second.Trusted, second.LastIP, second.Authenticated = true, "192.0.2.2", later
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.RememberDevice(t.Context(), p.ID, ann.Sub, second.Key, false, later),
			tx.TouchDevice(t.Context(), second),
		)
	})
	second.Remembered, second.Modified = false, later
	page, err := s.Devices(t.Context(), p.ID, ann.Sub, "", 1)
	if err != nil {
		t.Fatalf("Devices() = %v", err)
	}
	rest, err := s.Devices(t.Context(), p.ID, ann.Sub, first.Key, 9)
	if err != nil {
		t.Fatalf("Devices(next page) = %v", err)
	}
	if diff := cmp.Diff([]*cognate.Device{first, second}, append(page, rest...)); diff != "" {
		t.Errorf("Devices() differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOldDevices(t.Context(), p.ID, ann.Sub, 2) })
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOldDevices(t.Context(), p.ID, ann.Sub, 1) })
	left, err := s.Devices(t.Context(), p.ID, ann.Sub, "", 9)
	if err != nil || len(left) != 1 || left[0].Key != second.Key {
		t.Errorf("Devices() after DeleteOldDevices(1) = %v, %v, want the one used last", left, err)
	}
	if _, err := s.Device(t.Context(), p.ID, bob.Sub, first.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Device(another user's) = %v, want ErrNotFound", err)
	}
}

func deleteDevices(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	first, second := mustDevice(t, s, deviceOf(u, "eu-west-1_a")), mustDevice(t, s, deviceOf(u, "eu-west-1_b"))
	for _, d := range []*cognate.Device{first, second} {
		hash := sha256.Sum256([]byte(d.Key))
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.CreateGrant(t.Context(), cognate.Grant{
				PoolID: p.ID, ID: "on " + d.Key, ClientID: "client", Sub: u.Sub, OriginJTI: "origin", RefreshHash: hash[:],
				AuthTime: now, Expires: now.Add(time.Hour), Device: d.DeviceID, SecondFactor: true,
			})
		})
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteDevice(t.Context(), p.ID, u.Sub, first.Key) })
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.DeleteDevice(t.Context(), p.ID, u.Sub, first.Key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("DeleteDevice(again) = %v, want ErrNotFound", err)
		}
		for d, want := range map[*cognate.Device]cognate.DeviceID{first: {}, second: second.DeviceID} {
			got, err := tx.GrantDevice(t.Context(), p.ID, "on "+d.Key)
			if err != nil || got.DeviceID != want || !got.SignedIn.Equal(now) || !got.SecondFactor {
				t.Errorf("GrantDevice(on %s) = %v, %v, want %v", d.Key, got, err, want)
			}
		}
		return tx.DeleteUser(t.Context(), p.ID, u.Sub)
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		if _, err := tx.Device(t.Context(), p.ID, u.Sub, second.Key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Device(user gone) = %v, want ErrNotFound", err)
		}
		return nil
	})
}
