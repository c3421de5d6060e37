package devapi_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/devapi"
	"cognate/notify"
)

// details returns the names in the log of a request, separated by a space.
func details(s *cognatetest.Server, e audit.Event, input any) string {
	var names []string
	for _, a := range (&devapi.API{Store: s.Store}).RequestDetails(context.Background(), &e, input) {
		names = append(names, a.Key+"="+a.Value.String())
	}
	return strings.Join(names, " ")
}

func TestRequestDetails(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	sub := subOf(t, p, "ann")
	byEmail := s.Pool(t, cognatetest.UsernameIsEmail())
	byEmail.MustUser("ann@example.com")
	typed := map[string]string{"USERNAME": "bob"}
	for what, c := range map[string]struct {
		event audit.Event
		input any
		want  string
	}{
		"nothing":              {audit.Event{}, nil, ""},
		"no username":          {audit.Event{}, &api.ListUsersInput{}, ""},
		"an unknown client":    {audit.Event{ClientID: "1abc"}, &api.SignUpInput{Username: "bob"}, "username=bob"},
		"an unknown user":      {audit.Event{ClientID: p.ClientID}, &api.SignUpInput{Username: "bob"}, "client_name=app username=bob"},
		"a sign-in":            {audit.Event{ClientID: p.ClientID}, &api.InitiateAuthInput{AuthParameters: typed}, "client_name=app username=bob"},
		"an answer":            {audit.Event{ClientID: p.ClientID, UserSub: sub}, &api.RespondToAuthChallengeInput{ChallengeResponses: typed}, "client_name=app username=ann"},
		"an access token":      {audit.Event{PoolID: p.PoolID, ClientID: p.ClientID, UserSub: sub}, &api.GetUserInput{}, "client_name=app username=ann"},
		"an administrator":     {audit.Event{PoolID: p.PoolID, UserSub: sub}, &api.AdminGetUserInput{Username: sub}, "username=ann"},
		"a deleted user":       {audit.Event{PoolID: p.PoolID, UserSub: "gone"}, &api.AdminDeleteUserInput{Username: "bob"}, "username=bob"},
		"an email as username": {audit.Event{PoolID: byEmail.PoolID, UserSub: subOf(t, byEmail, "ann@example.com")}, nil, "username=ann@example.com"},
	} {
		if got := details(s, c.event, c.input); got != c.want {
			t.Errorf("RequestDetails(%s) = %q, want %q", what, got, c.want)
		}
	}
}

func subOf(t *testing.T, p *cognatetest.UserPool, username string) string {
	t.Helper()
	pool := cognatetest.Try(p.Store.UserPool(t.Context(), p.PoolID)).Of(t)
	return cognatetest.Try(p.Store.FindUser(t.Context(), pool, username)).Of(t).Sub
}

func TestLogSent(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]notify.Message{
		`text="email to ann@example.com: SignUp code 123456" pool=us-east-1_a`: {
			PoolID: "us-east-1_a", Kind: notify.KindSignUp, Medium: api.DeliveryMediumTypeEmail, Destination: "ann@example.com", Code: "123456",
		},
		`text="SMS to +15555550100: Authentication code 123456"`: {
			Kind: notify.KindAuthentication, Medium: api.DeliveryMediumTypeSms, Destination: "+15555550100", Code: "123456",
		},
		`text="email to ann@example.com: AdminCreateUser temporary password Correct-horse-7"`: {
			Kind: notify.KindAdminCreateUser, Medium: api.DeliveryMediumTypeEmail, Destination: "ann@example.com", Code: "Correct-horse-7",
		},
	} {
		var out strings.Builder
		devapi.LogSent(slog.New(slog.NewTextHandler(&out, nil)))(t.Context(), m)
		if !strings.Contains(out.String(), want) {
			t.Errorf("LogSent(%s) = %s, want %s", m.Kind, &out, want)
		}
	}
}
