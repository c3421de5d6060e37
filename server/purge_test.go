package server_test

import (
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
	"cognate/store"
)

// A purge ends no token early: the last access token of a sign-in may outlive the refresh token that it came from.
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

// A server whose clock is behind must still know the Sessions that one whose clock is ahead has seen expire.
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

func mustPurge(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	purgeAt(t, p, p.Clock.Now())
}

func purgeAt(t *testing.T, p *cognatetest.UserPool, now time.Time) {
	t.Helper()
	err := p.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.Purge(t.Context(), server.Cutoffs(now)) })
	if err != nil {
		t.Fatalf("Purge() = %v", err)
	}
}
