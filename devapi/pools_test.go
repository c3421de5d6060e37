package devapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
	"cognate/devapi"
)

// mustForked copies a pool and returns the copy.
func mustForked(t *testing.T, p *cognatetest.UserPool) *cognatetest.UserPool {
	t.Helper()
	fork := mustCall[devapi.Fork](t, p.Server, "POST", "pools/"+p.PoolID+"/fork", "{}")
	forked := p.WithFork(&fork)
	if forked.PoolID == p.PoolID || forked.ClientID == "" || forked.ClientID == p.ClientID {
		t.Fatalf("fork of %s, %s = %+v, want other ids", p.PoolID, p.ClientID, fork)
	}
	return forked
}

func TestFork(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	secret, token := p.MustEnrol("ann")
	p.NextStep()
	f := mustForked(t, p)

	session := f.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
	out := cognatetest.Try(f.AnswerCode("ann", session, f.Code(secret))).Of(t)
	f.Must(t).GetUser(&api.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken})
	// A code that is used in the copy is not used in the original, and the reverse.
	session = p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
	cognatetest.Try(p.AnswerCode("ann", session, p.Code(secret))).Of(t)
	f.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: f.PoolID, Username: "ann"})
	p.Must(t).GetUser(&api.GetUserInput{AccessToken: token})
}

// SRP verifiers are bound to the pool's ID, so a fork has new ones.
func TestForkKeepsPasswordsForSRP(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	f := mustForked(t, p)
	user, err := f.Store.FindUser(t.Context(), &cognate.UserPool{ID: f.PoolID}, "ann")
	if err != nil {
		t.Fatal(err)
	}
	verifier := srp.Verifier{Salt: user.Password.Salt, V: user.Password.Verifier}
	pool := &cognate.UserPool{ID: f.PoolID}
	if !verifier.Check(srp.Identity{PoolName: pool.ShortName(), Username: "ann"}, cognatetest.Password) {
		t.Error("the fork's verifier isn't one of the password under the fork's name")
	}
}

func TestForkRejections(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	for _, c := range []struct {
		path, body string
		status     int
		text       string
	}{
		{"pools/us-east-1_None/fork", "{}", http.StatusNotFound, `user pool \"us-east-1_None\" does not exist`},
		{"pools/" + p.PoolID + "/fork", `{"PoolID":"` + p.PoolID + `"}`, http.StatusConflict, p.PoolID},
		{"pools/" + p.PoolID + "/fork", `{"PoolID":"eu-west-1_Other"}`, http.StatusBadRequest, "region"},
		{"pools/" + p.PoolID + "/fork", `{"PoolID":"us-east-1_no spaces"}`, http.StatusBadRequest, ""},
		{"pools/us-east-1_None/reset", "{}", http.StatusNotFound, `user pool \"us-east-1_None\" does not exist`},
		{"snapshots/7/restore", "{}", http.StatusNotFound, `snapshot \"7\" does not exist`},
	} {
		if status, body := call(t, p.Server, "POST", c.path, c.body); status != c.status || !strings.Contains(body, c.text) {
			t.Errorf("POST %s %s = %d %s, want %d %s", c.path, c.body, status, body, c.status, c.text)
		}
	}
	if got := mustCall[devapi.Fork](t, p.Server, "POST", "pools/"+p.PoolID+"/fork", `{"PoolID":"us-east-1_Chosen"}`); got.PoolID != "us-east-1_Chosen" {
		t.Errorf("fork with an id = %+v, want it", got)
	}
}

func TestResetPool(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	mustCall[any](t, p.Server, "POST", "pools/"+p.PoolID+"/reset", "")
	if _, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token}); err == nil {
		t.Error("GetUser() after a reset = no error, want one")
	}
	p.MustUser("ann")
	p.MustSignIn("ann", "")
	mustCall[any](t, p.Server, "DELETE", "pools/"+p.PoolID, "")
	_, err := p.Client.DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: p.PoolID})
	cognatetest.WantCode(t, "DescribeUserPool(deleted)", err, api.CodeResourceNotFoundException)
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	began := s.Clock.Now()
	s.Pool(t)
	s.Clock.Advance(time.Hour)
	s.Clock.Resume()
	mustCall[any](t, s, "POST", "reset", "{}")
	if got := s.Must(t).ListUserPools(&api.ListUserPoolsInput{MaxResults: new(9)}); len(got.UserPools) != 0 {
		t.Errorf("pools after a reset = %v, want none", got.UserPools)
	}
	if !s.Clock.Now().Equal(began) {
		t.Errorf("clock after a reset = %v, want %v", s.Clock.Now(), began)
	}
}

// A reset restores the pools of the seed with their keys, subs and secrets, and deletes all other pools.
func TestResetKeepsKeys(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		if err := s.Reseed(t.Context(), cognatetest.Try(devapi.ParseSeed([]byte(mustSeed(t)))).Of(t)); err != nil {
			t.Fatal(err)
		}
		state := func() []any {
			pool := cognatetest.Try(s.Store.UserPool(t.Context(), seedPool)).Of(t)
			keys := cognatetest.Try(s.Keys.JWKS(t.Context(), pool)).Of(t)
			bob := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: seedPool, Username: "bob"})
			client := s.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: seedPool, ClientId: seedClient})
			return []any{keys, bob.UserAttributes, client.UserPoolClient}
		}
		before := state()
		for range 2 {
			other := s.Pool(t)
			token := signIn(t, s, "ann", cognatetest.Password).AuthenticationResult.AccessToken
			s.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: seedPool, Username: "bob"})
			mustCall[any](t, s, "POST", "reset", "")
			if diff := cmp.Diff(before, state()); diff != "" {
				t.Errorf("the pool of the seed differs after a reset (-before +after):\n%s", diff)
			}
			if _, err := s.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token}); err == nil {
				t.Error("GetUser() with a token from before a reset = no error, want one")
			}
			_, err := s.Client.DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: other.PoolID})
			cognatetest.WantCode(t, "DescribeUserPool(pool from before a reset)", err, api.CodeResourceNotFoundException)
		}
	})
}

// A server can run for longer than a temporary password is valid.
func TestResetRenewsTemporaryPasswords(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	s.Clock.Advance(-30 * 24 * time.Hour) // a reset returns to the time of the start
	if err := s.Reseed(t.Context(), cognatetest.Try(devapi.ParseSeed([]byte(mustSeed(t)))).Of(t)); err != nil {
		t.Fatal(err)
	}
	mustCall[any](t, s, "POST", "reset", "")
	if cy := signIn(t, s, "cy", "Temporary-7"); cy.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Errorf("sign-in of cy leads to %q, want NEW_PASSWORD_REQUIRED", cy.ChallengeName)
	}
}

// A pool that existed before the seed is not the state that a reset restores.
func TestResetReplacesOlderPools(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	seed := cognatetest.Try(devapi.ParseSeed([]byte(mustSeed(t)))).Of(t)
	if err := s.ApplySeed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	s.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: seedPool, Username: "ann"})
	if err := s.Reseed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		mustCall[any](t, s, "POST", "reset", "")
		signIn(t, s, "ann", cognatetest.Password)
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
		p.MustUser("ann")
		secret, _ := p.MustEnrol("ann")
		p.NextStep()
		at := p.Clock.Now()
		type snapshot struct{ SnapshotID string }
		id := mustCall[snapshot](t, s, "POST", "snapshots", "").SnapshotID
		for range 3 { // the same code and state each time
			session := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
			token := cognatetest.Try(p.AnswerCode("ann", session, p.Code(secret))).Of(t).AuthenticationResult.AccessToken
			p.MustUser("bob")
			p.Clock.Advance(24 * time.Hour)
			mustCall[any](t, s, "POST", "snapshots/"+id+"/restore", "")
			if !p.Clock.Now().Equal(at) {
				t.Errorf("clock after a restore = %v, want %v", p.Clock.Now(), at)
			}
			if _, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token}); err == nil {
				t.Error("GetUser() with a token from after the snapshot = no error, want one")
			}
		}
		mustCall[any](t, s, "DELETE", "snapshots/"+id, "")
		if status, _ := call(t, s, "POST", "snapshots/"+id+"/restore", ""); status != http.StatusNotFound {
			t.Errorf("restore of a dropped snapshot = %d, want 404", status)
		}
	})
}

func TestSnapshotsAreBounded(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for range 64 {
		cognatetest.Try(s.Snapshot(t.Context())).Of(t)
	}
	if status, body := call(t, s, "POST", "snapshots", ""); status != http.StatusConflict {
		t.Errorf("snapshot 65 = %d %s, want 409", status, body)
	}
}

// Snapshots, restores and forks can run at any time, and their data is consistent.
func TestCopiesBesideRequests(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	id := cognatetest.Try(p.Snapshot(t.Context())).Of(t)
	ctx, stop := context.WithCancel(t.Context())
	var requests sync.WaitGroup
	for worker := range 4 {
		requests.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				// Rejected if a restore happens between the two requests.
				name := fmt.Sprintf("user-%d-%d", worker, i)
				_, _ = p.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
					UserPoolId: p.PoolID, Username: name, MessageAction: api.MessageActionTypeSuppress, TemporaryPassword: cognatetest.Password,
				})
				_, _ = p.SignIn("ann")
			}
		})
	}
	for range 10 {
		if err := p.Restore(t.Context(), id); err != nil {
			t.Errorf("Restore() = %v", err)
		}
		f := mustForked(t, p)
		f.MustSignIn("ann", "")
	}
	stop()
	requests.Wait()
	if err := p.Restore(t.Context(), id); err != nil {
		t.Fatalf("Restore() = %v", err)
	}
	p.MustSignIn("ann", "")
	if _, n, err := p.Store.DescribeUserPool(t.Context(), p.PoolID); err != nil || n.Users != 1 {
		t.Errorf("users after the last restore = %d, %v, want 1", n.Users, err)
	}
}
