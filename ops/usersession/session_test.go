package usersession_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

var (
	errNotTracked     = api.OperationNotEnabledException("User session tracking is not enabled for the user pool.")
	errNoSession      = api.ResourceNotFoundException("Session does not exist.")
	errCurrentSession = api.InvalidParameterException("The current session can't be revoked.")
	errLite           = api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: User Session Management")
)

// mustTrack switches the tracking of sessions on, with a limit per user.
func mustTrack(t *testing.T, p *cognatetest.UserPool, most int) {
	t.Helper()
	p.Must(t).SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
		UserPoolId: p.PoolID, UserSessionTracking: api.UserSessionTrackingTypeEnabled,
		TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: &most},
	})
}

// mustTrackedPool returns a pool with ann and bob that tracks up to 20 sessions per user.
func mustTrackedPool(t *testing.T, s *cognatetest.Server) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	mustTrack(t, p, 20)
	return p
}

// signIn signs a user in, one second after the previous event.
func signIn(p *cognatetest.UserPool, username string) *api.AuthenticationResultType {
	p.Clock.Advance(time.Second)
	return p.MustSignIn(username, "").AuthenticationResult
}

func list(t *testing.T, p *cognatetest.UserPool, access string) []api.SessionDescriptionType {
	t.Helper()
	return p.Must(t).ListUserSessions(&api.ListUserSessionsInput{AccessToken: access}).Sessions
}

func revoke(t *testing.T, p *cognatetest.UserPool, access, id string) error {
	t.Helper()
	_, err := p.Client.RevokeUserSession(t.Context(), &api.RevokeUserSessionInput{AccessToken: access, SessionId: id})
	return err
}

func getUser(t *testing.T, p *cognatetest.UserPool, access string) error {
	t.Helper()
	_, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access})
	return err
}

func refresh(t *testing.T, p *cognatetest.UserPool, token string) error {
	t.Helper()
	_, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: p.ClientID, RefreshToken: token})
	return err
}

func TestListUserSessions(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	p.Client.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"
	first := signIn(p, "ann")
	firstAt := p.Clock.Now()
	p.Client.UserAgent = ""
	second := signIn(p, "ann")
	signIn(p, "bob")

	sessions := list(t, p, first.AccessToken)
	if len(sessions) != 2 || !*sessions[1].IsCurrentSession || *sessions[0].IsCurrentSession {
		t.Fatalf("ListUserSessions() = %+v, want the second and the first, which is current", sessions)
	}
	form := regexp.MustCompile(`^tkn[a-z0-9]{25}$`)
	if !form.MatchString(sessions[0].SessionId) || !form.MatchString(sessions[1].SessionId) || sessions[0].SessionId == sessions[1].SessionId {
		t.Errorf("SessionId = %q and %q", sessions[0].SessionId, sessions[1].SessionId)
	}
	want := api.SessionDescriptionType{
		SessionId: sessions[1].SessionId, SessionType: api.SessionTypeTypeToken, ClientId: p.ClientID,
		CreateDate: api.EpochOf(firstAt), LastActiveDate: api.EpochOf(firstAt), DeviceType: "Firefox 126 / Linux",
		LastIPAddress: "127.0.0.1", LastLocation: &api.SessionLocationType{Country: "unknown"}, IsCurrentSession: new(true),
	}
	if diff := cmp.Diff(want, sessions[1]); diff != "" {
		t.Errorf("session differs (-want +got):\n%s", diff)
	}

	p.Places.Set("127.0.0.1", cognate.Place{CountryCode: "DE", Country: "Germany", City: "Berlin"})
	berlin := api.SessionLocationType{Country: "Germany", City: "Berlin"}
	if got := list(t, p, first.AccessToken)[1]; *got.LastLocation != berlin {
		t.Errorf("LastLocation = %+v, want %+v", *got.LastLocation, berlin)
	}

	p.Clock.Advance(time.Minute)
	if err := refresh(t, p, first.RefreshToken); err != nil {
		t.Fatal(err)
	}
	now := api.EpochOf(p.Clock.Now())
	got := list(t, p, second.AccessToken)[1]
	if got.LastActiveDate != now || got.CreateDate != api.EpochOf(firstAt) || got.DeviceType == want.DeviceType || *got.IsCurrentSession {
		t.Errorf("after a refresh: %+v, want it active now, from another device and not current", got)
	}

	byAdmin := p.Must(t).AdminListUserSessions(&api.AdminListUserSessionsInput{
		UserPoolId: p.PoolID, Username: "ann",
	}).Sessions
	if len(byAdmin) != 2 || *byAdmin[0].IsCurrentSession || *byAdmin[1].IsCurrentSession || byAdmin[1].SessionId != want.SessionId {
		t.Errorf("AdminListUserSessions() = %+v, want both, none current", byAdmin)
	}
}

// Revoked and expired sessions are not listed.
func TestOnlyLiveSessionsAreListed(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	signIn(p, "ann") // will expire
	p.Clock.Advance(30*24*time.Hour - time.Minute)
	revoked := signIn(p, "ann")
	p.Must(t).RevokeToken(&api.RevokeTokenInput{ClientId: p.ClientID, Token: revoked.RefreshToken})
	p.Clock.Advance(time.Minute)
	last := signIn(p, "ann")
	if sessions := list(t, p, last.AccessToken); len(sessions) != 1 || !*sessions[0].IsCurrentSession {
		t.Errorf("ListUserSessions() = %+v, want the last one only", sessions)
	}
}

func TestRevokeUserSession(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	lost, current := signIn(p, "ann"), signIn(p, "ann")
	sessions := list(t, p, current.AccessToken)
	cognatetest.WantError(t, "the current session", revoke(t, p, current.AccessToken, sessions[0].SessionId), errCurrentSession)
	cognatetest.WantError(t, "no session", revoke(t, p, current.AccessToken, "tknaaaaaaaaaaaaaaaaaaaaaaaaa"), errNoSession)
	if err := revoke(t, p, current.AccessToken, sessions[1].SessionId); err != nil {
		t.Fatalf("RevokeUserSession() = %v", err)
	}
	cognatetest.WantError(t, "its access token", getUser(t, p, lost.AccessToken), api.ErrTokenRevoked)
	cognatetest.WantError(t, "its refresh token", refresh(t, p, lost.RefreshToken), api.NotAuthorizedException("Refresh Token has been revoked"))
	cognatetest.WantError(t, "a second time", revoke(t, p, current.AccessToken, sessions[1].SessionId), errNoSession)
	if err := getUser(t, p, current.AccessToken); err != nil {
		t.Errorf("GetUser(current session) = %v", err)
	}
}

// A user cannot end a session of another user, also not of a user with the same name in another pool.
func TestRevokeSessionOfAnotherUser(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := mustTrackedPool(t, s), mustTrackedPool(t, s)
	bob, stranger := signIn(p, "bob"), signIn(other, "ann")
	ann := signIn(p, "ann")
	id := list(t, p, ann.AccessToken)[0].SessionId
	cognatetest.WantError(t, "another user's", revoke(t, p, bob.AccessToken, id), errNoSession)
	cognatetest.WantError(t, "another pool's", revoke(t, other, stranger.AccessToken, id), errNoSession)
	for what, in := range map[string]*api.AdminRevokeUserSessionInput{
		"under another name": {UserPoolId: p.PoolID, Username: "bob", SessionId: id},
		"in another pool":    {UserPoolId: other.PoolID, Username: "ann", SessionId: id},
	} {
		_, err := p.Client.AdminRevokeUserSession(t.Context(), in)
		cognatetest.WantError(t, "AdminRevokeUserSession "+what, err, errNoSession)
	}
	if err := getUser(t, p, ann.AccessToken); err != nil {
		t.Fatalf("GetUser() = %v, want the session alive", err)
	}
	p.Must(t).AdminRevokeUserSession(&api.AdminRevokeUserSessionInput{
		UserPoolId: p.PoolID, Username: "ann", SessionId: id, RevokeAssociatedSessions: api.RevokeAssociatedSessionsTypeLinked,
	})
	cognatetest.WantError(t, "GetUser(revoked by an administrator)", getUser(t, p, ann.AccessToken), api.ErrTokenRevoked)
}

// A sign-in over the limit revokes the session with the oldest activity.
func TestSessionLimit(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	mustTrack(t, p, 2)
	busy, idle := signIn(p, "ann"), signIn(p, "ann")
	bob := signIn(p, "bob")
	p.Clock.Advance(time.Minute)
	if err := refresh(t, p, busy.RefreshToken); err != nil {
		t.Fatal(err)
	}
	third := signIn(p, "ann")
	cognatetest.WantError(t, "the idle session", getUser(t, p, idle.AccessToken), api.ErrTokenRevoked)
	for what, result := range map[string]*api.AuthenticationResultType{"busy": busy, "new": third, "another user's": bob} {
		if err := getUser(t, p, result.AccessToken); err != nil {
			t.Errorf("the %s session = %v, want it alive", what, err)
		}
	}
	mustTrack(t, p, 1)
	if sessions := list(t, p, third.AccessToken); len(sessions) != 2 {
		t.Errorf("%d sessions after the limit was lowered, want both", len(sessions))
	}
	if sessions := list(t, p, signIn(p, "ann").AccessToken); len(sessions) != 1 {
		t.Errorf("%d sessions after the next sign-in, want one", len(sessions))
	}
}

// After concurrent sign-ins a user has no more sessions than the limit.
func TestSessionLimitOfConcurrentSignIns(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := mustTrackedPool(t, s)
		mustTrack(t, p, 3)
		done := make(chan struct{})
		for range 12 {
			go func() {
				defer func() { done <- struct{}{} }()
				if _, err := p.SignIn("ann"); err != nil {
					t.Errorf("a racing sign-in = %v", err)
				}
			}()
		}
		for range 12 {
			<-done
		}
		if sessions := list(t, p, signIn(p, "ann").AccessToken); len(sessions) != 3 {
			t.Errorf("%d sessions after racing sign-ins, want 3", len(sessions))
		}
	})
}

func TestPagesOfSessions(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	p.MustUser("bob")
	for i := range 130 { // a pool without tracking can have more sessions than one page
		if i%2 == 0 {
			p.Clock.Advance(time.Second)
		}
		p.MustSignIn("ann", "")
	}
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	mustTrack(t, p, 100)
	first := p.Must(t).ListUserSessions(&api.ListUserSessionsInput{AccessToken: access})
	if len(first.Sessions) != 125 || first.NextToken == "" {
		t.Fatalf("first page has %d sessions, NextToken %q, want 125 and a token", len(first.Sessions), first.NextToken)
	}
	second := p.Must(t).ListUserSessions(&api.ListUserSessionsInput{AccessToken: access, NextToken: first.NextToken})
	if len(second.Sessions) != 6 || second.NextToken != "" {
		t.Errorf("second page has %d sessions, NextToken %q, want 6 and none", len(second.Sessions), second.NextToken)
	}
	seen := make(map[string]bool)
	all := slices.Concat(first.Sessions, second.Sessions)
	for _, session := range all {
		seen[session.SessionId] = true
	}
	if len(seen) != 131 || !slices.IsSortedFunc(all, func(a, b api.SessionDescriptionType) int {
		return int(b.CreateDate - a.CreateDate)
	}) {
		t.Errorf("%d sessions, want 131 in order, latest first", len(seen))
	}
	for what, token := range map[string]string{"made up": "AAAA", "cut": first.NextToken[:20]} {
		_, err := p.Client.ListUserSessions(t.Context(), &api.ListUserSessionsInput{AccessToken: access, NextToken: token})
		cognatetest.WantError(t, "a token "+what, err, api.InvalidParameterException("Invalid pagination token"))
	}
	_, err := p.Client.AdminListUserSessions(t.Context(), &api.AdminListUserSessionsInput{
		UserPoolId: p.PoolID, Username: "bob", NextToken: first.NextToken,
	})
	cognatetest.WantError(t, "another user's token", err, api.InvalidParameterException("Invalid pagination token"))
}

// Without tracking, sessions are not listed, and their device types and addresses are not stored.
func TestWithoutTracking(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	access := signIn(p, "ann").AccessToken
	for what, call := range map[string]func() error{
		"ListUserSessions": func() error {
			_, err := p.Client.ListUserSessions(t.Context(), &api.ListUserSessionsInput{AccessToken: access})
			return err
		},
		"RevokeUserSession": func() error { return revoke(t, p, access, "tknaaaaaaaaaaaaaaaaaaaaaaaaa") },
		"AdminListUserSessions": func() error {
			_, err := p.Client.AdminListUserSessions(t.Context(), &api.AdminListUserSessionsInput{UserPoolId: p.PoolID, Username: "unknown"})
			return err
		},
		"AdminRevokeUserSession": func() error {
			_, err := p.Client.AdminRevokeUserSession(t.Context(), &api.AdminRevokeUserSessionInput{UserPoolId: p.PoolID, Username: "ann", SessionId: "x"})
			return err
		},
		"SetUserPoolClientSessionConfiguration": func() error { return setClient(t, p, p.ClientID, 5) },
	} {
		cognatetest.WantError(t, what, call(), errNotTracked)
	}
	mustTrack(t, p, 5)
	if s := list(t, p, access)[0]; s.DeviceType != "unknown" || s.LastIPAddress != "" {
		t.Errorf("a session from before = %+v, want no address and an unknown device", s)
	}
}

// Switching tracking off deletes the device types and addresses, and does not revoke sessions.
func TestTrackingSwitchedOff(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	access := signIn(p, "ann").AccessToken
	p.Must(t).SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
		UserPoolId: p.PoolID, UserSessionTracking: api.UserSessionTrackingTypeDisabled,
		TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(1)},
	})
	signIn(p, "ann")
	mustTrack(t, p, 20)
	sessions := list(t, p, access)
	if len(sessions) != 2 {
		t.Fatalf("%d sessions, want both: no limit acts without tracking", len(sessions))
	}
	for _, session := range sessions {
		if session.DeviceType != "unknown" || session.LastIPAddress != "" {
			t.Errorf("a session of an untracked time = %+v, want no device and no address", session)
		}
	}
}

func TestUnknownUserAndPool(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	_, err := p.Client.AdminListUserSessions(t.Context(), &api.AdminListUserSessionsInput{UserPoolId: p.PoolID, Username: "unknown"})
	cognatetest.WantError(t, "AdminListUserSessions(unknown)", err, api.ErrUserDoesNotExist)
	_, err = p.Client.AdminRevokeUserSession(t.Context(), &api.AdminRevokeUserSessionInput{UserPoolId: p.PoolID, Username: "unknown", SessionId: "x"})
	cognatetest.WantError(t, "AdminRevokeUserSession(unknown)", err, api.ErrUserDoesNotExist)
	gone := api.ResourceNotFoundException("User pool us-east-1_none does not exist.")
	_, err = p.Client.AdminListUserSessions(t.Context(), &api.AdminListUserSessionsInput{UserPoolId: "us-east-1_none", Username: "ann"})
	cognatetest.WantError(t, "AdminListUserSessions(no pool)", err, gone)
	_, err = p.Client.GetUserPoolSessionConfiguration(t.Context(), &api.GetUserPoolSessionConfigurationInput{UserPoolId: "us-east-1_none"})
	cognatetest.WantError(t, "GetUserPoolSessionConfiguration(no pool)", err, gone)
}

func TestPoolConfiguration(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	get := func() string {
		out := p.Must(t).GetUserPoolSessionConfiguration(&api.GetUserPoolSessionConfigurationInput{UserPoolId: p.PoolID})
		return fmt.Sprint(out.UserPoolId == p.PoolID, " ", out.UserSessionTracking, " ", *out.TokenSession.MaxPerUser)
	}
	if got := get(); got != "true DISABLED 20" {
		t.Errorf("by default: %s", got)
	}
	mustTrack(t, p, 100)
	if got := get(); got != "true ENABLED 100" {
		t.Errorf("after a change: %s", got)
	}
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID})
	if got := get(); got != "true ENABLED 100" {
		t.Errorf("after UpdateUserPool: %s", got)
	}
	for _, most := range []int{0, 101} {
		_, err := p.Client.SetUserPoolSessionConfiguration(t.Context(), &api.SetUserPoolSessionConfigurationInput{
			UserPoolId: p.PoolID, UserSessionTracking: "MAYBE", TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: &most},
		})
		cognatetest.WantCode(t, fmt.Sprintf("%d sessions", most), err, api.CodeInvalidParameterException)
		if err != nil && !strings.Contains(err.Error(), "2 validation errors detected") {
			t.Errorf("%d sessions, MAYBE = %v, want both named", most, err)
		}
	}
	_, err := p.Client.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
	cognatetest.WantError(t, "LITE while sessions are tracked", err, errLite)
}

func TestConfigurationInLite(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypeLite})
	for _, tracking := range []api.UserSessionTrackingType{api.UserSessionTrackingTypeEnabled, api.UserSessionTrackingTypeDisabled} {
		_, err := p.Client.SetUserPoolSessionConfiguration(t.Context(), &api.SetUserPoolSessionConfigurationInput{
			UserPoolId: p.PoolID, UserSessionTracking: tracking, TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(5)},
		})
		cognatetest.WantError(t, string(tracking), err, errLite)
	}
	cognatetest.WantError(t, "of a client", setClient(t, p, p.ClientID, 5), errLite)
}

func setClient(t *testing.T, p *cognatetest.UserPool, clientID string, minutes int) error {
	t.Helper()
	_, err := p.Client.SetUserPoolClientSessionConfiguration(t.Context(), &api.SetUserPoolClientSessionConfigurationInput{
		UserPoolId: p.PoolID, ClientId: clientID, SSOSession: &api.ClientSSOSessionConfigType{MaxValidityMinutes: &minutes},
	})
	return err
}

func TestClientConfiguration(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := mustTrackedPool(t, s), mustTrackedPool(t, s)
	want := func(minutes int) {
		t.Helper()
		out := p.Must(t).GetUserPoolClientSessionConfiguration(&api.GetUserPoolClientSessionConfigurationInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID,
		})
		if out.ClientId != p.ClientID || out.UserPoolId != p.PoolID || *out.SSOSession.MaxValidityMinutes != minutes {
			t.Errorf("GetUserPoolClientSessionConfiguration() = %+v, want %d minutes", out, minutes)
		}
	}
	want(60)
	for _, minutes := range []int{0, 129600} {
		if err := setClient(t, p, p.ClientID, minutes); err != nil {
			t.Fatal(err)
		}
		want(minutes)
	}
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	want(129600)
	cognatetest.WantCode(t, "129601 minutes", setClient(t, p, p.ClientID, 129601), api.CodeInvalidParameterException)
	cognatetest.WantError(t, "another pool's client", setClient(t, p, other.ClientID, 5),
		api.ResourceNotFoundException("User pool client "+other.ClientID+" does not exist."))
}
