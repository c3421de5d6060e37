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

var trashTests = []part{
	{"deleted user is restored", trashUser},
	{"deleted user is not restored over another user", trashTakenNames},
	{"deleted user loses groups and clients that are gone", trashParents},
	{"deleted client is restored", trashClient},
	{"deleted pool is restored", trashPool},
	{"large entry of the trash is purged in steps", trashPurge},
	{"staged pool belongs to one process", stagedPools},
}

// deleteUser deletes a user with an entry in the trash.
func deleteUser(t *testing.T, s *store.Store, u *cognate.User, id string) {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.TrashUser(t.Context(), u.PoolID, u.Sub, id, now), tx.DeleteUser(t.Context(), u.PoolID, u.Sub))
	})
}

func restoreUser(t *testing.T, s *store.Store, p *cognate.UserPool, id string) (left map[string]int, err error) {
	t.Helper()
	return left, s.Write(t.Context(), func(tx *store.Tx) error {
		e, err := tx.LockTrashed(t.Context(), id)
		if err != nil {
			return err
		}
		left, err = tx.RestoreTrashedUser(t.Context(), p, e)
		return err
	})
}

func wantTrash(t *testing.T, s *store.Store, want ...string) {
	t.Helper()
	var ids []string
	for after := (store.TrashPosition{}); ; {
		found, err := s.Trash(t.Context(), after, 2)
		if err != nil {
			t.Fatalf("Trash() = %v", err)
		}
		for _, e := range found {
			ids = append(ids, e.ID)
			after = store.TrashPosition{Deleted: e.Deleted, ID: e.ID}
		}
		if len(found) < 2 {
			break
		}
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("Trash() differs (-want +got):\n%s", diff)
	}
}

func trashUser(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann := mustUser(t, s, p, "ann")
	mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: "staff", CreatedAt: now, ModifiedAt: now})
	device := mustDevice(t, s, &cognate.Device{
		PoolID: p.ID, Sub: ann.Sub, DeviceID: cognate.DeviceID{Key: "device", GroupKey: "group"}, Created: now, Modified: now, Authenticated: now,
	})
	credential := mustCredential(t, s, &cognate.Credential{PoolID: p.ID, Sub: ann.Sub, ID: "credential", Created: now})
	mustGrant(t, s, p.ID, ann.Sub, "grant", 0, 0)
	mustWrite(t, s, func(tx *store.Tx) error {
		u, err := tx.LockUser(t.Context(), p.ID, ann.Sub)
		if err != nil {
			return err
		}
		u.Tokens.Associate(cognate.SoftwareToken{ID: "t", Secret: []byte("twenty bytes of secret")}, false)
		u.Tokens.Activate("phone", 59)
		group, err := tx.LockGroup(t.Context(), p.ID, "staff")
		if err != nil {
			return err
		}
		ann = u.User
		return errors.Join(tx.LinkIdentity(t.Context(), u, cognate.LinkedIdentity{ProviderName: "Okta", Attribute: "sub", Value: "1"}),
			tx.AddToGroup(t.Context(), group, ann.Sub, now), tx.SaveUser(t.Context(), p, u))
	})
	deleteUser(t, s, ann, "one")
	wantTrash(t, s, "one")
	if e, err := s.Trashed(t.Context(), "one"); err != nil || e.Kind != store.TrashedUser || e.Name != "ann" || e.Key != ann.Sub ||
		e.PoolID != p.ID || !e.Deleted.Equal(now) {
		t.Errorf("Trashed() = %+v, %v", e, err)
	}
	left, err := restoreUser(t, s, p, "one")
	if err != nil || len(left) > 0 {
		t.Fatalf("RestoreTrashedUser() = %v, %v", left, err)
	}
	wantTrash(t, s)
	ann.Stamp++
	for _, name := range []string{"ann", "ann@example.com"} {
		got, err := s.FindUser(t.Context(), p, name)
		if err != nil {
			t.Fatalf("FindUser(%s) = %v", name, err)
		}
		if diff := cmp.Diff(ann, got); diff != "" {
			t.Errorf("the user differs (-want +got):\n%s", diff)
		}
	}
	devices, deviceErr := s.Devices(t.Context(), p.ID, ann.Sub, "", 9)
	credentials, credentialErr := s.Credentials(t.Context(), p.ID, ann.Sub, "", 9)
	linked, linkErr := s.UserByIdentity(t.Context(), p.ID, "Okta", "sub", "1")
	_, summary, poolErr := s.DescribeUserPool(t.Context(), p.ID)
	if err := errors.Join(deviceErr, credentialErr, linkErr, poolErr); err != nil {
		t.Fatalf("after RestoreTrashedUser() = %v", err)
	}
	if diff := cmp.Diff([]any{device, credential, ann.Sub, 1}, []any{devices[0], credentials[0], linked.Sub, summary.Users}); diff != "" {
		t.Errorf("what belongs to the user differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		group, err := tx.LockGroup(t.Context(), p.ID, "staff")
		if err != nil {
			return err
		}
		if is, err := tx.IsInGroup(t.Context(), group, ann.Sub); err != nil || !is {
			t.Errorf("IsInGroup() = %t, %v", is, err)
		}
		if _, err := tx.LockGrant(t.Context(), p.ID, "grant"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockGrant() = %v, want ErrNotFound", err)
		}
		return nil
	})
	if _, err := restoreUser(t, s, p, "one"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RestoreTrashedUser(again) = %v, want ErrNotFound", err)
	}
}

func trashTakenNames(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	other := func(name string, attributes map[string]string) *cognate.User {
		u := userNamed(p, name)
		u.Sub, u.Attributes = "another-sub", attributes
		return u
	}
	link := func(tx *store.Tx, u *cognate.User) error {
		locked, err := tx.LockUser(t.Context(), p.ID, u.Sub)
		if err != nil {
			return err
		}
		return errors.Join(tx.LinkIdentity(t.Context(), locked, cognate.LinkedIdentity{ProviderName: "Okta", Attribute: "sub", Value: "1"}),
			tx.SaveUser(t.Context(), p, locked))
	}
	for name, tt := range map[string]struct {
		other *cognate.User
		want  error
	}{
		"username":       {other("ANN", nil), store.ErrExists},
		"alias":          {other("bob", map[string]string{"email": "ann@example.com", "email_verified": "true"}), store.ErrAliasTaken},
		"linked account": {other("bob", nil), store.ErrIdentityTaken},
	} {
		ann := mustUser(t, s, p, "ann")
		mustWrite(t, s, func(tx *store.Tx) error { return link(tx, ann) })
		deleteUser(t, s, ann, name)
		mustWrite(t, s, func(tx *store.Tx) error {
			err := tx.CreateUser(t.Context(), p, tt.other)
			if errors.Is(tt.want, store.ErrIdentityTaken) {
				err = errors.Join(err, link(tx, tt.other))
			}
			return err
		})
		if _, err := restoreUser(t, s, p, name); !errors.Is(err, tt.want) {
			t.Errorf("RestoreTrashedUser(%s is taken) = %v, want %v", name, err, tt.want)
		}
		if got, err := s.Trashed(t.Context(), name); err != nil || got.Name != "ann" {
			t.Errorf("Trashed() = %+v, %v, want the entry", got, err)
		}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUser(t.Context(), p.ID, tt.other.Sub) })
	}
}

func trashParents(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	ann := mustUser(t, s, p, "ann")
	mustClient(t, s, p, "client")
	mustGroup(t, s, &cognate.Group{PoolID: p.ID, Name: "staff", CreatedAt: now, ModifiedAt: now})
	mustWrite(t, s, func(tx *store.Tx) error {
		group, err := tx.LockGroup(t.Context(), p.ID, "staff")
		return errors.Join(err, tx.AddToGroup(t.Context(), group, ann.Sub, now), tx.SaveConsent(t.Context(), &cognate.Consent{
			PoolID: p.ID, Sub: ann.Sub, ClientID: "client", RedirectHost: "app.example.com", Given: now,
		}))
	})
	deleteUser(t, s, ann, "one")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.DeleteGroup(t.Context(), p.ID, "staff"), tx.DeleteAppClient(t.Context(), p.ID, "client"))
	})
	left, err := restoreUser(t, s, p, "one")
	if diff := cmp.Diff(map[string]int{"group_members": 1, "consents": 1}, left); err != nil || diff != "" {
		t.Errorf("RestoreTrashedUser() = %v (-want +got):\n%s", err, diff)
	}
}

func trashClient(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	client := mustClient(t, s, p, "client")
	restore := func() error {
		return s.Write(t.Context(), func(tx *store.Tx) error {
			e, err := tx.LockTrashed(t.Context(), "one")
			if err != nil {
				return err
			}
			_, err = tx.RestoreTrashedClient(t.Context(), e)
			return err
		})
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.TrashAppClient(t.Context(), p.ID, client.ID, "one", now), tx.DeleteAppClient(t.Context(), p.ID, client.ID))
	})
	b := mustPool(t, s, "eu-west-1_B")
	mustClient(t, s, b, "client")
	if err := restore(); !errors.Is(err, store.ErrExists) {
		t.Errorf("RestoreTrashedClient(taken by another pool) = %v, want ErrExists", err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), b.ID, "client") })
	if err := restore(); err != nil {
		t.Fatalf("RestoreTrashedClient() = %v", err)
	}
	got, err := s.AppClient(t.Context(), client.ID)
	if diff := cmp.Diff(client, got); err != nil || diff != "" {
		t.Errorf("AppClient() = %v (-want +got):\n%s", err, diff)
	}
	wantTrash(t, s)
}

// trashPool deletes and restores a pool with more users than a part has.
func trashPool(t *testing.T, s *store.Store) {
	p, client, ann := mustFill(t, s, "eu-west-1_A", "client")
	var users []*cognate.User
	for i := range 450 {
		users = append(users, userNamed(p, "user"+string(rune('a'+i/26))+string(rune('a'+i%26))))
	}
	err := s.WriteUsers(t.Context(), func(tx *store.Tx) error {
		_, err := tx.CreateUsers(t.Context(), p, users)
		return err
	})
	if err != nil {
		t.Fatalf("CreateUsers() = %v", err)
	}
	image := &cognate.Image{PoolID: p.ID, ID: "image", MediaType: "image/png", Content: []byte{0, 255}, CreatedAt: now}
	other, _, _ := mustFill(t, s, "eu-west-1_B", "other")
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateImage(t.Context(), image), tx.TrashUserPool(t.Context(), p.ID, "one", now), tx.DeleteUserPool(t.Context(), p.ID))
	})
	clock := func() time.Time { return now }
	mustClient(t, s, other, "client")
	if err := s.RestoreTrashedPool(t.Context(), "one", clock); !errors.Is(err, store.ErrExists) {
		t.Errorf("RestoreTrashedPool(ID of a client is taken) = %v, want ErrExists", err)
	}
	if users, _, err := s.Users(t.Context(), store.UserQuery{PoolID: p.ID, Limit: 9}); err != nil || len(users) > 0 {
		t.Errorf("users after a failed restore = %d, %v, want none", len(users), err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteAppClient(t.Context(), other.ID, "client") })
	if err := s.RestoreTrashedPool(t.Context(), "one", clock); err != nil {
		t.Fatalf("RestoreTrashedPool() = %v", err)
	}
	wantTrash(t, s)
	gotPool, summary, poolErr := s.DescribeUserPool(t.Context(), p.ID)
	gotClient, clientErr := s.AppClient(t.Context(), client.ID)
	gotUser, userErr := s.FindUser(t.Context(), p, "ann@example.com")
	gotImage, imageErr := s.Image(t.Context(), p.ID, "image")
	if err := errors.Join(poolErr, clientErr, userErr, imageErr); err != nil {
		t.Fatalf("after RestoreTrashedPool() = %v", err)
	}
	ann.Stamp++
	if diff := cmp.Diff([]any{p, client, ann, image, 451}, []any{gotPool, gotClient, gotUser, gotImage, summary.Users}); diff != "" {
		t.Errorf("after RestoreTrashedPool() the rows differ (-want +got):\n%s", diff)
	}
	filter := store.UserQuery{PoolID: p.ID, Attribute: store.IndexStatus, Value: "confirmed", Limit: 500}
	if got := pages(t, s, filter); len(got) != 451 || !slices.Contains(got, "userab") {
		t.Errorf("filtered users = %d, want 451", len(got))
	}
	wantSpent(t, s, p.ID, true)
	if err := s.RestoreTrashedPool(t.Context(), "one", clock); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("RestoreTrashedPool(again) = %v, want ErrNotFound", err)
	}
	var code error
	mustWrite(t, s, func(tx *store.Tx) error {
		_, code = tx.LockCode(t.Context(), p.ID, ann.Sub, "sign-up")
		return store.ErrRollback
	})
	if !errors.Is(code, store.ErrNotFound) {
		t.Errorf("LockCode() = %v, want ErrNotFound", code)
	}
}

func trashPurge(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	mustWrite(t, s, func(tx *store.Tx) error {
		for i := range 230 { // 58 parts
			image := &cognate.Image{PoolID: p.ID, ID: "image" + string(rune('a'+i/26)) + string(rune('a'+i%26)), MediaType: "image/png", Content: []byte{1}, CreatedAt: now}
			if err := tx.CreateImage(t.Context(), image); err != nil {
				return err
			}
		}
		return errors.Join(tx.TrashUserPool(t.Context(), p.ID, "one", now), tx.DeleteUserPool(t.Context(), p.ID))
	})
	e, err := s.Trashed(t.Context(), "one")
	if err != nil || e.IsSmall() {
		t.Fatalf("Trashed() = %+v, %v, want a large one", e, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.ShortenTrash(t.Context(), e) })
	wantTrash(t, s, "one")
	err = s.RestoreTrashedPool(t.Context(), "one", func() time.Time { return now })
	if err == nil {
		t.Error("RestoreTrashedPool(a part is missing) = nil")
	}
	if !e.IsSmall() {
		t.Error("IsSmall() = false after one step")
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteTrash(t.Context(), e) })
	wantTrash(t, s)
}

func stagedPools(t *testing.T, s *store.Store) {
	at := now
	clock := func() time.Time { return at }
	ctx := store.WithBeforeCommit(t.Context(), func(context.Context, *store.Tx) error {
		t.Error("a transaction of a staged pool has an audit record")
		return nil
	})
	p := &cognate.UserPool{ID: "eu-west-1_A", AccountID: "123456789012", CreatedAt: now, ModifiedAt: now}
	write := func(staged *store.StagedPool, name string) error {
		return staged.Write(ctx, func(tx *store.Tx) error { return tx.CreateUser(t.Context(), p, userNamed(p, name)) })
	}
	first, err := s.StagePool(ctx, p.ID, clock)
	if err != nil {
		t.Fatalf("StagePool() = %v", err)
	}
	if err := write(first, "ann"); err != nil {
		t.Fatalf("Write() = %v", err)
	}
	if _, err := s.UserPool(ctx, p.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("UserPool(staged) = %v, want ErrNotFound", err)
	}
	if _, err := s.StagePool(ctx, p.ID, clock); !errors.Is(err, store.ErrStaged) {
		t.Errorf("StagePool(a staged pool) = %v, want ErrStaged", err)
	}
	at = at.Add(6 * time.Minute)
	second, err := s.StagePool(ctx, p.ID, clock)
	if err != nil {
		t.Fatalf("StagePool(an abandoned pool) = %v", err)
	}
	if err := write(first, "bob"); !errors.Is(err, store.ErrStageLost) {
		t.Errorf("Write(by the former process) = %v, want ErrStageLost", err)
	}
	if err := first.Abandon(ctx); err != nil {
		t.Errorf("Abandon(by the former process) = %v", err)
	}
	if err := write(second, "cid"); err != nil {
		t.Errorf("Write() = %v", err)
	}
	at = at.Add(2 * time.Hour)
	mustPurge(t, s, store.Cutoffs{StagedPools: at.Add(-time.Hour)})
	if err := write(second, "dan"); !errors.Is(err, store.ErrStageLost) {
		t.Errorf("Write(after a purge) = %v, want ErrStageLost", err)
	}
	third, err := s.StagePool(ctx, p.ID, clock)
	if err != nil {
		t.Fatalf("StagePool() = %v", err)
	}
	if err := write(third, "eve"); err != nil {
		t.Errorf("Write() = %v", err)
	}
	err = third.Finish(t.Context(), func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), p, nil) })
	if err != nil {
		t.Fatalf("Finish() = %v", err)
	}
	if names := pages(t, s, store.UserQuery{PoolID: p.ID, Limit: 9}); !slices.Equal(names, []string{"eve"}) {
		t.Errorf("users = %q, want eve alone", names)
	}
	if _, n, err := s.DescribeUserPool(ctx, p.ID); err != nil || n.Users != 1 {
		t.Errorf("users = %d, %v, want 1", n.Users, err)
	}
	if err := third.Abandon(ctx); err != nil {
		t.Errorf("Abandon(after Finish) = %v", err)
	}
	if _, err := s.StagePool(ctx, p.ID, clock); !errors.Is(err, store.ErrExists) {
		t.Errorf("StagePool(a pool that exists) = %v, want ErrExists", err)
	}
	if u, err := s.FindUser(ctx, p, "eve"); err != nil || u.Status != api.UserStatusTypeConfirmed {
		t.Errorf("FindUser() = %+v, %v", u, err)
	}
}
