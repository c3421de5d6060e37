package threat_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

// mustNotify makes a pool react to risky sign-ins, with an email.
func mustNotify(t *testing.T, p *cognatetest.UserPool, action api.AccountTakeoverEventActionType, n *api.NotifyConfigurationType) {
	t.Helper()
	each := &api.AccountTakeoverActionType{Notify: new(true), EventAction: action}
	p.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: p.PoolID,
		AccountTakeoverRiskConfiguration: &api.AccountTakeoverRiskConfigurationType{
			NotifyConfiguration: n,
			Actions:             &api.AccountTakeoverActionsType{LowAction: each, MediumAction: each, HighAction: each},
		},
	})
}

// mustMail adds ann with a verified address, and returns a function that returns the emails about her sign-ins.
func mustMail(t *testing.T, p *cognatetest.UserPool) func() []notify.Message {
	t.Helper()
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	return func() []notify.Message {
		var found []notify.Message
		for _, m := range p.Mailbox.Messages("ann@example.com") {
			if m.Kind == notify.KindAccountTakeover {
				found = append(found, m)
			}
		}
		return found
	}
}

// A risky sign-in sends one email for each action. A sign-in without risk, one that the mode AUDIT records, and a user without a
// verified address get none.
func TestRiskEmails(t *testing.T) {
	t.Parallel()
	const noAction, block = api.AccountTakeoverEventActionTypeNoAction, api.AccountTakeoverEventActionTypeBlock
	const ifConfigured, required = api.AccountTakeoverEventActionTypeMfaIfConfigured, api.AccountTakeoverEventActionTypeMfaRequired
	const blocked, unusual = "We blocked a sign-in to your account", "An unusual sign-in to your account"
	for what, tt := range map[string]struct {
		mode       api.AdvancedSecurityModeType
		action     api.AccountTakeoverEventActionType
		address    string
		hasToken   bool
		unverified bool
		subject    string // of the email; empty for none
		text       string // in the email
	}{
		"no action":           {mode: "ENFORCED", action: noAction, address: away, subject: unusual, text: "There was an unusual sign-in to your account.\n"},
		"blocked":             {mode: "ENFORCED", action: block, address: away, subject: blocked, text: "Address: 198.51.100.9\n"},
		"MFA":                 {mode: "ENFORCED", action: required, address: away, hasToken: true, subject: unusual, text: "We asked for a second factor."},
		"MFA required, none":  {mode: "ENFORCED", action: required, address: away, subject: blocked, text: "Device: Firefox 126, Linux\n"},
		"MFA if configured":   {mode: "ENFORCED", action: ifConfigured, address: away, subject: unusual, text: "Username: ann\n"},
		"no risk":             {mode: "ENFORCED", action: block, address: home},
		"audited":             {mode: "AUDIT", action: block, address: away},
		"no verified address": {mode: "ENFORCED", action: block, address: away, unverified: true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, cognatetest.ThreatProtection(tt.mode), cognatetest.MFA(api.UserPoolMfaTypeOptional))
			emails := mustMail(t, p)
			mustNotify(t, p, tt.action, nil)
			first := cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
			if tt.hasToken {
				p.MustEnrolWith(first.AuthenticationResult.AccessToken)
			} else { // the pool can ask for a code by email, so an email address is a second factor
				p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, MfaConfiguration: api.UserPoolMfaTypeOff})
			}
			if tt.unverified {
				p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
					UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("email_verified", "false"),
				})
			}
			agent := chrome
			if tt.address == away {
				agent = firefox
			}
			if _, err := from(t, p, tt.address, agent, cognatetest.Password); err != nil && !risky.Is(err) {
				t.Fatalf("AdminInitiateAuth = %v", err)
			}
			sent := emails()
			if tt.subject == "" {
				if len(sent) > 0 {
					t.Errorf("an email was sent: %q", sent[0].Subject)
				}
				return
			}
			if len(sent) != 1 || sent[0].Subject != tt.subject || !strings.Contains(sent[0].Text, tt.text) {
				t.Errorf("emails = %+v, want one with the subject %q and the text %q", sent, tt.subject, tt.text)
			}
		})
	}
}

// The pool's own texts have all placeholders. The links lead to the pool's domain.
func TestRiskEmailTemplate(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	emails := mustMail(t, p)
	const names = "{username}|{ip-address}|{city}|{country}|{login-time}|{device-name}|{event-id}|{feedback-token}|{one-click-link-valid}|{one-click-link-invalid}"
	mustNotify(t, p, api.AccountTakeoverEventActionTypeBlock, &api.NotifyConfigurationType{
		SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/example.com", From: "Shop <shop@example.com>", ReplyTo: "help@example.com",
		BlockEmail: &api.NotifyEmailType{Subject: "Blocked: {device-name}", HtmlBody: "<a href={one-click-link-valid}>it was me</a>", TextBody: names},
	})
	cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
	_, err := from(t, p, away, firefox, cognatetest.Password)
	cognatetest.WantError(t, "AdminInitiateAuth(risky)", err, risky)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login-of-ann"})
	_, err = from(t, p, away, firefox, cognatetest.Password)
	cognatetest.WantError(t, "AdminInitiateAuth(risky again)", err, risky)

	sent, listed := emails(), events(t, p, "ann")
	if len(sent) != 2 {
		t.Fatalf("%d emails, want 2", len(sent))
	}
	at := listed[1].CreationDate.Time().UTC().Format(time.RFC1123)
	want := strings.Join([]string{"ann", away, "unknown", "unknown", at, "Firefox 126, Linux", listed[1].EventId, sent[0].Code, "", ""}, "|")
	if sent[0].Text != want || sent[0].Subject != "Blocked: Firefox 126, Linux" || sent[0].Body != "<a href=>it was me</a>" {
		t.Errorf("email without a domain = %q, %q, %q, want the text %q and no links", sent[0].Subject, sent[0].Text, sent[0].Body, want)
	}
	sender := notify.MessageSender{SourceARN: "arn:aws:ses:us-east-1:123456789012:identity/example.com", From: "Shop <shop@example.com>", ReplyTo: "help@example.com"}
	wantSame(t, "sender", sender, sent[0].Sender)
	link, err := url.Parse(strings.Split(sent[1].Text, "|")[9])
	if err != nil {
		t.Fatal(err)
	}
	wantQuery := url.Values{"user_name": {"ann"}, "event_id": {listed[0].EventId}, "feedback_token": {sent[1].Code}, "feedback_value": {"Invalid"}}
	if !strings.HasSuffix(link.Path, "/domains/login-of-ann/feedback") || link.Query().Encode() != wantQuery.Encode() {
		t.Errorf("link = %s, want one of the domain with %v", link, wantQuery)
	}
}

// The token of an email gives feedback once, for its event, for 24 hours. Other requests learn nothing.
func TestFeedbackToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	emails := mustMail(t, p)
	p.MustUser("eve")
	mustNotify(t, p, api.AccountTakeoverEventActionTypeBlock, nil)
	cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
	for range 2 {
		_, err := from(t, p, away, firefox, cognatetest.Password)
		cognatetest.WantError(t, "AdminInitiateAuth(risky)", err, risky)
	}
	listed, sent := events(t, p, "ann"), emails()
	second, first := listed[0].EventId, listed[1].EventId
	send := func(pool, username, event, token string) error {
		_, err := p.Client.UpdateAuthEventFeedback(t.Context(), &api.UpdateAuthEventFeedbackInput{
			UserPoolId: pool, Username: username, EventId: event, FeedbackToken: token, FeedbackValue: api.FeedbackValueTypeValid,
		})
		return err
	}
	invalid := api.NotAuthorizedException("Invalid feedback token.")
	other := p.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	off := p.Pool(t)
	for what, err := range map[string]error{
		"not a token":                send(p.PoolID, "ann", first, "x"),
		"unknown user, not a token":  send(p.PoolID, "nobody", first, "x"),
		"unknown event, not a token": send(p.PoolID, "ann", "none", "x"),
		"another event":              send(p.PoolID, "ann", second, sent[0].Code),
		"another user":               send(p.PoolID, "eve", first, sent[0].Code),
		"unknown user":               send(p.PoolID, "nobody", first, sent[0].Code),
		"another pool":               send(other.PoolID, "ann", first, sent[0].Code),
		"a changed character":        send(p.PoolID, "ann", first, cognatetest.ChangeAt(sent[0].Code, 20)),
	} {
		cognatetest.WantError(t, "UpdateAuthEventFeedback("+what+")", err, invalid)
	}
	cognatetest.WantError(t, "UpdateAuthEventFeedback(unknown pool)", send("us-east-1_none", "ann", first, sent[0].Code),
		api.ResourceNotFoundException("User pool us-east-1_none does not exist."))
	cognatetest.WantError(t, "UpdateAuthEventFeedback(no threat protection)", send(off.PoolID, "ann", first, sent[0].Code),
		api.UserPoolAddOnNotEnabledException("Threat protection is not enabled for the user pool."))
	if f := events(t, p, "ann")[1].EventFeedback; f != nil {
		t.Errorf("feedback after refusals = %+v, want none", f)
	}

	wantNoError(t, "UpdateAuthEventFeedback", send(p.PoolID, "ann", first, sent[0].Code))
	f := events(t, p, "ann")[1].EventFeedback
	if f == nil || f.FeedbackValue != api.FeedbackValueTypeValid || f.Provider != "User" || f.FeedbackDate.Time().IsZero() {
		t.Errorf("feedback = %+v, want Valid by User", f)
	}
	cognatetest.WantError(t, "UpdateAuthEventFeedback(again)", send(p.PoolID, "ann", first, sent[0].Code), invalid)
	p.Must(t).AdminUpdateAuthEventFeedback(&api.AdminUpdateAuthEventFeedbackInput{
		UserPoolId: p.PoolID, Username: "ann", EventId: first, FeedbackValue: api.FeedbackValueTypeInvalid,
	})
	cognatetest.WantError(t, "UpdateAuthEventFeedback(after the administrator's)", send(p.PoolID, "ann", first, sent[0].Code), invalid)
	p.Must(t).AdminUpdateAuthEventFeedback(&api.AdminUpdateAuthEventFeedbackInput{
		UserPoolId: p.PoolID, Username: "ann", EventId: first, FeedbackValue: api.FeedbackValueTypeValid,
	})
	_, err := from(t, p, away, firefox, cognatetest.Password)
	wantNoError(t, "AdminInitiateAuth(the device and network are known)", err)

	mustBlock(t, p, "", "127.0.0.0/8")
	cognatetest.WantError(t, "UpdateAuthEventFeedback(blocked address)", send(p.PoolID, "ann", second, sent[1].Code),
		api.NotAuthorizedException("Request not allowed due to security reasons."))
	mustBlock(t, p, "")
	p.Clock.Advance(24 * time.Hour)
	cognatetest.WantError(t, "UpdateAuthEventFeedback(after a day)", send(p.PoolID, "ann", second, sent[1].Code), invalid)
}

// A user gets at most ten emails an hour: an attacker who knows the password does not flood the mailbox.
func TestRiskEmailLimit(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	emails := mustMail(t, p)
	mustNotify(t, p, api.AccountTakeoverEventActionTypeBlock, nil)
	cognatetest.Try(from(t, p, home, chrome, cognatetest.Password)).Of(t)
	for range 12 {
		_, err := from(t, p, away, firefox, cognatetest.Password)
		cognatetest.WantError(t, "AdminInitiateAuth(risky)", err, risky)
		p.Clock.Advance(-10 * time.Minute)
	}
	if n := len(emails()); n != 10 {
		t.Errorf("%d emails, want 10", n)
	}
}
