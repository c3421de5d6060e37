package ops_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/risk"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const poolID = "us-east-1_abcdefghi"

// mustStore returns a store with a pool of account 123456789012, its app client "web" with a secret, and the user ann; and
// a pool "us-east-1_bbbbbbbbb" of the same account.
func mustStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	pool := &cognate.UserPool{ID: poolID, AccountID: "123456789012", Schema: cognate.StandardAttributes(), CreatedAt: now, ModifiedAt: now}
	other := *pool
	other.ID = "us-east-1_bbbbbbbbb"
	err = st.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateUserPool(t.Context(), pool, nil), tx.CreateUserPool(t.Context(), &other, nil),
			tx.CreateAppClient(t.Context(), &cognate.AppClient{ID: "web", PoolID: poolID, Secrets: []cognate.ClientSecret{{Value: "secret", Created: now}}, CreatedAt: now, ModifiedAt: now}),
			tx.CreateUser(t.Context(), pool, &cognate.User{
				PoolID: poolID, Sub: "11111111-2222-7033-4444-555555555555", Username: "ann", Enabled: true,
				Status: api.UserStatusTypeConfirmed, Created: now, Modified: now,
			}),
		)
	})
	if err != nil {
		t.Fatalf("create the pools: %v", err)
	}
	return st
}

func want(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func TestSignedRequests(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	owner := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: "123456789012"})
	stranger := cognate.WithCaller(t.Context(), cognate.Caller{AccountID: "999999999999"})
	lock := func(ctx context.Context, id string) error {
		return st.Write(ctx, func(tx *store.Tx) error {
			_, err := ops.LockPool(ctx, tx, id)
			return err
		})
	}
	for _, tt := range []struct {
		what string
		ctx  context.Context
		id   string
		err  error
	}{
		{"the caller's pool", owner, poolID, nil},
		{"a pool of another account", stranger, poolID, api.ErrPoolNotFound(poolID)},
		{"a pool, and no caller", t.Context(), poolID, api.ErrPoolNotFound(poolID)},
		{"no pool", owner, "us-east-1_none", api.ErrPoolNotFound("us-east-1_none")},
	} {
		pool, err := ops.Pool(tt.ctx, st, tt.id)
		want(t, "Pool("+tt.what+")", err, tt.err)
		if (pool != nil) != (tt.err == nil) {
			t.Errorf("Pool(%s) = %v, want a pool only without an error", tt.what, pool)
		}
		want(t, "LockPool("+tt.what+")", lock(tt.ctx, tt.id), tt.err)
		_, _, err = ops.PoolClient(tt.ctx, st, tt.id, "web")
		want(t, "PoolClient("+tt.what+")", err, tt.err)
		_, _, err = ops.User(tt.ctx, st, tt.id, "ann")
		want(t, "User("+tt.what+")", err, tt.err)
	}
	_, _, err := ops.PoolClient(owner, st, poolID, "none")
	want(t, "PoolClient(unknown client)", err, api.ErrClientNotFound("none"))
	_, _, err = ops.PoolClient(owner, st, "us-east-1_bbbbbbbbb", "web")
	want(t, "PoolClient(client of another pool)", err, api.ErrClientNotFound("web"))
	_, _, err = ops.User(owner, st, poolID, "eve")
	want(t, "User(unknown)", err, api.ErrUserDoesNotExist)
	_, _, err = ops.User(owner, st, "us-east-1_bbbbbbbbb", "ann")
	want(t, "User(of another pool)", err, api.ErrUserDoesNotExist)
}

func TestUnsignedRequests(t *testing.T) {
	t.Parallel()
	r := &risk.Service{Store: mustStore(t), Now: func() time.Time { return now }}
	_, pool, client, err := ops.Admit(t.Context(), r, "web", "", nil)
	if err != nil || pool.ID != poolID || client.ID != "web" {
		t.Fatalf("Admit(web) = %v, %v, %v, want the client with its pool", pool, client, err)
	}
	_, _, _, err = ops.Admit(t.Context(), r, "none", "", nil)
	want(t, "Admit(unknown)", err, api.ErrClientNotFound("none"))
	_, _, _, err = ops.AdmitUser(t.Context(), r, "web", "ann", cognate.SecretHash("secret", "ann", "web"), nil)
	want(t, "AdmitUser(right hash)", err, nil)
	refused := &api.Error{Code: api.CodeNotAuthorizedException}
	for what, hash := range map[string]string{"no hash": "", "wrong hash": "d3Jvbmc=", "hash of another user": cognate.SecretHash("secret", "eve", "web")} {
		_, _, _, err = ops.AdmitUser(t.Context(), r, "web", "ann", hash, nil)
		want(t, "AdmitUser("+what+")", err, refused)
	}
	_, _, _, err = ops.AdmitUser(t.Context(), r, "none", "ann", cognate.SecretHash("secret", "ann", "web"), nil)
	want(t, "AdmitUser(unknown client)", err, api.ErrClientNotFound("none"))
}
