package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/store"
)

var ssoSessionTests = []part{
	{"SSO session is stored, used and deleted with its codes", ssoSessionRoundTrip},
	{"SSO sessions of a user, newest first", ssoSessionsOfUser},
	{"authorization code is stored and spent", authorizationCodeRoundTrip},
	{"authorization code is spent once", raceAuthorizationCode},
	{"SSO sessions and codes are deleted with users and clients", deletePageSignIns},
	{"SSO sessions of a pool are deleted", deletePoolSSOSessions},
	{"SSO sessions and codes expire", purgePageSignIns},
	{"grants of an SSO session are revoked", revokeSSOSessionGrants},
	{"device authorization is stored, decided and deleted", deviceAuthorizationRoundTrip},
	{"device authorization is decided once", raceDeviceAuthorization},
}

// ssoSession returns the SSO session of a user who signed in some minutes ago.
func ssoSession(u *cognate.User, id string, age int) *cognate.SSOSession {
	return &cognate.SSOSession{
		PoolID: u.PoolID, ID: id, SecretHash: cognate.SSOSecretHash(u.PoolID + id), Sub: u.Sub, ClientID: "client",
		AuthTime: minutesAgo(age), Expires: minutesAgo(age - 60), Stamp: u.Stamp,
		Methods: cognate.Methods{cognate.MethodPassword, cognate.MethodSMS, cognate.MethodMultiFactor}, SecondFactor: true,
		DeviceType: "Firefox", IPAddress: "192.0.2.1", LastActive: minutesAgo(age),
	}
}

func authorizationCode(u *cognate.User, code, session string) *cognate.AuthorizationCode {
	return &cognate.AuthorizationCode{
		PoolID: u.PoolID, Hash: cognate.CodeHash(code), ClientID: "client", Sub: u.Sub, RedirectURI: "https://app.example/?a=b",
		Scopes: []string{"openid", "orders/read"}, Nonce: "nonce", Challenge: "challenge", Resource: "https://api.example",
		SSOSession: session, ACR: "high", Methods: cognate.Methods{cognate.MethodPassword}, SecondFactor: true,
		AuthTime: minutesAgo(1), Stamp: 4, Expires: now.Add(4 * time.Minute),
	}
}

// mustPageSignIn creates a pool with a client and a user, who has an SSO session and a code.
func mustPageSignIn(t *testing.T, s *store.Store, poolID string) *cognate.User {
	t.Helper()
	p := mustPool(t, s, poolID)
	mustClient(t, s, p, "client")
	u := mustUser(t, s, p, "ann")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateSSOSession(t.Context(), ssoSession(u, "ssoa", 10)),
			tx.CreateAuthorizationCode(t.Context(), authorizationCode(u, "code", "ssoa")),
		)
	})
	return u
}

func hasSSOSession(t *testing.T, s *store.Store, u *cognate.User, id string) bool {
	t.Helper()
	_, _, err := s.SSOSession(t.Context(), u.PoolID, cognate.SSOSecretHash(u.PoolID+id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("SSOSession(%s) = %v", id, err)
	}
	return err == nil
}

func hasCode(t *testing.T, s *store.Store, u *cognate.User, code string) bool {
	t.Helper()
	_, err := s.AuthorizationCode(t.Context(), u.PoolID, cognate.CodeHash(code))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("AuthorizationCode(%s) = %v", code, err)
	}
	return err == nil
}

func ssoSessionRoundTrip(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	want := ssoSession(u, "ssoa", 10)
	got, user, err := s.SSOSession(t.Context(), u.PoolID, want.SecretHash)
	if err != nil {
		t.Fatalf("SSOSession() = %v", err)
	}
	if diff := cmp.Diff([]any{want, u}, []any{got, user}); diff != "" {
		t.Errorf("SSOSession() (-want +got):\n%s", diff)
	}
	byID, err := s.SSOSessionByID(t.Context(), u.PoolID, want.ID)
	if diff := cmp.Diff(want, byID); err != nil || diff != "" {
		t.Errorf("SSOSessionByID() = %v (-want +got):\n%s", err, diff)
	}
	if _, _, err := s.SSOSession(t.Context(), "eu-west-1_B", want.SecretHash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("SSOSession(another pool) = %v, want ErrNotFound", err)
	}
	want.LastActive, want.DeviceType, want.IPAddress = now, "Chrome", "192.0.2.2"
	mustWrite(t, s, func(tx *store.Tx) error { return tx.TouchSSOSession(t.Context(), want) })
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockSSOSession(t.Context(), u.PoolID, want.ID)
		if diff := cmp.Diff(want, locked); diff != "" {
			t.Errorf("LockSSOSession() after TouchSSOSession (-want +got):\n%s", diff)
		}
		return err
	})
	used := authorizationCode(u, "used", "ssoa")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateAuthorizationCode(t.Context(), used), tx.SpendAuthorizationCode(t.Context(), used, "grant"),
			tx.CreateAuthorizationCode(t.Context(), authorizationCode(u, "other", "ssob")),
			tx.DeleteSSOSession(t.Context(), u.PoolID, u.Sub, "ssoa"), tx.DeleteSSOSession(t.Context(), u.PoolID, u.Sub, "ssoa"),
		)
	})
	if hasSSOSession(t, s, u, "ssoa") || hasCode(t, s, u, "code") || !hasCode(t, s, u, "used") || !hasCode(t, s, u, "other") {
		t.Error("DeleteSSOSession() did not delete the session and its unused codes only")
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if _, err := tx.LockSSOSession(t.Context(), u.PoolID, "ssoa"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockSSOSession(deleted) = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func ssoSessionsOfUser(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	mustWrite(t, s, func(tx *store.Tx) error {
		for i := range 4 { // ssoa is of 10 minutes ago
			if err := tx.CreateSSOSession(t.Context(), ssoSession(u, fmt.Sprintf("sso%d", i), 20*i)); err != nil {
				return err
			}
		}
		return nil
	})
	ids := func() (ids []string) {
		sessions, err := s.SSOSessions(t.Context(), u.PoolID, u.Sub, now)
		if err != nil {
			t.Fatalf("SSOSessions() = %v", err)
		}
		for _, session := range sessions {
			ids = append(ids, session.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"sso0", "ssoa", "sso1", "sso2"}, ids()); diff != "" { // sso3 has expired
		t.Errorf("SSOSessions() (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOldSSOSessions(t.Context(), u.PoolID, u.Sub, 2) })
	if diff := cmp.Diff([]string{"sso0", "ssoa"}, ids()); diff != "" {
		t.Errorf("SSOSessions() after DeleteOldSSOSessions(2) (-want +got):\n%s", diff)
	}
}

func authorizationCodeRoundTrip(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	want := authorizationCode(u, "code", "ssoa")
	got, err := s.AuthorizationCode(t.Context(), u.PoolID, want.Hash)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("AuthorizationCode() = %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.AuthorizationCode(t.Context(), "eu-west-1_B", want.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AuthorizationCode(another pool) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SpendAuthorizationCode(t.Context(), want, "grant") })
	want.Grant = "grant"
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockAuthorizationCode(t.Context(), u.PoolID, want.Hash)
		if diff := cmp.Diff(want, locked); diff != "" {
			t.Errorf("LockAuthorizationCode() after SpendAuthorizationCode (-want +got):\n%s", diff)
		}
		return err
	})
	older := authorizationCode(u, "older", "ssoa")
	older.Expires = now
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateAuthorizationCode(t.Context(), older), tx.DeleteOldAuthorizationCodes(t.Context(), u.PoolID, u.Sub, 1))
	})
	if hasCode(t, s, u, "older") || !hasCode(t, s, u, "code") {
		t.Error("DeleteOldAuthorizationCodes(1) did not delete the older code only")
	}
}

func raceAuthorizationCode(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		code, err := tx.LockAuthorizationCode(ctx, u.PoolID, cognate.CodeHash("code"))
		if err != nil || code.Grant != "" {
			return false, err
		}
		return true, tx.SpendAuthorizationCode(ctx, code, "grant")
	})
	if wins != 1 {
		t.Errorf("%d transactions spent the code, want 1", wins)
	}
}

func deletePageSignIns(t *testing.T, s *store.Store) {
	for what, remove := range map[string]func(tx *store.Tx, u *cognate.User) error{
		"user":   func(tx *store.Tx, u *cognate.User) error { return tx.DeleteUser(t.Context(), u.PoolID, u.Sub) },
		"client": func(tx *store.Tx, u *cognate.User) error { return tx.DeleteAppClient(t.Context(), u.PoolID, "client") },
		"pool":   func(tx *store.Tx, u *cognate.User) error { return tx.DeleteUserPool(t.Context(), u.PoolID) },
	} {
		u := mustPageSignIn(t, s, "eu-west-1_"+what)
		mustWrite(t, s, func(tx *store.Tx) error { return remove(tx, u) })
		if hasCode(t, s, u, "code") {
			t.Errorf("the code is there after its %s was deleted", what)
		}
		mustWrite(t, s, func(tx *store.Tx) error {
			if _, err := tx.LockSSOSession(t.Context(), u.PoolID, "ssoa"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("LockSSOSession() after its %s was deleted = %v, want ErrNotFound", what, err)
			}
			return store.ErrRollback
		})
		if what == "user" {
			mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), u.PoolID) })
		}
	}
}

func deletePoolSSOSessions(t *testing.T, s *store.Store) {
	u, other := mustPageSignIn(t, s, "eu-west-1_A"), ssoSession(mustUser(t, s, mustPool(t, s, "eu-west-1_B"), "bob"), "ssob", 1)
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateSSOSession(t.Context(), other), tx.DeletePoolSSOSessions(t.Context(), u.PoolID))
	})
	if hasSSOSession(t, s, u, "ssoa") || !hasSSOSession(t, s, &cognate.User{PoolID: other.PoolID}, "ssob") {
		t.Error("DeletePoolSSOSessions() did not delete those of the pool only")
	}
}

func purgePageSignIns(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	for _, step := range []struct {
		at   time.Duration
		want bool
	}{{4 * time.Minute, true}, {51 * time.Minute, false}} {
		at, want := step.at, step.want
		mustPurge(t, s, store.Cutoffs{SSOSessions: now.Add(at), AuthorizationCodes: now.Add(at)})
		mustWrite(t, s, func(tx *store.Tx) error {
			_, err := tx.LockSSOSession(t.Context(), u.PoolID, "ssoa")
			_, codeErr := tx.LockAuthorizationCode(t.Context(), u.PoolID, cognate.CodeHash("code"))
			if (err == nil) != want || (codeErr == nil) != want {
				t.Errorf("after a purge at %v: session %v, code %v, want them: %t", at, err, codeErr, want)
			}
			return store.ErrRollback
		})
	}
}

func revokeSSOSessionGrants(t *testing.T, s *store.Store) {
	u := mustPageSignIn(t, s, "eu-west-1_A")
	for i, session := range []string{"ssoa", "", "ssoa", "ssob"} {
		g := cognate.Grant{
			PoolID: u.PoolID, ID: fmt.Sprint("grant", i), ClientID: "client", Sub: u.Sub, RefreshHash: cognate.CodeHash(fmt.Sprint(i)),
			AuthTime: minutesAgo(i), Created: minutesAgo(i), LastActive: minutesAgo(i), Expires: now.Add(time.Hour),
			Scopes: []string{"openid", "email"}, Resource: "https://api.example", SSOSession: session,
		}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGrant(t.Context(), g) })
		if got, err := s.Grant(t.Context(), u.PoolID, g.ID); err != nil || cmp.Diff(&g, got) != "" {
			t.Errorf("Grant() = %v, (-want +got):\n%s", err, cmp.Diff(&g, got))
		}
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeSSOSessionGrants(t.Context(), u.PoolID, u.Sub, "ssoa") })
	grants, err := s.LiveGrants(t.Context(), u.PoolID, u.Sub, now)
	if err != nil || len(grants) != 2 || grants[0].ID != "grant1" || grants[1].ID != "grant3" {
		t.Errorf("LiveGrants() = %v, %v, want those of other sign-ins", grants, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.DeleteOldSSOSessionGrants(t.Context(), u.PoolID, u.Sub, "ssoa", 1), tx.DeleteOldSSOSessionGrants(t.Context(), u.PoolID, u.Sub, "ssob", 1),
		)
	})
	for id, want := range map[string]bool{"grant0": true, "grant1": true, "grant2": false, "grant3": true} {
		if _, err := s.Grant(t.Context(), u.PoolID, id); (err == nil) != want {
			t.Errorf("Grant(%s) after DeleteOldSSOSessionGrants(1) = %v, want it: %t", id, err, want)
		}
	}
	if _, err := s.Grant(t.Context(), u.PoolID, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Grant(unknown) = %v, want ErrNotFound", err)
	}
}

func mustDeviceAuthorization(t *testing.T, s *store.Store) *cognate.DeviceAuthorization {
	t.Helper()
	mustClient(t, s, mustPool(t, s, "eu-west-1_A"), "client")
	d := &cognate.DeviceAuthorization{
		PoolID: "eu-west-1_A", Hash: cognate.DeviceCodeHash("device"), UserCodeHash: cognate.UserCodeHash("WDJB-MJHT"), ClientID: "client",
		Scopes: []string{"openid", "orders/read"}, Resource: "https://api.example", Expires: now.Add(cognate.DeviceCodeTTL),
		Interval: cognate.DevicePollInterval,
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateDeviceAuthorization(t.Context(), d) })
	return d
}

func deviceAuthorizationRoundTrip(t *testing.T, s *store.Store) {
	d := mustDeviceAuthorization(t, s)
	find := func() (*cognate.DeviceAuthorization, error) {
		return s.DeviceAuthorization(t.Context(), d.PoolID, d.UserCodeHash)
	}
	if got, err := find(); err != nil || cmp.Diff(d, got) != "" {
		t.Errorf("DeviceAuthorization() = %v, (-want +got):\n%s", err, cmp.Diff(d, got))
	}
	again := *d
	again.Hash = cognate.DeviceCodeHash("another device")
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateDeviceAuthorization(t.Context(), &again) }); err == nil {
		t.Error("CreateDeviceAuthorization() stored a user code twice")
	}
	d.Decision, d.Interval, d.LastPoll = cognate.DeviceDenied, 10*time.Second, now
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveDeviceAuthorization(t.Context(), d) })
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockDeviceAuthorization(t.Context(), d.PoolID, d.Hash)
		read, readErr := tx.DeviceAuthorization(t.Context(), d.PoolID, d.UserCodeHash)
		if diff := cmp.Diff([]any{d, d}, []any{locked, read}); err != nil || readErr != nil || diff != "" {
			t.Errorf("after SaveDeviceAuthorization(): %v, %v (-want +got):\n%s", err, readErr, diff)
		}
		if _, err := tx.LockDeviceAuthorization(t.Context(), d.PoolID, d.UserCodeHash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockDeviceAuthorization(user code) = %v, want ErrNotFound", err)
		}
		return nil
	})
	mustPurge(t, s, store.Cutoffs{DeviceAuthorizations: d.Expires})
	for what, tt := range map[string]struct {
		remove func(tx *store.Tx) error
		isLeft bool
	}{
		"a purge in its time": {func(*store.Tx) error { return nil }, true},
		"its client":          {func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), d.PoolID, "client") }, false},
		"its pool":            {func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), d.PoolID) }, false},
	} {
		mustWrite(t, s, func(tx *store.Tx) error {
			if err := tt.remove(tx); err != nil {
				return err
			}
			if _, err := tx.DeviceAuthorization(t.Context(), d.PoolID, d.UserCodeHash); (err == nil) != tt.isLeft {
				t.Errorf("DeviceAuthorization() after %s = %v, want it: %t", what, err, tt.isLeft)
			}
			return store.ErrRollback
		})
	}
	mustPurge(t, s, store.Cutoffs{DeviceAuthorizations: d.Expires.Add(time.Millisecond)})
	mustWrite(t, s, func(tx *store.Tx) error {
		if _, err := tx.DeviceAuthorization(t.Context(), d.PoolID, d.UserCodeHash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("DeviceAuthorization() after a later purge = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func raceDeviceAuthorization(t *testing.T, s *store.Store) {
	d := mustDeviceAuthorization(t, s)
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		locked, err := tx.LockDeviceAuthorization(ctx, d.PoolID, d.Hash)
		if err != nil || !locked.IsOpen(now) {
			return false, err
		}
		locked.Decision = cognate.DeviceApproved
		return true, tx.SaveDeviceAuthorization(ctx, locked)
	})
	if wins != 1 {
		t.Errorf("%d transactions decided, want 1", wins)
	}
}
