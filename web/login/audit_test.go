package login_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// auditEvent is the log line of an audit event.
type auditEvent struct {
	Msg, Operation, Pool, Client, Outcome, Request, Sub, Address string
	Changes                                                      []string
}

// audited returns the audit events of requests below a path, since the log was that long.
func (s *site) audited(from int, path string) (events []auditEvent) {
	s.t.Helper()
	for line := range strings.Lines(s.Log.String()[from:]) {
		var e auditEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			s.t.Fatalf("log line %q: %v", line, err)
		}
		if e.Msg == "request" && (e.Operation == path || strings.HasPrefix(e.Operation, path+"/")) {
			events = append(events, e)
		}
	}
	return events
}

// wantEvent checks that one of the events is of the operation, with the outcome, the user, and the change if it is not empty.
func (s *site) wantEvent(events []auditEvent, operation, outcome, sub, change string) {
	s.t.Helper()
	is := func(e auditEvent) bool {
		return e.Operation == operation && e.Outcome == outcome && e.Pool == s.PoolID && e.Sub == sub && e.Address != "" && e.Request != "" &&
			(change == "" && len(e.Changes) == 0 || slices.Equal(e.Changes, []string{change}))
	}
	if !slices.ContainsFunc(events, is) {
		s.t.Errorf("no event of %s with outcome %q, user %q and change %q among\n%+v", operation, outcome, sub, change, events)
	}
}

func (s *site) sub(username string) string {
	s.t.Helper()
	user := s.Must(s.t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: s.PoolID, Username: username})
	i := slices.IndexFunc(user.UserAttributes, func(a api.AttributeType) bool { return a.Name == "sub" })
	return user.UserAttributes[i].Value
}

// withoutSecrets checks that the log has none of the texts.
func (s *site) withoutSecrets(from int, secrets ...string) {
	s.t.Helper()
	for _, secret := range secrets {
		if secret == "" || strings.Contains(s.Log.String()[from:], secret) {
			s.t.Errorf("the log has the secret %q", secret)
		}
	}
}

// The account pages write an event for each request: what was changed, by whom, and why a change was refused.
func TestAuditOfAccountPages(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	from, ann, b := len(s.Log.String()), s.sub("ann"), s.browser()
	const wrong, next = "Wrong-horse-9", "Another-horse-2"
	b.enterAccount("", "ann")
	b.open(b.account("/password"))
	b.submit("password", wrong, "new-password", next, "repeat-password", next)
	b.submit("password", cognatetest.Password, "new-password", next, "repeat-password", next)
	events := s.audited(from, "/account")
	s.wantEvent(events, "/account", "ok", "", "") // before the sign-in
	s.wantEvent(events, "/account", "ok", ann, "")
	s.wantEvent(events, "/account/password", "ok", ann, "")
	s.wantEvent(events, "/account/password", api.CodeNotAuthorizedException, ann, "")
	s.wantEvent(events, "/account/password", "ok", ann, "password changed")
	for _, e := range events {
		if e.Client != s.ClientID {
			t.Errorf("event without the client: %+v", e)
		}
	}
	s.withoutSecrets(from, cognatetest.Password, wrong, next)
}

// So does the page for feedback, with the user whom a token of the server names.
func TestAuditOfFeedbackPage(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	links := mustRisk(t, s)
	from, b := len(s.Log.String()), s.browser()
	b.open(links[0])
	_, fields := b.form()
	b.submit()
	b.open(links[1])
	b.submit()
	events := s.audited(from, "/feedback")
	s.wantEvent(events, "/feedback", "ok", "", "")
	s.wantEvent(events, "/feedback", "ok", s.sub("ann"), "")
	s.wantEvent(events, "/feedback", api.CodeNotAuthorizedException, s.sub("ann"), "") // the token was used
	s.withoutSecrets(from, fields.Get("feedback_token"))
}

// And so do the pages for devices. The codes are not in the log.
func TestAuditOfDevicePages(t *testing.T) {
	t.Parallel()
	s := mustDeviceSite(t)
	from, ann, b := len(s.Log.String()), s.sub("ann"), s.browser()
	d := s.startDevice()
	b.open(b.base + "/device")
	b.submit("user_code", "BBBB-BBBB")
	b.enter(d, "ann")
	b.submit("do", "allow")
	d.poll()
	denied := s.startDevice()
	b.enter(denied, "")
	b.submit()
	events := s.audited(from, "/device")
	s.wantEvent(events, "/device", api.CodeCodeMismatchException, "", "")
	s.wantEvent(events, "/device", "ok", "", "")
	s.wantEvent(events, "/device/consent", "ok", ann, "device grant approved")
	s.wantEvent(events, "/device/consent", "ok", ann, "device grant denied")
	s.wantEvent(s.audited(from, "/oauth2"), "/oauth2/token", "ok", ann, "signed in")
	s.withoutSecrets(from, d.user, d.code, denied.user, denied.code)
}
