package threat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate/api"
	"cognate/cognatetest"
)

func events(t *testing.T, p *cognatetest.UserPool, username string) []api.AuthEventType {
	t.Helper()
	return p.Must(t).AdminListUserAuthEvents(&api.AdminListUserAuthEventsInput{UserPoolId: p.PoolID, Username: username}).AuthEvents
}

// answers returns ChallengeResponses from names and answers, which alternate.
func answers(pairs ...string) []api.ChallengeResponseType {
	var list []api.ChallengeResponseType
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, api.ChallengeResponseType{ChallengeName: api.ChallengeName(pairs[i]), ChallengeResponse: api.ChallengeResponse(pairs[i+1])})
	}
	return list
}

// wantEvents compares the type, response and challenges of a user's events, the newest first.
func wantEvents(t *testing.T, p *cognatetest.UserPool, username, what string, want ...api.AuthEventType) {
	t.Helper()
	got := events(t, p, username)
	ignored := cmpopts.IgnoreFields(api.AuthEventType{}, "EventId", "CreationDate", "EventRisk", "EventContextData")
	if diff := cmp.Diff(want, got, ignored, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("events after %s (-want +got):\n%s", what, diff)
	}
}

func event(kind api.EventType, response api.EventResponseType, challenges ...string) api.AuthEventType {
	return api.AuthEventType{EventType: kind, EventResponse: response, ChallengeResponses: answers(challenges...)}
}

const (
	pass, fail, inProgress = api.EventResponseTypePass, api.EventResponseTypeFail, api.EventResponseTypeInProgress
	signsIn                = api.EventTypeSignIn
)

func TestEventsOfSignIns(t *testing.T) {
	t.Parallel()
	for _, mode := range []api.AdvancedSecurityModeType{api.AdvancedSecurityModeTypeAudit, api.AdvancedSecurityModeTypeEnforced} {
		p := cognatetest.Pool(t, cognatetest.ThreatProtection(mode), cognatetest.MFA(api.UserPoolMfaTypeOptional))
		p.MustUser("ann")
		step := func() { p.Clock.Advance(time.Minute) }
		wantEvents(t, p, "ann", "nothing")
		token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
		secret := p.MustEnrolWith(token)
		wantEvents(t, p, "ann", "a password", event(signsIn, pass, "Password", "Success"))
		p.MustPrefer(token, true, true)
		step()
		out := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa)
		first := event(signsIn, pass, "Password", "Success")
		wantEvents(t, p, "ann", "a password before MFA", event(signsIn, inProgress, "Password", "Success"), first)
		if _, err := p.AnswerCode("ann", out.Session, p.WrongCode(secret)); err == nil {
			t.Fatal("a wrong code was accepted")
		}
		wantEvents(t, p, "ann", "a wrong code", event(signsIn, fail, "Password", "Success", "Mfa", "Failure"), first)
		step()
		if _, err := p.AnswerCode("ann", out.Session, p.Code(secret)); err != nil {
			t.Fatalf("RespondToAuthChallenge(right code) = %v", err)
		}
		second := event(signsIn, pass, "Password", "Success", "Mfa", "Success")
		wantEvents(t, p, "ann", "a right code", second, first)
		step()
		_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Wrong-horse-7"},
		})
		cognatetest.WantError(t, "InitiateAuth(wrong password)", err, api.NotAuthorizedException("Incorrect username or password."))
		wantEvents(t, p, "ann", "a wrong password", event(signsIn, fail, "Password", "Failure"), second, first)
	}
}

func TestEventsOfAccounts(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit), cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	p.Must(t).SignUp(&api.SignUpInput{
		ClientId: p.ClientID, Username: "ann", Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", "ann@example.com"),
		UserContextData: &api.UserContextDataType{IpAddress: "203.0.113.9"},
	})
	p.Clock.Advance(time.Minute)
	p.Must(t).ResendConfirmationCode(&api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: "ann"})
	p.Must(t).AdminConfirmSignUp(&api.AdminConfirmSignUpInput{UserPoolId: p.PoolID, Username: "ann"})
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("email_verified", "true"),
	})
	p.Clock.Advance(time.Minute)
	p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
	p.Clock.Advance(time.Minute)
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	p.Clock.Advance(time.Minute)
	p.Must(t).ChangePassword(&api.ChangePasswordInput{AccessToken: token, PreviousPassword: cognatetest.Password, ProposedPassword: "Another-horse-7"})
	wantEvents(t, p, "ann", "all types",
		event(api.EventTypePasswordChange, pass), event(signsIn, pass, "Password", "Success"), event(api.EventTypeForgotPassword, pass),
		event(api.EventTypeResendCode, pass), event(api.EventTypeSignUp, pass))
	if got := events(t, p, "ann")[4].EventContextData; got.IpAddress != "127.0.0.1" || got.DeviceName == "" {
		t.Errorf("EventContextData = %+v, want the address of the connection and a device name", got)
	}
}

// An administrator says where the user is. The event, the list of sessions and the device name show it.
func TestEventContextData(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	p.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
		ContextData: &api.ContextDataType{
			IpAddress: "203.0.113.9", ServerName: "app", ServerPath: "/",
			HttpHeaders: []api.HttpHeader{{HeaderName: "user-agent", HeaderValue: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"}},
		},
	})
	want := &api.EventContextDataType{IpAddress: "203.0.113.9", DeviceName: "Chrome 126, Windows 10"}
	wantSame(t, "EventContextData", want, events(t, p, "ann")[0].EventContextData)
}

func TestEventsInPages(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	p.MustUser("eve")
	for range 5 {
		p.MustSignIn("ann", "")
		p.Clock.Advance(time.Minute)
	}
	all := events(t, p, "ann")
	in := &api.AdminListUserAuthEventsInput{UserPoolId: p.PoolID, Username: "ann", MaxResults: new(2)}
	var paged []api.AuthEventType
	for {
		out := p.Must(t).AdminListUserAuthEvents(in)
		paged = append(paged, out.AuthEvents...)
		if in.NextToken = out.NextToken; out.NextToken == "" {
			break
		}
		p.MustSignIn("ann", "") // newer events do not move the pages
	}
	wantSame(t, "AdminListUserAuthEvents in pages", all, paged)
	in.NextToken = p.Must(t).AdminListUserAuthEvents(in).NextToken
	in.Username = "eve"
	_, err := p.Client.AdminListUserAuthEvents(t.Context(), in)
	cognatetest.WantError(t, "AdminListUserAuthEvents(token of another user)", err, api.InvalidParameterException("Invalid pagination token"))
}

func TestAdminFeedback(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	p.MustUser("eve")
	p.MustSignIn("ann", "")
	id := events(t, p, "ann")[0].EventId
	judge := func(username, id string) error {
		_, err := p.Client.AdminUpdateAuthEventFeedback(t.Context(), &api.AdminUpdateAuthEventFeedbackInput{
			UserPoolId: p.PoolID, Username: username, EventId: id, FeedbackValue: api.FeedbackValueTypeInvalid,
		})
		return err
	}
	noEvent := api.ResourceNotFoundException("Event not found.")
	cognatetest.WantError(t, "AdminUpdateAuthEventFeedback(event of another user)", judge("eve", id), noEvent)
	cognatetest.WantError(t, "AdminUpdateAuthEventFeedback(unknown event)", judge("ann", "none"), noEvent)
	if got := events(t, p, "ann")[0].EventFeedback; got != nil {
		t.Errorf("EventFeedback = %+v, want none", got)
	}
	wantNoError(t, "AdminUpdateAuthEventFeedback", judge("ann", id))
	want := &api.EventFeedbackType{FeedbackValue: api.FeedbackValueTypeInvalid, Provider: "Admin", FeedbackDate: api.EpochOf(p.Clock.Now().Truncate(time.Millisecond))}
	wantSame(t, "EventFeedback", want, events(t, p, "ann")[0].EventFeedback)
}

// A pool without threat protection records nothing, and refuses the operations on events.
func TestNoEvents(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.MustSignIn("ann", "")
	off := api.UserPoolAddOnNotEnabledException("Threat protection is not enabled for the user pool.")
	_, err := p.Client.AdminListUserAuthEvents(t.Context(), &api.AdminListUserAuthEventsInput{UserPoolId: p.PoolID, Username: "ann"})
	cognatetest.WantError(t, "AdminListUserAuthEvents(OFF)", err, off)
	_, err = p.Client.AdminUpdateAuthEventFeedback(t.Context(), &api.AdminUpdateAuthEventFeedbackInput{
		UserPoolId: p.PoolID, Username: "ann", EventId: "e", FeedbackValue: api.FeedbackValueTypeValid,
	})
	cognatetest.WantError(t, "AdminUpdateAuthEventFeedback(OFF)", err, off)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, UserPoolTier: api.UserPoolTierTypePlus,
		UserPoolAddOns: &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeAudit},
	})
	wantEvents(t, p, "ann", "threat protection was off")
}

// Events are deleted with their user.
func TestEventsAreDeleted(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	p.MustUser("ann")
	p.MustSignIn("ann", "")
	sub := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"}).UserAttributes[0].Value
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	left, err := p.Store.AuthEvents(t.Context(), p.PoolID, sub, "", 10)
	if err != nil || len(left) != 0 {
		t.Errorf("AuthEvents(deleted user) = %v, %v, want none", left, err)
	}
}
