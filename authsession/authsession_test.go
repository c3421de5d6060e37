package authsession_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authsession"
	"cognate/backup"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func mustSealer(t testing.TB) *authsession.Sealer {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &authsession.Sealer{Store: st, Now: func() time.Time { return now }}
}

var (
	client = &cognate.AppClient{PoolID: "eu-west-1_A", ID: "client", AuthSessionValidity: 3}
	user   = &cognate.User{PoolID: "eu-west-1_A", Sub: "sub", Username: "ann", Enabled: true, Stamp: 7}
)

func TestOpen(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	session := k.New(client, user, cognate.StepSetup)
	text, err := k.Seal(session)
	if err != nil {
		t.Fatalf("Seal() = %v", err)
	}
	got, err := k.Open(text, cognate.StepSoftwareToken, cognate.StepSetup)
	if err != nil || got.ID != session.ID || got.Sub != "sub" || got.Stamp != 7 {
		t.Errorf("Open() = %+v, %v, want the session", got, err)
	}
	if _, err := k.Open(text, cognate.StepSoftwareToken); !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("Open(other step) = %v, want ErrInvalidSession", err)
	}
	if _, err := mustSealer(t).Open(text, cognate.StepSetup); !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("Open(on another database) = %v, want ErrInvalidSession", err)
	}
	k.Now = func() time.Time { return session.Expires }
	if _, err := k.Open(text, cognate.StepSetup); !errors.Is(err, api.ErrSessionExpired) {
		t.Errorf("Open(expired) = %v, want ErrSessionExpired", err)
	}
}

// A Session of before a restore of the database can have been used after the backup.
func TestOpenAfterRestore(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	for range 2 { // the Sessions of after the first restore are of before the second one
		text, err := k.Seal(k.New(client, user, cognate.StepSetup))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(text, cognate.StepSetup); err != nil {
			t.Errorf("Open() = %v", err)
		}
		if err := backup.Restored(t.Context(), k.Store, now, false, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(text, cognate.StepSetup); !errors.Is(err, api.ErrInvalidSession) {
			t.Errorf("Open(after a restore) = %v, want ErrInvalidSession", err)
		}
	}
}

// A Session continues the sign-in of its own user, until a change of the user. Before the first factor, it does not show that the
// user is disabled.
func TestCheck(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	for what, tt := range map[string]struct {
		step   cognate.Step
		change func(u *cognate.User)
		want   error
	}{
		"the same user":                 {cognate.StepSetup, func(*cognate.User) {}, nil},
		"another user":                  {cognate.StepSetup, func(u *cognate.User) { u.Sub = "other" }, api.ErrInvalidSession},
		"another pool":                  {cognate.StepSetup, func(u *cognate.User) { u.PoolID = "eu-west-1_B" }, api.ErrInvalidSession},
		"a later change":                {cognate.StepSetup, func(u *cognate.User) { u.Stamp++ }, api.ErrInvalidSession},
		"a disabled user":               {cognate.StepSetup, func(u *cognate.User) { u.Enabled = false }, api.ErrUserDisabled},
		"a disabled user, at the start": {cognate.StepFirstPassword, func(u *cognate.User) { u.Enabled = false }, nil},
	} {
		now := *user
		tt.change(&now)
		if err := authsession.Check(k.New(client, user, tt.step), &now); !errors.Is(err, tt.want) {
			t.Errorf("Check(%s) = %v, want %v", what, err, tt.want)
		}
	}
}

func TestSpend(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	session, other := k.New(client, user, cognate.StepSetup), k.New(client, user, cognate.StepSetup)
	for _, tt := range []struct {
		what    string
		session *cognate.AuthSession
		spend   func(context.Context, *store.Tx, *cognate.AuthSession) error
		want    error
	}{
		{"RequireUnspent(new)", session, authsession.RequireUnspent, nil},
		{"Spend(new)", session, authsession.Spend, nil},
		{"RequireUnspent(spent)", session, authsession.RequireUnspent, api.ErrSessionSpent},
		{"Spend(spent)", session, authsession.Spend, api.ErrSessionSpent},
		{"Spend(another of the user)", other, authsession.Spend, nil},
	} {
		err := k.Store.Write(t.Context(), func(tx *store.Tx) error { return tt.spend(t.Context(), tx, tt.session) })
		if !errors.Is(err, tt.want) {
			t.Errorf("%s = %v, want %v", tt.what, err, tt.want)
		}
	}
}

// A value that the store sealed for another purpose is not a Session, though the key is the same.
func TestOpenRejectsOtherSealedValues(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	sealed, err := k.Store.Box().Seal([]byte(`{"Step":"MFA_SETUP"}`), "users/eu-west-1_A/sub/password")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(string(sealed), cognate.StepSetup); !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("Open(sealed password) = %v, want ErrInvalidSession", err)
	}
}

func FuzzOpen(f *testing.F) {
	k := mustSealer(f)
	good, err := k.Seal(k.New(client, user, cognate.StepSetup))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "AYAB", good[:len(good)-1], good + "A", "=", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == good {
			t.Skip("the one good session")
		}
		session, err := k.Open(text, cognate.StepSetup)
		if session != nil || !errors.Is(err, api.ErrInvalidSession) {
			t.Errorf("Open(%q) = %v, %v, want ErrInvalidSession", text, session, err)
		}
	})
}
