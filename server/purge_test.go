package server_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/iam"
	"cognate/lease"
	"cognate/logdelivery"
	"cognate/notify"
	"cognate/server"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/trigger"
)

// A purge does not end a token early: the last access token of a sign-in can be valid longer than its refresh token.
func TestPurgeSparesTheLastAccessToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	refresh := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	p.Clock.Advance(cognate.DefaultRefreshTokenDays*24*time.Hour - time.Second)
	out := p.Must(t).InitiateAuth(&api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": refresh},
	})
	p.Clock.Advance(30 * time.Minute)
	mustPurge(t, p)
	p.Must(t).GetUser(&api.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken})
	p.Clock.Advance(25 * time.Hour)
	mustPurge(t, p)
	_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": refresh},
	})
	cognatetest.WantError(t, "a refresh token whose grant is purged", err, api.NotAuthorizedException("Invalid Refresh Token."))
}

// A server whose clock is behind must still find spent Sessions that have expired for a server whose clock is ahead.
func TestPurgeLeavesRoomForClocksThatDiffer(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	session := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session
	p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session})
	ahead := p.Clock.Now().Add(10 * time.Minute)
	purgeAt(t, p, ahead)
	_, err := p.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: session})
	cognatetest.WantError(t, "a spent Session", err, api.ErrSessionSpent)
}

// A code is recognized for an hour after it has expired, so that a second use ends its grant. An SSO session stays while the sign-in
// that made it can still be going on.
func TestPurgeOfPageSignIns(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	now, hash := p.Clock.Now(), cognate.CodeHash("code")
	pool, err := p.Store.UserPool(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := p.Store.FindUser(t.Context(), pool, "ann")
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, p.Store, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateSSOSession(t.Context(), &cognate.SSOSession{PoolID: p.PoolID, ID: "sso", Sub: user.Sub, SecretHash: hash, AuthTime: now, Expires: now}),
			tx.CreateAuthorizationCode(t.Context(), &cognate.AuthorizationCode{PoolID: p.PoolID, Hash: hash, Sub: user.Sub, Expires: now}),
		)
	})
	for _, tt := range []struct {
		after           time.Duration
		hasSSO, hasCode bool
	}{
		{lease.ClockSkew + cognate.SignInWindow, true, true},
		{lease.ClockSkew + cognate.SignInWindow + time.Second, false, true},
		{lease.ClockSkew + time.Hour, false, true},
		{lease.ClockSkew + time.Hour + time.Second, false, false},
	} {
		purgeAt(t, p, now.Add(tt.after))
		_, ssoErr := p.Store.SSOSessionByID(t.Context(), p.PoolID, "sso")
		_, codeErr := p.Store.AuthorizationCode(t.Context(), p.PoolID, hash)
		if (ssoErr == nil) != tt.hasSSO || (codeErr == nil) != tt.hasCode {
			t.Errorf("after a purge at %v: session %v, code %v, want them: %t, %t", tt.after, ssoErr, codeErr, tt.hasSSO, tt.hasCode)
		}
	}
}

func mustPurge(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	purgeAt(t, p, p.Clock.Now())
}

func purgeAt(t *testing.T, p *cognatetest.UserPool, now time.Time) {
	t.Helper()
	err := p.Store.Purge(t.Context(), server.Cutoffs(now))
	if err != nil {
		t.Fatalf("Purge() = %v", err)
	}
}

// Two servers on one database run one purge per period. No other server uses the database: it would run the tasks too.
func TestTwoServersPurgeOncePerPeriod(t *testing.T) {
	t.Parallel()
	storetest.OnBoth(t, func(t *testing.T, s *store.Store) {
		clock := cognatetest.NewClock()
		const poolID, key = "us-east-1_Purge0001", "expired"
		var servers []*server.Server
		for range 2 {
			servers = append(servers, server.New(server.Config{
				Store: s, PublicURL: "http://id.example.com", Access: &iam.Keys{Now: clock.Now}, Sender: notify.None{}, Functions: trigger.None{},
				CodeSealer: trigger.None{}, Logs: logdelivery.New(logdelivery.Config{}), Now: clock.Now, Log: slog.New(slog.DiscardHandler),
			}))
		}
		// runBoth stores an expired row, lets both servers run their tasks and reports whether a purge has deleted the row.
		runBoth := func() (purged bool) {
			expired := clock.Now().Add(-24 * time.Hour)
			mustWrite(t, s, func(tx *store.Tx) error {
				_, err := tx.LockAttempts(t.Context(), poolID, key)
				return errors.Join(err, tx.SaveAttempts(t.Context(), poolID, key, store.Attempts{Failures: 1, LastFailed: expired}))
			})
			var g sync.WaitGroup
			for _, srv := range servers {
				g.Go(func() { srv.RunDue(t.Context()) })
			}
			g.Wait()
			mustWrite(t, s, func(tx *store.Tx) error {
				a, err := tx.LockAttempts(t.Context(), poolID, key)
				purged = a.Failures == 0
				return err
			})
			return purged
		}
		for period := range 3 {
			for minute := range 10 {
				if purged := runBoth(); purged != (minute == 0) {
					t.Errorf("period %d, minute %d: a purge has run: %t", period, minute, purged)
				}
				clock.Advance(time.Minute)
			}
		}
	})
}

func mustWrite(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatalf("Write() = %v", err)
	}
}
