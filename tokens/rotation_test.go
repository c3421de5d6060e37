package tokens_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/lease"
	"cognate/store"
	"cognate/tokens"
)

// rotation is a pool whose keys rotate, with its tokens on two servers with one database.
type rotation struct {
	*holder
	servers [2]*tokens.Service
	rotator *tokens.Rotator
}

func mustRotation(t *testing.T, s *cognatetest.Server) *rotation {
	t.Helper()
	r := &rotation{holder: mustHolder(t, s)}
	for i := range r.servers {
		r.servers[i] = &tokens.Service{
			Store: s.Store, Keys: tokens.NewKeyring(s.Store, shortKeys{}, s.Clock.Now), Issuer: tokens.Issuer{PublicURL: s.URL}, Now: s.Clock.Now,
		}
	}
	r.rotator = &tokens.Rotator{
		Store: s.Store, Source: shortKeys{}, Now: s.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	return r
}

// shortKeys makes keys with 1024 bits, which takes a tenth of the time of those with 2048 bits.
type shortKeys struct{}

func (shortKeys) Take(context.Context) (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, 1024)
}

func (shortKeys) TakeReady(int) []*rsa.PrivateKey { return nil }

func (k shortKeys) Next(ctx context.Context) (*rsa.PrivateKey, error) { return k.Take(ctx) }

func (r *rotation) pool(ctx context.Context) (*cognate.UserPool, error) {
	return r.Store.UserPool(ctx, r.PoolID)
}

// kid returns the key with which a server signs now.
func (r *rotation) kid(ctx context.Context, on *tokens.Service) (string, error) {
	pool, err := r.pool(ctx)
	if err != nil {
		return "", err
	}
	client := &cognate.AppClient{PoolID: r.PoolID, ID: r.ClientID}
	set, err := on.MintForClient(ctx, &tokens.ClientIssue{Pool: pool, Client: client, Scopes: []string{"api/read"}})
	if err != nil {
		return "", err
	}
	return kidOf(set.Access), nil
}

func kidOf(token string) string {
	header, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	var h struct{ Kid string }
	_ = json.Unmarshal(header, &h)
	return h.Kid
}

// wantKeys checks that every server publishes n keys, and that all servers sign with the same one, which it returns.
func (r *rotation) wantKeys(t *testing.T, when string, n int) string {
	t.Helper()
	pool := cognatetest.Try(r.pool(t.Context())).Of(t)
	kids := make(map[string]bool)
	var kid string
	for _, server := range r.servers {
		set := cognatetest.Try(server.Keys.JWKS(t.Context(), pool)).Of(t)
		kid = cognatetest.Try(r.kid(t.Context(), server)).Of(t)
		if len(set.Keys) != n || len(set.Key(kid)) != 1 {
			t.Errorf("%s: JWKS has %d keys, and has the key that signs: %v; want %d and true", when, len(set.Keys), len(set.Key(kid)) == 1, n)
		}
		kids[kid] = true
	}
	if len(kids) != 1 {
		t.Errorf("%s: the servers sign with %d keys, want 1", when, len(kids))
	}
	return kid
}

func (r *rotation) wantValid(t *testing.T, when, token string) {
	t.Helper()
	for i, server := range r.servers {
		if _, err := server.Authenticate(t.Context(), token); err != nil {
			t.Errorf("%s: Authenticate() on server %d = %v", when, i, err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		ctx := t.Context()
		s.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
			UserPoolId: r.PoolID, ClientId: r.ClientID, AccessTokenValidity: new(24), // hours
			ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
				api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
			},
		})
		r.wantValid(t, "before", r.access)
		old := r.wantKeys(t, "before", 2)

		began := s.Clock.Now().Truncate(time.Millisecond)
		for _, made := range []bool{true, false} {
			got := cognatetest.Try(r.rotator.Rotate(ctx, r.PoolID)).Of(t)
			if !got.SignsFrom.Equal(began.Add(24*time.Hour)) || got.Made != made {
				t.Errorf("Rotate() = %+v, want keys from 24 hours later, made: %v", got, made)
			}
		}
		if kid := r.wantKeys(t, "published", 4); kid != old {
			t.Errorf("the new key signs at once")
		}
		s.Clock.Advance(24*time.Hour - time.Second)
		if kid := r.wantKeys(t, "a second before", 4); kid != old {
			t.Errorf("the new key signs a second early")
		}
		last := r.MustSignIn("ann", "").AuthenticationResult
		s.Clock.Advance(time.Second)
		fresh := r.MustSignIn("ann", "").AuthenticationResult
		if kid := r.wantKeys(t, "after a day", 4); kid == old || kidOf(fresh.AccessToken) != kid || kidOf(fresh.IdToken) == kid {
			t.Errorf("the new keys do not sign after a day")
		}
		r.wantValid(t, "after a day", fresh.AccessToken)
		r.wantValid(t, "after a day", last.AccessToken)

		s.Clock.Advance(24*time.Hour - 2*time.Second) // a second before the last token of the old key expires
		mustRun(t, r.rotator)
		r.wantKeys(t, "the last old token is valid", 4)
		r.wantValid(t, "the last old token is valid", last.AccessToken)
		s.Clock.Advance(lease.ClockSkew + 2*time.Second)
		mustRun(t, r.rotator)
		r.wantKeys(t, "the last old token has expired", 2)
		for _, server := range r.servers {
			_, err := server.Authenticate(ctx, last.AccessToken)
			cognatetest.WantError(t, "Authenticate(token of a deleted key)", err, api.ErrTokenSignature)
		}
	})
}

func mustRun(t *testing.T, r *tokens.Rotator) {
	t.Helper()
	if err := r.Run(t.Context()); err != nil {
		t.Fatalf("Run() = %v", err)
	}
}

func TestRotateNow(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		first := r.wantKeys(t, "before", 2)
		s.Clock.Advance(time.Second)
		if got := cognatetest.Try(r.rotator.RotateNow(t.Context(), r.PoolID)).Of(t); !got.Made || got.SignsFrom.After(s.Clock.Now()) {
			t.Errorf("RotateNow() = %+v, want keys that sign", got)
		}
		second := r.wantKeys(t, "after the first", 4)
		cognatetest.Try(r.rotator.Rotate(t.Context(), r.PoolID)).Of(t)
		s.Clock.Advance(time.Second)
		if got := cognatetest.Try(r.rotator.RotateNow(t.Context(), r.PoolID)).Of(t); got.Made {
			t.Errorf("RotateNow(with published keys) = %+v, want the published keys", got)
		}
		third := r.wantKeys(t, "after the second", 6)
		if first == second || second == third {
			t.Errorf("keys = %s, %s, %s, want three", first, second, third)
		}
		r.wantValid(t, "after two rotations", r.access)
		if _, err := r.rotator.RotateNow(t.Context(), "us-east-1_none"); err == nil {
			t.Error("RotateNow(unknown pool) = no error")
		}
	})
}

// Revoke leaves no key of before: not one that signs, and not one that is published only.
func TestRevoke(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		first := r.wantKeys(t, "before", 2)
		cognatetest.Try(r.rotator.Rotate(t.Context(), r.PoolID)).Of(t)
		r.wantKeys(t, "with published keys", 4)
		s.Clock.Advance(time.Second)
		if got := cognatetest.Try(r.rotator.Revoke(t.Context(), r.PoolID)).Of(t); !got.Made || got.SignsFrom.After(s.Clock.Now()) {
			t.Errorf("Revoke() = %+v, want keys that sign", got)
		}
		if second := r.wantKeys(t, "after", 2); second == first {
			t.Error("an old key signs")
		}
		_, err := s.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: r.access})
		cognatetest.WantError(t, "GetUser with a token of an old key", err, api.ErrTokenSignature)
		if _, err := r.rotator.Revoke(t.Context(), "us-east-1_none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Revoke(unknown pool) = %v, want ErrNotFound", err)
		}
	})
}

// Keys that Age ends are replaced without a pause between their successors' publication and first use.
func TestRotationByAge(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		other := s.Pool(t)
		r.rotator.Age = 90 * 24 * time.Hour
		first := r.wantKeys(t, "new", 2)
		s.Clock.Advance(89*24*time.Hour - time.Minute)
		mustRun(t, r.rotator)
		r.wantKeys(t, "89 days less a minute", 2)
		s.Clock.Advance(2 * time.Minute)
		mustRun(t, r.rotator)
		mustRun(t, r.rotator)
		if kid := r.wantKeys(t, "89 days", 4); kid != first {
			t.Error("the new key signs when it is published")
		}
		if keys := cognatetest.Try(s.Store.SigningKeys(t.Context(), other.PoolID)).Of(t); len(keys) != 4 {
			t.Errorf("the other pool has %d keys, want 4", len(keys))
		}
		s.Clock.Advance(24 * time.Hour)
		mustRun(t, r.rotator)
		if kid := r.wantKeys(t, "90 days", 4); kid == first {
			t.Error("the first key signs after its age")
		}
		s.Clock.Advance(24*time.Hour + lease.ClockSkew)
		mustRun(t, r.rotator)
		r.wantKeys(t, "91 days", 2)
	})
}

// A new server signs also if its clock is behind the one that made the keys.
func TestClockBehindTheKeys(t *testing.T) {
	t.Parallel()
	r := mustRotation(t, cognatetest.Start(t))
	r.Clock.Advance(-time.Hour)
	r.wantKeys(t, "an hour before the first key", 2)
}

// While keys rotate, two servers sign and verify without an error.
func TestNoRequestFailsDuringRotations(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		ctx := t.Context()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for i, signer := range r.servers {
			verifier := r.servers[1-i]
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					r.signAndVerify(ctx, t, signer, verifier)
				}
			})
		}
		for range 3 {
			s.Clock.Advance(time.Second)
			for _, rotate := range []func(context.Context, string) (tokens.Rotated, error){r.rotator.RotateNow, r.rotator.Rotate} {
				if _, err := rotate(ctx, r.PoolID); err != nil {
					t.Errorf("rotate: %v", err)
				}
			}
		}
		close(stop)
		wg.Wait()
	})
}

// signAndVerify signs on one server, and verifies on the other: as an API that reads the published keys, and as the server.
func (r *rotation) signAndVerify(ctx context.Context, t *testing.T, signer, verifier *tokens.Service) {
	kid, err := r.kid(ctx, signer)
	if err != nil {
		t.Errorf("sign: %v", err)
		return
	}
	pool, err := r.pool(ctx)
	if err != nil {
		t.Errorf("UserPool() = %v", err)
		return
	}
	var set jose.JSONWebKeySet
	if set, err = verifier.Keys.JWKS(ctx, pool); err != nil || len(set.Key(kid)) != 1 {
		t.Errorf("JWKS() = %d keys without the one that signed, %v", len(set.Keys), err)
	}
	if _, err := verifier.Authenticate(ctx, r.access); err != nil {
		t.Errorf("Authenticate(old token) = %v", err)
	}
}

// Of servers that rotate at the same time, one makes keys.
func TestRotationsAtTheSameTime(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		r := mustRotation(t, s)
		var made sync.Map
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				done, err := r.rotator.Rotate(t.Context(), r.PoolID)
				if err != nil {
					t.Errorf("Rotate() = %v", err)
				}
				if done.Made {
					made.Store(i, true)
				}
			})
		}
		wg.Wait()
		n := 0
		made.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d rotations made keys, want 1", n)
		}
		r.wantKeys(t, "after four rotations", 4)
	})
}
