// Package storetest is the suite that every backend of package store passes. Only tests import it.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/sealing"
	"cognate/store"
)

// now is when everything in the suite happens, in whole milliseconds as a store keeps it.
var now = time.Date(2026, 11, 22, 12, 0, 0, int(123*time.Millisecond), time.UTC)

// Run runs the suite; open returns a new, empty store that it closes itself.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *store.Store)
	}{
		{"pool comes back as it was", poolRoundTrip},
		{"pools are listed by account, region and id", listPools},
		{"pool changes are seen at once", poolChanges},
		{"deleting a pool deletes what is in it", deletePool},
		{"client comes back as it was", clientRoundTrip},
		{"user comes back as it was", userRoundTrip},
		{"user is found by username and by alias", findUser},
		{"username and alias can't be another's", takenNames},
		{"alias moves when it is taken over", takeAlias},
		{"users are listed in byte order", listUsers},
		{"failed transaction leaves nothing", rollback},
		{"counted refusal is kept and nothing to keep is not", refusals},
		{"time step is spent once by racing requests", spendStep},
		{"session is spent once by racing requests", spendSession},
		{"racing attempts are all counted", countAttempts},
		{"racing changes of one user are all kept", raceUser},
		{"principal goes with any of its parts", principal},
		{"device comes back as it was", deviceRoundTrip},
		{"device goes with its user and from its grants", forgetDevice},
		{"credential comes back as it was", credentialRoundTrip},
		{"counter of a credential goes up once by racing requests", useCredential},
		{"credential goes with its user", forgetCredential},
		{"registration of a passkey is taken once", takeRegistration},
		{"grant is locked, saved and its tokens retired", changeGrant},
		{"live grants are the user's own, newest first", liveGrants},
		{"idle grants are revoked, the kept ones stay", revokeIdleGrants},
		{"old grants are forgotten, the kept ones stay", deleteOldGrants},
		{"codes are replaced, counted and forgotten", codes},
		{"outgoing message is claimed by one server at a time", claimOutgoing},
		{"outgoing messages go with user and pool", forgetOutgoing},
		{"purge removes what has expired", purge},
		{"lease of a task is one server's at a time", leases},
		{"lease is claimed once by racing servers", raceLeases},
		{"snapshot is restored as it was", snapshots},
		{"reset leaves settings and other pools", resets},
		{"fork is a pool of its own", forks},
	} {
		t.Run(strings.ReplaceAll(part.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			part.test(t, open(t))
		})
	}
}

// MasterKey returns a fresh master key.
func MasterKey(t testing.TB) sealing.MasterKey {
	t.Helper()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatalf("NewMasterKey() = %v", err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatalf("ParseMasterKey() = %v", err)
	}
	return key
}

func poolNamed(id string) *cognate.UserPool {
	return &cognate.UserPool{
		ID: id, AccountID: "123456789012", Name: "people", CreatedAt: now, ModifiedAt: now,
		MFA:  cognate.MFAConfig{Mode: api.UserPoolMfaTypeOptional, SoftwareToken: true},
		Tags: map[string]string{"stage": "test"},
		PoolUsernames: cognate.PoolUsernames{
			AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypeEmail}, CaseInsensitive: true,
		},
	}
}

func mustPool(t *testing.T, s *store.Store, id string) *cognate.UserPool {
	t.Helper()
	p := poolNamed(id)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), p, nil) })
	return p
}

func mustClient(t *testing.T, s *store.Store, p *cognate.UserPool, id string) *cognate.AppClient {
	t.Helper()
	c := &cognate.AppClient{PoolID: p.ID, ID: id, Name: "app", Secret: "hush", AuthSessionValidity: 3, CreatedAt: now, ModifiedAt: now}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateAppClient(t.Context(), c) })
	return c
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

func mustWrite(t *testing.T, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatalf("Write() = %v", err)
	}
}

func poolRoundTrip(t *testing.T, s *store.Store) {
	want := mustPool(t, s, "eu-west-1_AAAAAAAAA")
	got, err := s.UserPool(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("UserPool() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("UserPool() differs (-want +got):\n%s", diff)
	}
	if _, err := s.UserPool(t.Context(), "eu-west-1_none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UserPool(unknown) = %v, want ErrNotFound", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), want, nil) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateUserPool(same id) = %v, want ErrExists", err)
	}
}

func listPools(t *testing.T, s *store.Store) {
	for _, id := range []string{"eu-west-1_b", "eu-west-1_B", "eu-west-1_a", "eu-west-2_a", "us-east-1_a"} {
		mustPool(t, s, id)
	}
	pools, err := s.UserPools(t.Context(), "123456789012", "eu-west-1", "", 2)
	if err != nil || len(pools) != 2 {
		t.Fatalf("UserPools() = %d pools, %v, want 2", len(pools), err)
	}
	rest, err := s.UserPools(t.Context(), "123456789012", "eu-west-1", pools[1].ID, 2)
	if err != nil {
		t.Fatalf("UserPools(next page) = %v", err)
	}
	var ids []string
	for _, p := range slices.Concat(pools, rest) {
		ids = append(ids, p.ID)
	}
	if diff := cmp.Diff([]string{"eu-west-1_B", "eu-west-1_a", "eu-west-1_b"}, ids); diff != "" {
		t.Errorf("UserPools() ids differ (-want +got):\n%s", diff)
	}
	if other, _ := s.UserPools(t.Context(), "000000000000", "eu-west-1", "", 9); len(other) != 0 {
		t.Errorf("UserPools(other account) = %d pools, want none", len(other))
	}
}

func poolChanges(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	for _, name := range []string{"first", "second"} {
		if _, err := s.UserPool(t.Context(), p.ID); err != nil { // so that a decoded one is remembered
			t.Fatalf("UserPool() = %v", err)
		}
		mustWrite(t, s, func(tx *store.Tx) error {
			locked, err := tx.LockUserPool(t.Context(), p.ID)
			if err != nil {
				return err
			}
			locked.Name, locked.Tags = name, map[string]string{"name": name}
			return tx.SaveUserPool(t.Context(), locked)
		})
		got, err := s.UserPool(t.Context(), p.ID)
		if err != nil || got.Name != name || got.Tags["name"] != name {
			t.Errorf("UserPool() after a change = %+v, %v, want name %q", got, err, name)
		}
	}
}

func deletePool(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	c, u := mustClient(t, s, p, "client"), mustUser(t, s, p, "ann")
	d := mustDevice(t, s, deviceOf(u, "eu-west-1_a"))
	mustCredential(t, s, credentialOf(u, "a"))
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), p.ID) })
	if _, err := s.AppClient(t.Context(), c.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AppClient() = %v, want ErrNotFound", err)
	}
	if _, err := s.FindUser(t.Context(), p, u.Username); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser() = %v, want ErrNotFound", err)
	}
	if _, err := s.Device(t.Context(), p.ID, u.Sub, d.Key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Device() = %v, want ErrNotFound", err)
	}
	wantCredentials(t, s, u)
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteUserPool(t.Context(), p.ID) })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("DeleteUserPool(again) = %v, want ErrNotFound", err)
	}
}

func clientRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	want := mustClient(t, s, p, "client")
	got, err := s.AppClient(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("AppClient() = %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AppClient() differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, want.ID) })
	if _, err := s.AppClient(t.Context(), want.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AppClient(deleted) = %v, want ErrNotFound", err)
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

func listUsers(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	p.CaseInsensitive = false
	for _, name := range []string{"ab", "aB", "Ab", "a%b", "a_b", "aé", "b"} {
		mustUser(t, s, p, name)
	}
	all := store.UserQuery{PoolID: p.ID, Limit: 2}
	prefix := store.UserQuery{PoolID: p.ID, Limit: 2, Attribute: "email", From: "a", To: "a\U0010FFFF"}
	if diff := cmp.Diff([]string{"Ab", "a%b", "aB", "a_b", "ab", "aé", "b"}, pages(t, s, all)); diff != "" {
		t.Errorf("all users differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a%b", "aB", "a_b", "ab", "aé"}, pages(t, s, prefix)); diff != "" {
		t.Errorf("users by prefix differ (-want +got):\n%s", diff)
	}
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
		if len(users) < q.Limit {
			return names
		}
		q.After = end
	}
}

func rollback(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	stop := errors.New("stop")
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateUser(t.Context(), p, userNamed(p, "ann")), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("Write() = %v, want the function's error", err)
	}
	if _, err := s.FindUser(t.Context(), p, "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser() = %v, want ErrNotFound", err)
	}
}

func refusals(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	refused := errors.New("refused")
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.CreateUser(t.Context(), p, userNamed(p, "kept")); err != nil {
			return err
		}
		return store.CommitWith(refused)
	})
	if !errors.Is(err, refused) {
		t.Errorf("Write(Counted) = %v, want the refusal", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.CreateUser(t.Context(), p, userNamed(p, "undone")); err != nil {
			return err
		}
		return store.ErrRollback
	})
	if _, err := s.FindUser(t.Context(), p, "kept"); err != nil {
		t.Errorf("FindUser(kept) = %v, want the user", err)
	}
	if _, err := s.FindUser(t.Context(), p, "undone"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("FindUser(undone) = %v, want ErrNotFound", err)
	}
}

// racers is how many requests race.
const racers = 100

// race runs fn in a transaction in each of the racers and returns how often it reported true.
func race(t *testing.T, s *store.Store, fn func(ctx context.Context, tx *store.Tx) (bool, error)) (wins int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			var won bool
			err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
				won, err = fn(t.Context(), tx)
				return err
			})
			if err != nil {
				t.Errorf("Write() = %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if won {
				wins++
			}
		})
	}
	wg.Wait()
	return wins
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

func spendSession(t *testing.T, s *store.Store) {
	session := &cognate.AuthSession{ID: "nonce", PoolID: "eu-west-1_A", Expires: now}
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SpendSession(ctx, session) })
	if wins != 1 {
		t.Errorf("SpendSession() was true %d times, want once", wins)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if spent, err := tx.IsSessionSpent(t.Context(), session); err != nil || !spent {
			t.Errorf("SessionSpent() = %v, %v, want true", spent, err)
		}
		return nil
	})
}

func countAttempts(t *testing.T, s *store.Store) {
	race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		a, err := tx.LockAttempts(ctx, "eu-west-1_A", "ann")
		if err != nil {
			return false, err
		}
		a.Failures++
		a.LastFailed = now
		return true, tx.SaveAttempts(ctx, "eu-west-1_A", "ann", a)
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		a, err := tx.LockAttempts(t.Context(), "eu-west-1_A", "ann")
		if err != nil || a.Failures != racers || !a.LastFailed.Equal(now) {
			t.Errorf("LockAttempts() = %+v, %v, want %d failures", a, err, racers)
		}
		return nil
	})
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

func principal(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	c, u := mustClient(t, s, p, "client"), mustUser(t, s, p, "ann")
	hash := sha256.Sum256([]byte("refresh"))
	grant := cognate.Grant{
		PoolID: p.ID, ID: "event", ClientID: c.ID, Sub: u.Sub, OriginJTI: "origin", RefreshHash: hash[:], Generation: 3,
		AuthTime: now, Expires: now.Add(time.Hour), LastActive: now.Add(time.Minute), DeviceType: "Chrome 125", IPAddress: "::1",
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGrant(t.Context(), grant) })
	got, err := s.GrantByRefreshToken(t.Context(), p.ID, hash[:])
	if err != nil {
		t.Fatalf("GrantByRefreshToken() = %v", err)
	}
	if diff := cmp.Diff(&grant, got); diff != "" {
		t.Errorf("GrantByRefreshToken() differs (-want +got):\n%s", diff)
	}
	pr, err := s.Principal(t.Context(), p.ID, grant.ID)
	if err != nil || pr.Revoked || pr.GrantID != grant.ID || pr.User.Sub != u.Sub || pr.Client.ID != c.ID || pr.Pool.ID != p.ID {
		t.Fatalf("Principal() = %+v, %v, want the grant's parts", pr, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeUserGrants(t.Context(), p.ID, u.Sub) })
	if pr, err := s.Principal(t.Context(), p.ID, grant.ID); err != nil || !pr.Revoked {
		t.Errorf("Principal(revoked) = %+v, %v, want Revoked", pr, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), p.ID, c.ID) })
	if _, err := s.Principal(t.Context(), p.ID, grant.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Principal(client gone) = %v, want ErrNotFound", err)
	}
}

// mustGrant stores a sign-in of a user to a pool, of so many minutes ago, last active so many minutes ago.
func mustGrant(t *testing.T, s *store.Store, poolID, sub, id string, age, idle int) *cognate.Grant {
	t.Helper()
	hash := sha256.Sum256([]byte(poolID + id))
	g := cognate.Grant{
		PoolID: poolID, ID: id, ClientID: "client", Sub: sub, RefreshHash: hash[:],
		AuthTime: minutesAgo(age), LastActive: minutesAgo(idle), Expires: now.Add(time.Hour),
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateGrant(t.Context(), g) })
	return &g
}

func minutesAgo(n int) time.Time { return now.Add(-time.Duration(n) * time.Minute) }

// wantLive fails the test unless those are the live grants of "ann" in pool "eu-west-1_A", in that order.
func wantLive(t *testing.T, s *store.Store, want ...string) {
	t.Helper()
	grants, err := s.LiveGrants(t.Context(), "eu-west-1_A", "ann", now)
	if err != nil {
		t.Fatalf("LiveGrants() = %v", err)
	}
	got := make([]string, 0, len(grants))
	for _, g := range grants {
		got = append(got, g.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("LiveGrants() = %v, want %v", got, want)
	}
}

func changeGrant(t *testing.T, s *store.Store) {
	g := mustGrant(t, s, "eu-west-1_A", "ann", "one", 5, 5)
	mustWrite(t, s, func(tx *store.Tx) error {
		locked, err := tx.LockGrant(t.Context(), g.PoolID, g.ID)
		if diff := cmp.Diff(g, locked); err != nil || diff != "" {
			t.Errorf("LockGrant() = %v, differs (-want +got):\n%s", err, diff)
		}
		if err := tx.RetireRefreshToken(t.Context(), locked, now); err != nil {
			return err
		}
		locked.Generation++
		locked.LastActive, locked.DeviceType, locked.IPAddress = now, "Safari 17", "192.0.2.1"
		g = locked
		return tx.SaveGrant(t.Context(), locked)
	})
	got, err := s.GrantByRefreshToken(t.Context(), g.PoolID, g.RefreshHash)
	if diff := cmp.Diff(g, got); err != nil || diff != "" {
		t.Errorf("after SaveGrant() = %v, differs (-want +got):\n%s", err, diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.ClearGrantOrigins(t.Context(), g.PoolID) })
	got, err = s.GrantByRefreshToken(t.Context(), g.PoolID, g.RefreshHash)
	if err != nil || got.DeviceType != "" || got.IPAddress != "" || !got.LastActive.Equal(now) {
		t.Errorf("after ClearGrantOrigins() = %+v, %v, want the time alone", got, err)
	}
	retired := func(generation int64) (at time.Time, err error) {
		mustWrite(t, s, func(tx *store.Tx) error {
			at, err = tx.RefreshTokenRetired(t.Context(), g, generation)
			return nil
		})
		return at, err
	}
	if at, err := retired(0); err != nil || !at.Equal(now) {
		t.Errorf("RefreshTokenRetired(0) = %v, %v, want %v", at, err, now)
	}
	if _, err := retired(1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RefreshTokenRetired(newest) = %v, want ErrNotFound", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return tx.Purge(t.Context(), store.Cutoffs{RetiredRefreshTokens: now.Add(time.Millisecond)})
	})
	if _, err := retired(0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RefreshTokenRetired(purged) = %v, want ErrNotFound", err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.LockGrant(t.Context(), g.PoolID, "none")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("LockGrant(unknown) = %v, want ErrNotFound", err)
	}
}

func liveGrants(t *testing.T, s *store.Store) {
	mustGrant(t, s, "eu-west-1_A", "ann", "old", 9, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "new", 1, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "expired", 99, 0)
	mustGrant(t, s, "eu-west-1_A", "ann", "revoked", 2, 0)
	mustGrant(t, s, "eu-west-1_A", "bob", "another user", 1, 0)
	mustGrant(t, s, "eu-west-1_B", "ann", "another pool", 1, 0)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeGrant(t.Context(), "eu-west-1_A", "revoked") })
	wantLive(t, s, "new", "old", "expired")
	grants, err := s.LiveGrants(t.Context(), "eu-west-1_A", "ann", now.Add(time.Hour))
	if err != nil || len(grants) != 0 {
		t.Errorf("LiveGrants(when all have expired) = %v, %v, want none", grants, err)
	}
}

func revokeIdleGrants(t *testing.T, s *store.Store) {
	mustGrant(t, s, "eu-west-1_A", "ann", "busy", 9, 1)
	mustGrant(t, s, "eu-west-1_A", "ann", "idle", 3, 8)
	mustGrant(t, s, "eu-west-1_A", "ann", "idler", 2, 9)
	mustGrant(t, s, "eu-west-1_A", "ann", "revoked", 1, 0)
	bob := mustGrant(t, s, "eu-west-1_A", "bob", "another user", 1, 99)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeGrant(t.Context(), "eu-west-1_A", "revoked") })
	for _, c := range []struct {
		kept int
		want []string
	}{{3, []string{"idler", "idle", "busy"}}, {2, []string{"idle", "busy"}}, {1, []string{"busy"}}, {0, nil}} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.RevokeIdleGrants(t.Context(), "eu-west-1_A", "ann", now, c.kept) })
		wantLive(t, s, c.want...)
	}
	if got, err := s.GrantByRefreshToken(t.Context(), bob.PoolID, bob.RefreshHash); err != nil || got.Revoked {
		t.Errorf("another user's grant = %+v, %v, want it live", got, err)
	}
}

func deleteOldGrants(t *testing.T, s *store.Store) {
	for i := range 4 {
		mustGrant(t, s, "eu-west-1_A", "ann", fmt.Sprint(i), i, 0)
	}
	bob := mustGrant(t, s, "eu-west-1_A", "bob", "another user", 99, 0)
	for _, c := range []struct {
		kept int
		want []string
	}{{9, []string{"0", "1", "2", "3"}}, {4, []string{"0", "1", "2", "3"}}, {2, []string{"0", "1"}}} {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteOldGrants(t.Context(), "eu-west-1_A", "ann", c.kept) })
		wantLive(t, s, c.want...)
	}
	if _, err := s.GrantByRefreshToken(t.Context(), bob.PoolID, bob.RefreshHash); err != nil {
		t.Errorf("another user's grant = %v, want it there", err)
	}
}

func codes(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	for i := range 2 {
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.SaveCode(t.Context(), store.Code{
				PoolID: p.ID, Sub: u.Sub, Purpose: "sign-up", Hash: fmt.Append(nil, "hash", i), Attribute: "email",
				Destination: "ann@example.com", Expires: now,
			})
		})
	}
	for failures := 1; failures <= 2; failures++ {
		mustWrite(t, s, func(tx *store.Tx) error {
			c, err := tx.LockCode(t.Context(), p.ID, u.Sub, "sign-up")
			if err != nil || string(c.Hash) != "hash1" || c.Failures != failures || !c.Expires.Equal(now) {
				t.Errorf("LockCode() = %+v, %v, want hash1 and %d failures", c, err, failures)
			}
			return nil
		})
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.DeleteCode(t.Context(), p.ID, u.Sub, "sign-up"); err != nil {
			return err
		}
		if _, err := tx.LockCode(t.Context(), p.ID, u.Sub, "sign-up"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockCode(deleted) = %v, want ErrNotFound", err)
		}
		return nil
	})
}

func purge(t *testing.T, s *store.Store) {
	old := &cognate.AuthSession{ID: "old", PoolID: "eu-west-1_A", Expires: now.Add(-time.Second)}
	live := &cognate.AuthSession{ID: "live", PoolID: "eu-west-1_A", Expires: now.Add(time.Second)}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, session := range []*cognate.AuthSession{old, live} {
			if _, err := tx.SpendSession(t.Context(), session); err != nil {
				return err
			}
		}
		return tx.Purge(t.Context(), store.Cutoffs{Grants: now, SpentSessions: now, Codes: now, Attempts: now})
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		for session, want := range map[*cognate.AuthSession]bool{old: false, live: true} {
			if got, err := tx.IsSessionSpent(t.Context(), session); err != nil || got != want {
				t.Errorf("SessionSpent(%s) after purge = %v, %v, want %v", session.ID, got, err, want)
			}
		}
		return nil
	})
}
