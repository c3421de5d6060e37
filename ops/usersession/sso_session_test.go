package usersession_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// mustSSO stores an SSO session of a user, and a grant that came from it. It returns their session IDs.
func mustSSO(t *testing.T, p *cognatetest.UserPool, username string) (sso, token string) {
	t.Helper()
	p.Clock.Advance(time.Second)
	now := p.Clock.Now().Truncate(time.Millisecond)
	pool, err := p.Store.UserPool(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := p.Store.FindUser(t.Context(), pool, username)
	if err != nil {
		t.Fatal(err)
	}
	session := &cognate.SSOSession{
		PoolID: p.PoolID, ID: cognate.NewSSOSessionID(), Sub: user.Sub, ClientID: p.ClientID, AuthTime: now, Expires: now.Add(time.Hour),
		Stamp: user.Stamp, LastActive: now, DeviceType: "Firefox 126 / Linux", IPAddress: "127.0.0.1",
	}
	session.SecretHash = cognate.SSOSecretHash(session.ID)
	grant := cognate.Grant{
		PoolID: p.PoolID, ID: "grant of " + session.ID, ClientID: p.ClientID, Sub: user.Sub, RefreshHash: cognate.CodeHash(session.ID),
		AuthTime: now, Created: now.Add(time.Minute), LastActive: now, Expires: now.Add(24 * time.Hour), SSOSession: session.ID, Scopes: []string{"openid"},
	}
	err = p.Store.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.CreateSSOSession(t.Context(), session), tx.CreateGrant(t.Context(), grant))
	})
	if err != nil {
		t.Fatal(err)
	}
	return session.ID, grant.TokenSessionID()
}

func adminList(t *testing.T, p *cognatetest.UserPool, username string) (ids []string) {
	t.Helper()
	for _, s := range p.Must(t).AdminListUserSessions(&api.AdminListUserSessionsInput{UserPoolId: p.PoolID, Username: username}).Sessions {
		ids = append(ids, s.SessionId)
	}
	return ids
}

func TestListSSOSessions(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	sso, token := mustSSO(t, p, "ann")
	signedIn := api.EpochOf(p.Clock.Now().Truncate(time.Millisecond))
	mustSSO(t, p, "bob")
	access := signIn(p, "ann").AccessToken
	sessions := list(t, p, access)
	if len(sessions) != 3 || sessions[0].SessionId != token || !*sessions[1].IsCurrentSession || sessions[2].SessionId != sso {
		t.Fatalf("ListUserSessions() = %+v, want the token session, the current one, and the SSO session", sessions)
	}
	if form := regexp.MustCompile(`^sso[a-z0-9]{25}$`); !form.MatchString(sso) {
		t.Errorf("SessionId = %q", sso)
	}
	if got := sessions[0]; got.OriginSessionId != sso || got.SessionType != api.SessionTypeTypeToken {
		t.Errorf("token session = %+v, want OriginSessionId %s", got, sso)
	}
	want := api.SessionDescriptionType{
		SessionId: sso, SessionType: api.SessionTypeTypeSso, ClientId: p.ClientID, CreateDate: signedIn, LastActiveDate: signedIn,
		DeviceType: "Firefox 126 / Linux", LastIPAddress: "127.0.0.1", LastLocation: &api.SessionLocationType{Country: "unknown"},
		IsCurrentSession: new(false),
	}
	if diff := cmp.Diff(want, sessions[2]); diff != "" {
		t.Errorf("SSO session (-want +got):\n%s", diff)
	}
	p.Clock.Advance(time.Hour)
	if ids := adminList(t, p, "ann"); slices.Contains(ids, sso) || !slices.Contains(ids, token) {
		t.Errorf("AdminListUserSessions() after an hour = %q, want no SSO session", ids)
	}
}

// What ends with a session, without and with LINKED.
func TestRevokeAssociatedSessions(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	for what, tt := range map[string]struct {
		isToken    bool // the token session is revoked
		associated api.RevokeAssociatedSessionsType
		want       []string // that stay
	}{
		"an SSO session":          {false, "", []string{"token"}},
		"an SSO session, NONE":    {false, api.RevokeAssociatedSessionsTypeNone, []string{"token"}},
		"an SSO session, LINKED":  {false, api.RevokeAssociatedSessionsTypeLinked, nil},
		"a token session":         {true, "", []string{"sso"}},
		"a token session, NONE":   {true, api.RevokeAssociatedSessionsTypeNone, []string{"sso"}},
		"a token session, LINKED": {true, api.RevokeAssociatedSessionsTypeLinked, nil},
	} {
		for _, byAdmin := range []bool{true, false} {
			sso, token := mustSSO(t, p, "ann")
			otherSSO, otherToken := mustSSO(t, p, "ann")
			access := signIn(p, "ann").AccessToken
			id := sso
			if tt.isToken {
				id = token
			}
			var err error
			if byAdmin {
				_, err = p.Client.AdminRevokeUserSession(t.Context(), &api.AdminRevokeUserSessionInput{
					UserPoolId: p.PoolID, Username: "ann", SessionId: id, RevokeAssociatedSessions: tt.associated,
				})
			} else {
				_, err = p.Client.RevokeUserSession(t.Context(), &api.RevokeUserSessionInput{
					AccessToken: access, SessionId: id, RevokeAssociatedSessions: tt.associated,
				})
			}
			if err != nil {
				t.Fatalf("revoke %s, by an administrator: %t: %v", what, byAdmin, err)
			}
			var got []string
			ids := adminList(t, p, "ann")
			for name, id := range map[string]string{"sso": sso, "token": token} {
				if slices.Contains(ids, id) {
					got = append(got, name)
				}
			}
			if !slices.Equal(got, tt.want) || !slices.Contains(ids, otherSSO) || !slices.Contains(ids, otherToken) {
				t.Errorf("after %s was revoked, by an administrator: %t: %q of it and %q stay, want %q and the others", what, byAdmin, got, ids, tt.want)
			}
		}
	}
}

// A user ends no SSO session of another user.
func TestRevokeSSOSessionOfAnotherUser(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	sso, _ := mustSSO(t, p, "ann")
	bob := signIn(p, "bob")
	cognatetest.WantError(t, "another user's", revoke(t, p, bob.AccessToken, sso), errNoSession)
	p.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "bob"})
	if ids := adminList(t, p, "ann"); !slices.Contains(ids, sso) {
		t.Errorf("AdminListUserSessions() = %q, want the SSO session", ids)
	}
	p.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
	if ids := adminList(t, p, "ann"); len(ids) != 0 {
		t.Errorf("AdminListUserSessions() after the global sign-out = %q, want none", ids)
	}
}

// The operations that end SSO sessions, and some that do not.
func TestOperationsEndSSOSessions(t *testing.T) {
	t.Parallel()
	p := mustTrackedPool(t, cognatetest.Start(t))
	const changed = "Another-horse-7"
	for what, tt := range map[string]struct {
		do    func(username, access string)
		stays bool
	}{
		"AdminGetUser": {func(username, _ string) {
			p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: username})
		}, true},
		"UpdateUserAttributes": {func(_, access string) {
			p.Must(t).UpdateUserAttributes(&api.UpdateUserAttributesInput{AccessToken: access, UserAttributes: []api.AttributeType{{Name: "name", Value: "A"}}})
		}, true},
		"ChangePassword": {func(_, access string) {
			p.Must(t).ChangePassword(&api.ChangePasswordInput{AccessToken: access, PreviousPassword: cognatetest.Password, ProposedPassword: changed})
		}, false},
		"AdminSetUserPassword": {func(username, _ string) {
			p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: username, Password: changed, Permanent: new(true)})
		}, false},
		"AdminResetUserPassword": {func(username, _ string) {
			p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{UserPoolId: p.PoolID, Username: username, UserAttributes: []api.AttributeType{
				{Name: "email", Value: username + "@example.com"}, {Name: "email_verified", Value: "true"},
			}})
			p.Must(t).AdminResetUserPassword(&api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: username})
		}, false},
		"AdminDisableUser": {func(username, _ string) {
			p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: username})
		}, false},
		"AdminUserGlobalSignOut": {func(username, _ string) {
			p.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: username})
		}, false},
		"GlobalSignOut": {func(_, access string) { p.Must(t).GlobalSignOut(&api.GlobalSignOutInput{AccessToken: access}) }, false},
	} {
		username := strings.ToLower(what)
		p.MustUser(username)
		sso, _ := mustSSO(t, p, username)
		tt.do(username, signIn(p, username).AccessToken)
		if stays := slices.Contains(adminList(t, p, username), sso); stays != tt.stays {
			t.Errorf("after %s the SSO session is listed: %t, want %t", what, stays, tt.stays)
		}
	}
}
