package login_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

var feedbackLink = regexp.MustCompile(`https?://\S+/feedback\?\S+`)

// mustRisk makes two risky sign-ins of ann, and returns the links in the emails about them: for each sign-in, that it was hers and
// that it was not.
func mustRisk(t *testing.T, s *site) (links []string) {
	t.Helper()
	each := &api.AccountTakeoverActionType{Notify: new(true), EventAction: api.AccountTakeoverEventActionTypeBlock}
	s.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: s.PoolID,
		AccountTakeoverRiskConfiguration: &api.AccountTakeoverRiskConfigurationType{
			Actions: &api.AccountTakeoverActionsType{LowAction: each, MediumAction: each, HighAction: each},
		},
	})
	s.MustUser("ann", cognatetest.Attributes("email", accountName, "email_verified", "true")...)
	for _, from := range []struct{ address, agent string }{
		{"203.0.113.9", "Chrome/126 Windows NT 10.0"}, {"198.51.100.9", "Firefox/126 Linux"}, {"198.51.100.10", "Firefox/126 Linux"},
	} {
		s.Clock.Advance(11 * time.Minute)
		_, _ = s.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{ // the second and third one are blocked
			UserPoolId: s.PoolID, ClientId: s.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
			ContextData: &api.ContextDataType{
				IpAddress: from.address, ServerName: "app", ServerPath: "/",
				HttpHeaders: []api.HttpHeader{{HeaderName: "User-Agent", HeaderValue: from.agent}},
			},
		})
	}
	for _, m := range s.Mailbox.Messages(accountName) {
		links = append(links, feedbackLink.FindAllString(m.Text, -1)...)
	}
	if len(links) != 4 {
		t.Fatalf("links = %v, want two in each of two emails", links)
	}
	return links
}

// feedback returns the feedback about the latest events of ann, latest first.
func (s *site) feedback() (values []api.FeedbackValueType) {
	s.t.Helper()
	out := s.Must(s.t).AdminListUserAuthEvents(&api.AdminListUserAuthEventsInput{UserPoolId: s.PoolID, Username: "ann"})
	for _, e := range out.AuthEvents[:2] {
		if e.EventFeedback == nil {
			values = append(values, "")
			continue
		}
		values = append(values, e.EventFeedback.FeedbackValue)
	}
	return values
}

// TestFeedback gives feedback with the links of emails. Only the button acts, and each token works once.
func TestFeedback(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	links := mustRisk(t, s)
	firstValid, firstInvalid, secondInvalid := links[0], links[1], links[3]
	b := s.browser()
	b.open(firstValid)
	b.wantPage("Was this sign-in yours?", "")
	b.wantText("Yes, it was me")
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		request, err := http.NewRequestWithContext(t.Context(), method, firstInvalid, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.send(request)
	}
	if got := s.feedback(); got[1] != "" {
		t.Errorf("feedback after GET and HEAD = %v, want none", got)
	}
	b.open(firstValid)
	address, fields := b.form()
	if strings.Contains(address, fields.Get("feedback_token")) {
		t.Errorf("the form posts to %s, which has the token", address)
	}
	if b.post(address, fields, "cross-site"); b.status != http.StatusForbidden {
		t.Errorf("POST from another site = %d, want 403", b.status)
	}
	b.open(firstValid)
	b.submit()
	b.wantNotice("Was this sign-in yours?", "Thank you for confirming that it was you. You can close this page.")
	if got := s.feedback(); got[1] != api.FeedbackValueTypeValid || got[0] != "" {
		t.Errorf("feedback = %v, want Valid for the first sign-in", got)
	}
	const refusedTitle, refused = "This link is no longer valid", "The link was already used, or it has expired. A link works once, for 24 hours."
	b.open(firstInvalid)
	b.submit()
	b.wantPage(refusedTitle, refused)
	if got := s.feedback(); got[1] != api.FeedbackValueTypeValid || b.status != http.StatusBadRequest {
		t.Errorf("feedback = %v with the status %d after a second use, want Valid and 400", got, b.status)
	}

	// Changed links are refused: the user and the event are those of the token.
	for name, value := range map[string]string{
		"user_name": "eve", "event_id": "none", "feedback_token": "x", "feedback_value": "Maybe",
	} {
		b.open(changedLink(t, secondInvalid, name, value))
		if name != "feedback_value" {
			b.submit()
		}
		b.wantPage(refusedTitle, refused)
	}
	b.open(secondInvalid)
	b.wantText("No, it was not me")
	address, fields = b.form()
	for range 2 { // a double click
		b.open(b.post(address, fields, "same-origin"))
		b.wantNotice("Was this sign-in yours?", "Thank you for telling us that it was not you. Change your password now.")
	}
	if got := s.feedback(); got[0] != api.FeedbackValueTypeInvalid {
		t.Errorf("feedback = %v, want Invalid for the second sign-in", got)
	}
}

// TestFeedbackExpires opens a link after a day, and at the domain of another pool.
func TestFeedbackExpires(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	links := mustRisk(t, s)
	other := newSite(t, s.Server)
	elsewhere := other.browser()
	elsewhere.open(strings.Replace(links[0], s.base, other.base, 1))
	elsewhere.submit()
	elsewhere.wantPage("This link is no longer valid", "The link was already used, or it has expired. A link works once, for 24 hours.")
	s.Clock.Advance(24 * time.Hour)
	b := s.browser()
	b.open(links[0])
	b.submit()
	b.wantPage("This link is no longer valid", "The link was already used, or it has expired. A link works once, for 24 hours.")
	if got := s.feedback(); got[0] != "" || got[1] != "" {
		t.Errorf("feedback = %v, want none", got)
	}
}

func changedLink(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
