package subject_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/subject"
	"cognate/throttle"
)

var (
	key    = []byte("0123456789abcdef0123456789abcdef")
	now    = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	hiding = &cognate.AppClient{
		ID: "hiding", PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
	}
	showing    = &cognate.AppClient{ID: "showing", PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesLegacy}
	errRefused = api.NotAuthorizedException("refused")
)

func mustFinder(t *testing.T) *subject.Finder {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &subject.Finder{Store: st, DecoyKey: key}
}

// mustAnn stores a pool in which case does not count, with the user ann.
func mustAnn(t *testing.T, f *subject.Finder) (*cognate.UserPool, *cognate.User) {
	t.Helper()
	pool := &cognate.UserPool{
		ID: "us-east-1_abcdefghi", Schema: cognate.StandardAttributes(),
		PoolUsernames: cognate.PoolUsernames{CaseInsensitive: true}, CreatedAt: now, ModifiedAt: now,
	}
	ann := &cognate.User{
		PoolID: pool.ID, Sub: "11111111-2222-7033-4444-555555555555", Username: "ann", Enabled: true,
		Status: api.UserStatusTypeConfirmed, Created: now, Modified: now, Attributes: map[string]string{"email": "ann@example.com"},
		Password: cognate.Password{Salt: []byte{1}, Verifier: []byte{2}},
	}
	err := f.Store.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateUserPool(t.Context(), pool, nil), tx.CreateUser(t.Context(), pool, ann))
	})
	if err != nil {
		t.Fatalf("create ann: %v", err)
	}
	return pool, ann
}

func mustFind(t *testing.T, f *subject.Finder, pool *cognate.UserPool, client *cognate.AppClient, login string) subject.Subject {
	t.Helper()
	sub, err := f.Find(t.Context(), pool, client, login)
	if err != nil {
		t.Fatalf("Find(%q) = %v", login, err)
	}
	return sub
}

func TestFindUser(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, ann := mustAnn(t, f)
	sub := mustFind(t, f, pool, hiding, "Ann")
	if diff := cmp.Diff(ann, sub.User()); diff != "" {
		t.Errorf("Find(Ann).User() (-want +got):\n%s", diff)
	}
	if got := sub.Login(); got != "Ann" {
		t.Errorf("Login() = %q, want the name as typed", got)
	}
	if got := sub.ThrottleKey(); got != throttle.UserKey(ann) {
		t.Errorf("ThrottleKey() = %q, want the user's", got)
	}
	if v, err := sub.Verifier(); err != nil || !cmp.Equal(v.V, ann.Password.Verifier) {
		t.Errorf("Verifier() = %v, %v, want the stored one", v, err)
	}
	if sub.DecoyPasskey() != nil {
		t.Error("DecoyPasskey() of a user is not nil")
	}
	if diff := cmp.Diff(ann.FirstChallenges(pool), sub.FirstChallenges()); diff != "" {
		t.Errorf("FirstChallenges() (-want +got):\n%s", diff)
	}
	if err := errors.Join(sub.RequireUser(errRefused), sub.RequireKnown(errRefused)); err != nil {
		t.Errorf("a user is refused: %v", err)
	}
}

func TestDecoyIsNoUser(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, _ := mustAnn(t, f)
	sub := mustFind(t, f, pool, hiding, "eve")
	if sub.User() != nil {
		t.Errorf("User() of a decoy = %v, want nil", sub.User())
	}
	if err := sub.RequireUser(errRefused); !errors.Is(err, errRefused) {
		t.Errorf("RequireUser() of a decoy = %v, want the refusal", err)
	}
	profile := sub.Profile()
	if !profile.Enabled || profile.Status != api.UserStatusTypeConfirmed || profile.Password.IsSet() {
		t.Errorf("Profile() of a decoy = %+v, want a confirmed user without a password", profile)
	}
	if upper := mustFind(t, f, pool, hiding, "EVE"); upper.Sub() != sub.Sub() || upper.ThrottleKey() != sub.ThrottleKey() {
		t.Error("decoys of one name differ by case in a pool where case does not count")
	}
}

// A client learns that a name is unknown only if it does not hide users.
func TestExistence(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, _ := mustAnn(t, f)
	broken := errors.New("disk full")
	for _, tt := range []struct {
		name    string
		client  *cognate.AppClient
		login   string
		shows   bool
		unknown error // of RequireKnown
	}{
		{"ENABLED, user", hiding, "ann", false, nil},
		{"ENABLED, unknown name", hiding, "eve", false, nil},
		{"LEGACY, user", showing, "ann", true, nil},
		{"LEGACY, unknown name", showing, "eve", true, errRefused},
	} {
		sub := mustFind(t, f, pool, tt.client, tt.login)
		if got := sub.ShowsExistence(); got != tt.shows {
			t.Errorf("%s: ShowsExistence() = %v, want %v", tt.name, got, tt.shows)
		}
		if got := sub.RequireKnown(errRefused); !errors.Is(got, tt.unknown) {
			t.Errorf("%s: RequireKnown() = %v, want %v", tt.name, got, tt.unknown)
		}
		if got := sub.Hides(errRefused); got == tt.shows {
			t.Errorf("%s: Hides(API error) = %v, want %v", tt.name, got, !tt.shows)
		}
		if sub.Hides(broken) || sub.Hides(nil) {
			t.Errorf("%s: Hides() is true for an internal error or none", tt.name)
		}
	}
}

// The zero Subject is neither a user nor a decoy: code that forgot to find one lets no caller in.
func TestZeroSubjectRefuses(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	for name, sub := range map[string]subject.Subject{
		"zero": {}, "Known(nil)": f.Known(&cognate.UserPool{}, hiding, "ann", nil),
		"zero with a user": (subject.Subject{}).At(&cognate.User{Sub: "1", Enabled: true}),
	} {
		if sub.RequireUser(errRefused) == nil || sub.RequireKnown(errRefused) == nil {
			t.Errorf("%s: RequireUser or RequireKnown returns no error", name)
		}
		if _, err := sub.Verifier(); err == nil {
			t.Errorf("%s: Verifier() returns no error", name)
		}
		err := f.Store.Write(t.Context(), func(tx *store.Tx) error {
			_, err := sub.Reread(t.Context(), tx)
			return err
		})
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: Reread() = %v, want an internal error", name, err)
		}
		if sub.User() != nil || sub.Profile().Enabled || sub.Sub() != "" || sub.Username() != "" || sub.Login() != "" {
			t.Errorf("%s: has a user", name)
		}
		if sub.ShowsExistence() || !sub.Hides(errRefused) || len(sub.FirstChallenges()) > 0 || sub.DecoyPasskey() != nil {
			t.Errorf("%s: shows something", name)
		}
		if sub.DecoyContact(api.DeliveryMediumTypeEmail) != "" || sub.DecoyVerificationMedium() != "" || sub.ThrottleKey() != "" {
			t.Errorf("%s: has a contact or a key", name)
		}
	}
}

func TestReread(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, ann := mustAnn(t, f)
	user, decoy := mustFind(t, f, pool, hiding, "ann"), mustFind(t, f, pool, hiding, "eve")
	reread := func(sub subject.Subject) (now *cognate.User, err error) {
		err = f.Store.Write(t.Context(), func(tx *store.Tx) error {
			now, err = sub.Reread(t.Context(), tx)
			return err
		})
		return now, err
	}
	if got, err := reread(user); err != nil || got.Sub != ann.Sub {
		t.Errorf("Reread(user) = %v, %v, want ann", got, err)
	}
	if got, err := reread(decoy); err != nil || got != decoy.Profile() {
		t.Errorf("Reread(decoy) = %v, %v, want its profile", got, err)
	}
	mustDelete(t, f, pool, ann)
	if _, err := reread(user); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Reread(deleted user) = %v, want ErrNotFound", err)
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, ann := mustAnn(t, f)
	changed := *ann
	changed.Stamp++
	if got := mustFind(t, f, pool, hiding, "ann").At(&changed); got.User() != &changed {
		t.Errorf("At(user).User() = %v, want the user as changed", got.User())
	}
	decoy := mustFind(t, f, pool, hiding, "eve")
	if got := decoy.At(decoy.Profile()); got.User() != nil {
		t.Errorf("At(decoy).User() = %v, want nil", got.User())
	}
}

func TestFindOwner(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, ann := mustAnn(t, f)
	decoy := mustFind(t, f, pool, hiding, "Eve")
	session := func(sub, username, login string, step cognate.Step) *cognate.AuthSession {
		return &cognate.AuthSession{PoolID: pool.ID, Sub: sub, Username: username, Login: login, Step: step}
	}
	first := session(ann.Sub, ann.Username, "ann", cognate.StepFirstPassword)
	second := session(ann.Sub, ann.Username, "", cognate.StepSoftwareToken)
	unknown := session(decoy.Sub(), decoy.Username(), "Eve", cognate.StepFirstPassword)
	const gone = "99999999-2222-7033-4444-555555555555"
	for _, tt := range []struct {
		what    string
		session *cognate.AuthSession
		name    string
		sub     string // of the owner; "" for ErrInvalidSession
	}{
		{"user by username", first, "ann", ann.Sub},
		{"user by another spelling", first, "ANN", ann.Sub},
		{"user by sub, second factor", second, ann.Sub, ann.Sub},
		{"user by an unknown name", first, "eve", ""},
		{"user by no name", first, "", ""},
		{"decoy by typed name", unknown, "Eve", decoy.Sub()},
		{"decoy by another spelling", unknown, "eVE", decoy.Sub()},
		{"decoy by sub", unknown, decoy.Sub(), decoy.Sub()},
		{"decoy by a user's name", unknown, "ann", ""},
		{"decoy by another unknown name", unknown, "dan", ""},
		{"decoy after the first factor", session(decoy.Sub(), "eve", "Eve", cognate.StepSoftwareToken), "eve", ""},
		{"deleted user, first factor", session(gone, "bob", "b", cognate.StepFirstPassword), "bob", mustFind(t, f, pool, hiding, "b").Sub()},
		{"deleted user, second factor", session(gone, "bob", "", cognate.StepSoftwareToken), "bob", ""},
	} {
		got, err := f.FindOwner(t.Context(), pool, hiding, tt.session, tt.name)
		switch {
		case tt.sub == "" && !errors.Is(err, api.ErrInvalidSession):
			t.Errorf("%s: FindOwner() = %v, %v, want ErrInvalidSession", tt.what, got.Sub(), err)
		case tt.sub != "" && (err != nil || got.Sub() != tt.sub):
			t.Errorf("%s: FindOwner() = %v, %v, want %s", tt.what, got.Sub(), err, tt.sub)
		}
	}
}

// A store that fails makes no decoy: it would be a user's.
func TestFindFails(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	pool, ann := mustAnn(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sub, err := f.Find(ctx, pool, hiding, "ann")
	if err == nil || sub.RequireUser(nil) == nil {
		t.Errorf("Find(cancelled) = %v, %v, want the zero Subject and an error", sub.Sub(), err)
	}
	session := &cognate.AuthSession{PoolID: pool.ID, Sub: ann.Sub, Login: "ann", Step: cognate.StepFirstPassword}
	if sub, err = f.FindOwner(ctx, pool, hiding, session, "ann"); err == nil || sub.RequireUser(nil) == nil {
		t.Errorf("FindOwner(cancelled) = %v, %v, want the zero Subject and an error", sub.Sub(), err)
	}
}

// The delivery details of decoys look like those of users, and are the same each time.
func TestDeliveryDetails(t *testing.T) {
	t.Parallel()
	f := mustFinder(t)
	verifying := func(id string, contacts ...api.VerifiedAttributeType) *cognate.UserPool {
		return &cognate.UserPool{ID: id, PoolVerification: cognate.PoolVerification{AutoVerified: contacts}}
	}
	byEmail := verifying("eu-west-1_A", api.VerifiedAttributeTypeEmail)
	byPhone := verifying("eu-west-1_B", api.VerifiedAttributeTypePhoneNumber)
	byBoth := verifying("eu-west-1_C", api.VerifiedAttributeTypeEmail, api.VerifiedAttributeTypePhoneNumber)
	details := func(pool *cognate.UserPool, login string) *api.CodeDeliveryDetailsType {
		sub := mustFind(t, f, pool, hiding, login)
		medium := sub.DecoyVerificationMedium()
		return notify.Message{Medium: medium, Destination: sub.DecoyContact(medium)}.Details()
	}

	if got := details(byEmail, "noel@example.com").Destination; got != "n***@e***" {
		t.Errorf("destination of an email address = %q, want its mask", got)
	}
	if got := details(byPhone, "+15555559934").Destination; got != "+*******9934" {
		t.Errorf("destination of a phone number = %q, want its mask", got)
	}
	if got := details(byBoth, "noel@example.com").DeliveryMedium; got != api.DeliveryMediumTypeEmail {
		t.Errorf("medium of an email address, both verified = %s, want EMAIL", got)
	}
	for _, pool := range []*cognate.UserPool{byEmail, byPhone, byBoth} {
		a, b := details(pool, "noel"), details(pool, "noel")
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("details differ from one call to the next:\n%s", diff)
		}
		wantForm(t, a)
	}
	seen := make(map[string]bool)
	for i := range 50 {
		seen[details(byEmail, fmt.Sprintf("noel%d", i)).Destination] = true
	}
	if len(seen) < 25 {
		t.Errorf("50 names have %d destinations, want more", len(seen))
	}
}

// wantForm checks that details look like those of a user.
func wantForm(t *testing.T, d *api.CodeDeliveryDetailsType) {
	t.Helper()
	ok := d.DeliveryMedium == api.DeliveryMediumTypeEmail && d.AttributeName == "email" && len(d.Destination) == len("a***@b***") ||
		d.DeliveryMedium == api.DeliveryMediumTypeSms && d.AttributeName == "phone_number" && len(d.Destination) == len("+*******9934")
	if !ok {
		t.Errorf("details %+v of a decoy do not look like a user's", d)
	}
}

func mustDelete(t *testing.T, f *subject.Finder, pool *cognate.UserPool, user *cognate.User) {
	t.Helper()
	err := f.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), pool.ID, user.Sub) })
	if err != nil {
		t.Fatalf("DeleteUser() = %v", err)
	}
}
