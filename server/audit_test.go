package server_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// event is the log line of an audit event.
type event struct {
	Msg, Operation, Pool, Client, Outcome, Request, Caller, Sub, Address string
	Changes                                                              []string
}

// events returns the audit events that the server has written since the log was that long.
func events(t *testing.T, s *cognatetest.Server, from int) (all []event) {
	t.Helper()
	for line := range strings.Lines(s.Log.String()[from:]) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		if e.Msg == "request" {
			all = append(all, e)
		}
	}
	return all
}

// Every request has one event, whatever its outcome.
func TestOneEventPerRequest(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	signed := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=admin/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"}}
	pool := `{"UserPoolId":"` + p.PoolID + `"}`
	signIn := `{"ClientId":"` + p.ClientID + `","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"eve","PASSWORD":"x"}}`
	for _, c := range []struct {
		what, target, body string
		header             http.Header
		want               event
	}{
		{"success", "DescribeUserPool", pool, signed, event{Operation: "DescribeUserPool", Pool: p.PoolID, Outcome: "ok", Caller: "admin"}},
		{"unauthenticated", "DescribeUserPool", pool, nil, event{Operation: "DescribeUserPool", Outcome: "MissingAuthenticationTokenException"}},
		{"unknown operation", "DropTables", "{}", nil, event{Outcome: "UnknownOperationException"}},
		{"malformed", "GetUser", "{", nil, event{Operation: "GetUser", Outcome: "SerializationException"}},
		{"too large", "GetUser", strings.Repeat(" ", 5<<20), nil, event{Operation: "GetUser", Outcome: "RequestEntityTooLargeException"}},
		{"invalid shape", "SignUp", "{}", nil, event{Operation: "SignUp", Outcome: "InvalidParameterException"}},
		{"refused", "GetUser", `{"AccessToken":"abc"}`, nil, event{Operation: "GetUser", Outcome: "NotAuthorizedException"}},
		{
			"unknown user", "InitiateAuth", signIn, nil,
			event{Operation: "InitiateAuth", Pool: p.PoolID, Client: p.ClientID, Outcome: "UserNotFoundException"},
		},
	} {
		before := len(s.Log.String())
		header := http.Header{}
		maps.Copy(header, c.header)
		got := send(t, s, http.MethodPost, prefix+c.target, c.body, header)
		c.want.Msg, c.want.Address, c.want.Request = "request", "127.0.0.1", got.header.Get("X-Amzn-Requestid")
		if diff := cmp.Diff([]event{c.want}, events(t, s, before)); diff != "" {
			t.Errorf("events of a request (%s) (-want +got):\n%s", c.what, diff)
		}
	}
}

// A visit of a browser or a health check is no request of the API: it has no event, and the answer of any other unknown path.
func TestNoEventOfVisit(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		before := len(s.Log.String())
		if got := send(t, s, method, "", "", http.Header{}); got.status != http.StatusNotFound {
			t.Errorf("%s / = %d, want 404", method, got.status)
		}
		if found := events(t, s, before); len(found) > 0 {
			t.Errorf("%s / has the events %v", method, found)
		}
	}
}

// The event of an administrator's request names the caller, the user and what changed.
func TestEventOfAChange(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	sub := subOf(t, p, "ann")
	before := len(s.Log.String())
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
	got := events(t, s, before)
	want := []event{{
		Msg: "request", Operation: "AdminDisableUser", Pool: p.PoolID, Outcome: "ok", Caller: "test", Sub: sub, Address: "127.0.0.1",
		Changes: []string{"user disabled"},
	}}
	for i := range got {
		got[i].Request = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// The events of sign-ins name the user and the outcome.
func TestEventsOfASignIn(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	p.MustUser("ann")
	sub := subOf(t, p, "ann")
	before := len(s.Log.String())
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	_, _ = p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "wrong"},
	})
	_, _ = p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
		AuthParameters: map[string]string{"REFRESH_TOKEN": tokens.RefreshToken},
	})
	p.Must(t).GlobalSignOut(&api.GlobalSignOutInput{AccessToken: tokens.AccessToken})
	got := events(t, s, before)
	for i := range got {
		got[i].Request = ""
	}
	initiate := event{Msg: "request", Operation: "InitiateAuth", Pool: p.PoolID, Client: p.ClientID, Outcome: "ok", Sub: sub, Address: "127.0.0.1"}
	signIn, wrong, refresh, signOut := initiate, initiate, initiate, initiate
	signIn.Changes, refresh.Changes, wrong.Outcome = []string{"signed in"}, []string{"tokens refreshed"}, "NotAuthorizedException"
	signOut.Operation, signOut.Changes = "GlobalSignOut", []string{"tokens revoked"}
	if diff := cmp.Diff([]event{signIn, wrong, refresh, signOut}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// If a trigger stops the tokens of a sign-in, the event does not contain "signed in".
func TestNoEventOfAnUndoneSignIn(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for _, of := range []cognate.Trigger{cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration} {
		p := s.Pool(t, cognatetest.WithTriggers(of))
		p.MustUser("ann")
		p.Triggers.On(of, cognatetest.Fail("go away"))
		before := len(s.Log.String())
		if _, err := p.SignIn("ann"); err == nil {
			t.Fatalf("SignIn(%s fails) = nil, want an error", of)
		}
		for _, e := range events(t, s, before) {
			if e.Changes != nil || e.Outcome != api.CodeUserLambdaValidationException {
				t.Errorf("event after %s has failed = %+v, want the error and no change", of, e)
			}
		}
	}
}

func subOf(t *testing.T, p *cognatetest.UserPool, username string) string {
	t.Helper()
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: username})
	for _, a := range user.UserAttributes {
		if a.Name == "sub" {
			return a.Value
		}
	}
	t.Fatalf("user %s has no sub", username)
	return ""
}
