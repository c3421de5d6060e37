package ops_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// adminBodies has a request of each Admin operation with a Username, without UserPoolId and Username.
var adminBodies = map[string]string{
	"AdminAddUserToGroup":          `,"GroupName":"g"`,
	"AdminConfirmSignUp":           ``,
	"AdminCreateUser":              `,"MessageAction":"RESEND"`,
	"AdminDeleteSoftwareToken":     ``,
	"AdminDeleteUser":              ``,
	"AdminDeleteUserAttributes":    `,"UserAttributeNames":["name"]`,
	"AdminDisableUser":             ``,
	"AdminEnableUser":              ``,
	"AdminForgetDevice":            `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
	"AdminGetDevice":               `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
	"AdminGetUser":                 ``,
	"AdminGetUserAuthFactors":      ``,
	"AdminListDevices":             ``,
	"AdminListGroupsForUser":       ``,
	"AdminListUserAuthEvents":      ``,
	"AdminListUserSessions":        ``,
	"AdminRemoveUserFromGroup":     `,"GroupName":"g"`,
	"AdminResetUserPassword":       ``,
	"AdminRevokeUserSession":       `,"SessionId":"none"`,
	"AdminSetUserMFAPreference":    ``,
	"AdminSetUserPassword":         `,"Password":"` + cognatetest.Password + `"`,
	"AdminSetUserSettings":         `,"MFAOptions":[]`,
	"AdminUpdateAuthEventFeedback": `,"EventId":"none","FeedbackValue":"Valid"`,
	"AdminUpdateDeviceStatus":      `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
	"AdminUpdateUserAttributes":    `,"UserAttributes":[{"Name":"name","Value":"Ann"}]`,
	"AdminUserGlobalSignOut":       ``,
}

// An administrator may name a user by username, sub or alias, in every pool that has them. Source: docs/behaviour.md §4.6.
func TestAdminUsernames(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	names := map[string]func(user *api.UserType) string{
		"username": func(user *api.UserType) string { return user.Username },
		"sub":      func(user *api.UserType) string { return attribute(user, "sub") },
		"alias":    func(user *api.UserType) string { return attribute(user, "email") },
	}
	for what, option := range map[string]cognatetest.Option{
		"plain": cognatetest.PoolSettings(func(*api.CreateUserPoolInput) {}), "alias": cognatetest.EmailIsAlias(), "email": cognatetest.UsernameIsEmail(),
	} {
		p := s.Pool(t, option, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
			in.DeviceConfiguration = &api.DeviceConfigurationType{ChallengeRequiredOnNewDevice: new(true)}
		}))
		s.Must(t).SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
			UserPoolId: p.PoolID, UserSessionTracking: api.UserSessionTrackingTypeEnabled,
			TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(5)},
		})
		for _, op := range api.Operations() {
			if !strings.HasPrefix(op.Name, "Admin") || op.Input.Member("Username") == nil {
				continue
			}
			call := func(name string) error {
				body := fmt.Sprintf(`{"UserPoolId":%q,"Username":%q%s}`, p.PoolID, name, adminBodies[op.Name])
				_, err := s.Client.Send(t.Context(), op, []byte(body))
				return err
			}
			err := call("00000000-0000-7000-0000-000000000000")
			if !refusesUser(err) {
				t.Errorf("%s(unknown sub) = %v, want the refusal of an unknown user; adminBodies has a request of each operation", op.Name, err)
			}
			for kind, name := range names {
				if kind == "alias" && what == "plain" {
					continue
				}
				user := mustNewUser(t, p, what == "email", op.Name+kind)
				if err := call(name(user)); refusesUser(err) {
					t.Errorf("%s pool: %s(%s) = %v, want the user to be found", what, op.Name, kind, err)
				}
			}
		}
	}
}

// mustNewUser creates a user with a verified email address.
func mustNewUser(t *testing.T, p *cognatetest.UserPool, byEmail bool, name string) *api.UserType {
	t.Helper()
	email := strings.ToLower(name) + "@example.com"
	if byEmail {
		name = email
	}
	return p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: name, MessageAction: api.MessageActionTypeSuppress,
		UserAttributes: cognatetest.Attributes("email", email, "email_verified", "true"),
	}).User
}

func attribute(user *api.UserType, name string) string {
	return user.Attributes[slices.IndexFunc(user.Attributes, func(a api.AttributeType) bool { return a.Name == name })].Value
}

// refusesUser reports whether err says that the user does not exist.
func refusesUser(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Message == api.ErrUserDoesNotExist.Message
}

func TestAdminUsernameBeforeSub(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
	if got := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: sub}).Username; got != "ann" {
		t.Errorf("AdminGetUser(sub of ann) = %s, want ann", got)
	}
	p.MustUser(sub)
	if got := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: sub}).Username; got != sub {
		t.Errorf("AdminGetUser(username that is the sub of ann) = %s, want the user with that username", got)
	}
}

// An alias that a user chooses must not hide another user from an administrator.
func TestAdminSubBeforeAlias(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.EmailIsAlias())
	p.MustUser("ann")
	sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
	p.MustUser("eve", cognatetest.Attributes("preferred_username", sub)...)
	if got := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: sub}).Username; got != "ann" {
		t.Errorf("AdminGetUser(sub of ann) = %s, want ann", got)
	}
}

// A sub does not sign in, unless it is the username. Source: docs/behaviour.md §4.6.
func TestSubDoesNotSignIn(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for what, test := range map[string]struct {
		option   cognatetest.Option
		username string
		signsIn  bool
	}{
		"alias": {cognatetest.EmailIsAlias(), "ann", false},
		"email": {cognatetest.UsernameIsEmail(), "ann@example.com", true},
	} {
		p := s.Pool(t, test.option)
		p.MustUser(test.username)
		sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: test.username}).UserAttributes[0].Value
		if _, err := p.SignIn(sub); (err == nil) != test.signsIn {
			t.Errorf("%s pool: InitiateAuth(sub) = %v, want success: %t", what, err, test.signsIn)
		}
		_, err := s.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": sub, "PASSWORD": cognatetest.Password},
		})
		if (err == nil) != test.signsIn {
			t.Errorf("%s pool: AdminInitiateAuth(sub) = %v, want success: %t", what, err, test.signsIn)
		}
	}
}
