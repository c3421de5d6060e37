package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var userTests = []part{
	{"user round trip", userRoundTrip},
	{"user is found by username and by alias", findUser},
	{"username and alias of another user are rejected", takenNames},
	{"alias is taken from another user", takeAlias},
	{"aliases are free or another user's", freeAliases},
	{"users are listed in byte order", listUsers},
	{"time step is spent once by racing requests", spendStep},
	{"codes of the software tokens of one pool are spent", spendCodes},
	{"racing changes of one user are all stored", raceUser},
}

func userNamed(p *cognate.UserPool, name string) *cognate.User {
	return &cognate.User{
		PoolID: p.ID, Sub: "sub-of-" + name, Username: name, Status: api.UserStatusTypeConfirmed, Enabled: true,
		Created: now, Modified: now, Stamp: 1,
		Attributes: map[string]string{"sub": "sub-of-" + name, "email": name + "@example.com", "email_verified": "true"},
		Password:   cognate.Password{Salt: []byte{0, 1, 255}, Verifier: []byte("verifier-of-" + name)},
	}
}

func mustUser(t *testing.T, s *store.Store, p *cognate.UserPool, name string) *cognate.User {
	t.Helper()
	u := userNamed(p, name)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUser(t.Context(), p, u) })
	return u
}

func pages(t *testing.T, s *store.Store, q store.UserQuery) (names []string) {
	t.Helper()
	for {
		users, end, err := s.Users(t.Context(), q)
		if err != nil {
			t.Fatalf("Users() = %v", err)
		}
		for _, u := range users {
			names = append(names, u.Username)
		}
		if end == nil {
			return names
		}
		if len(users) != q.Limit {
			t.Fatalf("Users() = %d users and an end, want %d", len(users), q.Limit)
		}
		q.After = *end
	}
}

func userRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockUser(t.Context(), p.ID, u.Sub)
		if err != nil {
			return err
		}
		locked.Tokens.Associate(cognate.SoftwareToken{ID: "t", Secret: []byte("twenty bytes of secret")}, false)
		locked.Tokens.Activate("phone", 59)
		locked.MFA.Set(cognate.FactorSoftwareToken, true, true)
		locked.TemporaryUntil, locked.Stamp = now.Add(time.Hour), 2
		*u = *locked.User
		return tx.SaveUser(t.Context(), p, locked)
	})
	got, err := s.User(t.Context(), p.ID, u.Sub)
	if err != nil {
		t.Fatalf("User() = %v", err)
	}
	if diff := cmp.Diff(u, got); diff != "" {
		t.Errorf("User() differs (-want +got):\n%s", diff)
	}
}

func findUser(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "Ann")
	for _, login := range []string{"Ann", "ann", "ANN@example.com"} {
		if got, err := s.FindUser(t.Context(), p, login); err != nil || got.Sub != u.Sub {
			t.Errorf("FindUser(%q) = %v, %v, want %s", login, got, err, u.Sub)
		}
	}
	if _, err := s.FindUser(t.Context(), p, u.Sub); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser(sub) = %v, want ErrNotFound", err)
	}
	for _, name := range []string{"ann", u.Sub, "ANN@example.com"} {
		if got, err := s.FindUserOrSub(t.Context(), p, name); err != nil || got.Sub != u.Sub {
			t.Errorf("FindUserOrSub(%q) = %v, %v, want %s", name, got, err, u.Sub)
		}
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, u.Sub) })
	if _, err := s.FindUser(t.Context(), p, "ann@example.com"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser(alias of deleted user) = %v, want ErrNotFound", err)
	}
}

func takenNames(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	mustUser(t, s, p, "ann")
	sameName := userNamed(p, "ANN")
	sameAlias := userNamed(p, "bob")
	sameAlias.Attributes["email"] = "Ann@Example.com"
	nameOfAlias := userNamed(p, "ann@example.com")
	aliasOfName := userNamed(p, "carl")
	aliasOfName.Attributes["email"] = "ann"
	for _, c := range []struct {
		what string
		user *cognate.User
		want error
	}{
		{"a taken username", sameName, store.ErrExists},
		{"a taken alias", sameAlias, store.ErrAliasTaken},
		{"an alias for a username", nameOfAlias, store.ErrExists},
		{"a username for an alias", aliasOfName, store.ErrAliasTaken},
	} {
		err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUser(t.Context(), p, c.user) })
		if !errors.Is(err, c.want) {
			t.Errorf("CreateUser(%s) = %v, want %v", c.what, err, c.want)
		}
	}
}

func takeAlias(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann := mustUser(t, s, p, "ann")
	bob := userNamed(p, "bob")
	bob.Attributes["email"] = "ann@example.com"
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserTakingAliases(t.Context(), p, bob) })
	if got, err := s.FindUser(t.Context(), p, "ann@example.com"); err != nil || got.Sub != bob.Sub {
		t.Errorf("FindUser(alias) = %v, %v, want %s", got, err, bob.Sub)
	}
	got, err := s.User(t.Context(), p.ID, ann.Sub)
	if err != nil || got.IsVerified("email") || got.Attributes["email"] != "ann@example.com" {
		t.Errorf("User(former owner) = %+v, %v, want the address, not verified", got, err)
	}
}

func freeAliases(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann := mustUser(t, s, p, "ann")
	bob := mustUser(t, s, p, "bob")
	for _, c := range []struct {
		what  string
		user  *cognate.User
		email string
		want  error
	}{
		{"own alias", ann, "ann@example.com", nil},
		{"free alias", bob, "robert@example.com", nil},
		{"another user's alias", bob, "Ann@Example.com", store.ErrAliasTaken},
		{"another user's username", bob, "ann", store.ErrAliasTaken},
	} {
		c.user.Attributes["email"] = c.email
		err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.RequireFreeAliases(t.Context(), p, c.user) })
		if !errors.Is(err, c.want) {
			t.Errorf("RequireFreeAliases(%s) = %v, want %v", c.what, err, c.want)
		}
	}
}

func listUsers(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	p.CaseInsensitive = false
	for _, name := range []string{"ab", "aB", "Ab", "a%b", "a_b", "aé", "b"} {
		mustUser(t, s, p, name)
	}
	all := store.UserQuery{PoolID: p.ID, Limit: 2}
	prefix := store.UserQuery{PoolID: p.ID, Limit: 2, Attribute: store.IndexUsername, Value: "a", Prefix: true}
	if diff := cmp.Diff([]string{"Ab", "a%b", "aB", "a_b", "ab", "aé", "b"}, pages(t, s, all)); diff != "" {
		t.Errorf("all users differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a%b", "aB", "a_b", "ab", "aé"}, pages(t, s, prefix)); diff != "" {
		t.Errorf("users by prefix differ (-want +got):\n%s", diff)
	}
	byEmail := store.UserQuery{PoolID: p.ID, Limit: 2, Attribute: "email", Value: "a", Prefix: true}
	if diff := cmp.Diff([]string{"a%b", "aB", "a_b", "ab", "aé"}, pages(t, s, byEmail)); diff != "" {
		t.Errorf("users by prefix of the email differ (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		attribute, value string
		want             []string
	}{
		{store.IndexUsername, "ab", []string{"ab"}},
		{store.IndexUsername, "AB", nil},
		{store.IndexUsername, "", nil},
		{cognate.AttributeSub, userNamed(p, "aB").Sub, []string{"aB"}},
		{cognate.AttributeSub, "no-such-sub", nil},
		{"email", "a_b@example.com", []string{"a_b"}},
		{"email", "a_b", nil},
		{store.IndexStatus, "confirmed", []string{"Ab", "a%b", "aB", "a_b", "ab", "aé", "b"}},
	} {
		q := store.UserQuery{PoolID: p.ID, Limit: 2, Attribute: c.attribute, Value: c.value}
		got := pages(t, s, q)
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("users with %s %q = %v, want %v", c.attribute, c.value, got, c.want)
		}
	}
}

func spendStep(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SpendStep(ctx, u, 7) })
	if wins != 1 {
		t.Errorf("SpendStep() was true %d times, want once", wins)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for step, want := range map[int64]bool{6: false, 7: false} {
			if got, err := tx.SpendStep(t.Context(), u, step); err != nil || got != want {
				t.Errorf("SpendStep(%d) after 7 = %v, %v, want %v", step, got, err, want)
			}
		}
		return nil
	})
}

func spendCodes(t *testing.T, s *store.Store) {
	spent, other := mustPool(t, s, "eu-west-1_A"), mustPool(t, s, "eu-west-1_B")
	steps := func(p *cognate.UserPool) (steps []int64) {
		for _, name := range []string{"ann", "bob", "cid"} {
			u, err := s.FindUser(t.Context(), p, name)
			if err != nil {
				t.Fatalf("FindUser(%s) = %v", name, err)
			}
			steps = append(steps, u.Tokens.LastStep)
		}
		return steps
	}
	for _, p := range []*cognate.UserPool{spent, other} {
		ann, bob, cid := userNamed(p, "ann"), userNamed(p, "bob"), userNamed(p, "cid")
		for _, u := range []*cognate.User{ann, cid} {
			u.Tokens.Active = &cognate.SoftwareToken{ID: "t", Secret: []byte("twenty bytes of secret")}
		}
		ann.Tokens.LastStep, cid.Tokens.LastStep = 3, 9
		mustWrite(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.CreateUser(t.Context(), p, ann), tx.CreateUser(t.Context(), p, bob), tx.CreateUser(t.Context(), p, cid))
		})
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SpendCodes(t.Context(), spent.ID, 7) })
	if got, want := steps(spent), []int64{7, 0, 9}; !slices.Equal(got, want) {
		t.Errorf("after SpendCodes(7) the last steps are %v, want %v", got, want)
	}
	if got, want := steps(other), []int64{3, 0, 9}; !slices.Equal(got, want) {
		t.Errorf("after SpendCodes() in another pool the last steps are %v, want %v", got, want)
	}
}

func raceUser(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		locked, err := tx.LockUser(ctx, p.ID, u.Sub)
		if err != nil {
			return false, err
		}
		locked.Stamp++
		return true, tx.SaveUser(ctx, p, locked)
	})
	got, err := s.User(t.Context(), p.ID, u.Sub)
	if err != nil || got.Stamp != u.Stamp+racers {
		t.Errorf("User().Stamp = %d, %v, want %d", got.Stamp, err, u.Stamp+racers)
	}
}
