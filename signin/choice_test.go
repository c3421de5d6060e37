package signin_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

const (
	chooseFirst = api.ChallengeNameTypeSelectChallenge
	byEmail     = api.ChallengeNameTypeEmailOtp
	bySMS       = api.ChallengeNameTypeSmsOtp
	byPassword  = api.ChallengeNameTypePassword
	bySRP       = api.ChallengeNameTypePasswordSrp
)

// choosers returns a pool whose users choose their first factor, and ann, who has a password and a verified address.
func choosers(t *testing.T, s *cognatetest.Server, mode api.UserPoolMfaType) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		SmsConfiguration: &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external"},
		Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{
			api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeSmsOtp,
		}}},
	})
	p.MustSetMFA(mode)
	p.MustAllowChoice("")
	p.MustUser("ann", api.AttributeType{Name: "email", Value: "ann@example.com"}, api.AttributeType{Name: "email_verified", Value: "true"})
	return p
}

// userAuth begins a choice-based sign-in of ann; parameters come in pairs.
func userAuth(t *testing.T, p *cognatetest.UserPool, username string, pairs ...string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return start(t, p, api.AuthFlowTypeUserAuth, responses(username, pairs...))
}

func responses(username string, pairs ...string) map[string]string {
	m := map[string]string{"USERNAME": username}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

func mustCode(t *testing.T, s *cognatetest.Server, destination string) string {
	t.Helper()
	messages := s.Mailbox.Messages(destination)
	if len(messages) == 0 {
		t.Fatalf("no message to %s", destination)
	}
	return messages[len(messages)-1].Code
}

func TestChoice(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	out := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
	want := []api.ChallengeNameType{bySRP, byPassword, byEmail}
	if diff := cmp.Diff(want, out.AvailableChallenges); diff != "" || out.ChallengeName != chooseFirst || out.AuthenticationResult != nil {
		t.Fatalf("USER_AUTH = %+v, want SELECT_CHALLENGE among %v", out, want)
	}
	_, err := p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "PASSWORD", "PASSWORD", "Wrong-horse-7"))
	cognatetest.WantError(t, "a wrong password", err, api.ErrIncorrectPassword)
	_, err = p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "SMS_OTP"))
	cognatetest.WantCode(t, "a challenge that was not offered", err, api.CodeInvalidParameterException)
	done := cognatetest.Try(p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password))).Of(t)
	if done.AuthenticationResult == nil {
		t.Fatalf("SELECT_CHALLENGE with the password = %+v, want tokens", done)
	}
	_, err = p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "EMAIL_OTP"))
	cognatetest.WantError(t, "the same Session", err, api.ErrSessionSpent)
}

func TestChoiceOfSentCode(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := choosers(t, s, off)
		out := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
		sent := cognatetest.Try(p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "EMAIL_OTP"))).Of(t)
		want := map[string]string{"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "a***@e***"}
		if diff := cmp.Diff(want, sent.ChallengeParameters); diff != "" || sent.ChallengeName != byEmail {
			t.Fatalf("SELECT_CHALLENGE = %+v, want EMAIL_OTP with %v", sent, want)
		}
		code := mustCode(t, s, "ann@example.com")
		if len(code) != 8 {
			t.Errorf("code %q, want 8 digits", code)
		}
		wrong := cognatetest.ChangeAt(code, 7)
		_, err := p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", wrong))
		cognatetest.WantError(t, "a wrong code", err, api.ErrCodeOrAuthState)
		done := cognatetest.Try(p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", code))).Of(t)
		if done.AuthenticationResult == nil {
			t.Fatalf("EMAIL_OTP = %+v, want tokens", done)
		}
		_, err = p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", code))
		cognatetest.WantError(t, "the same code", err, api.ErrSessionSpent)
	})
}

func TestPreferredChallenge(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	for _, c := range []struct {
		pairs []string
		want  api.ChallengeNameType
	}{
		{[]string{"PREFERRED_CHALLENGE", "EMAIL_OTP"}, byEmail},
		{[]string{"PREFERRED_CHALLENGE", "SMS_OTP"}, chooseFirst}, // no telephone
		{[]string{"PREFERRED_CHALLENGE", "WEB_AUTHN"}, chooseFirst},
		{[]string{"PREFERRED_CHALLENGE", "NONSENSE"}, chooseFirst},
		{[]string{"PREFERRED_CHALLENGE", "PASSWORD"}, byPassword},
		{[]string{"PREFERRED_CHALLENGE", "PASSWORD_SRP"}, bySRP},
		{[]string{"PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password}, ""},
	} {
		out := cognatetest.Try(userAuth(t, p, "ann", c.pairs...)).Of(t)
		if out.ChallengeName != c.want || (c.want == "") != (out.AuthenticationResult != nil) {
			t.Errorf("USER_AUTH with %q leads to %q, want %q", c.pairs, out.ChallengeName, c.want)
		}
		if c.want != "" && len(out.AvailableChallenges) != 3 {
			t.Errorf("USER_AUTH with %q: AvailableChallenges = %v, want three", c.pairs, out.AvailableChallenges)
		}
	}
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "PASSWORD")).Of(t)
	done := cognatetest.Try(p.Answer(byPassword, out.Session, responses("ann", "PASSWORD", cognatetest.Password))).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("PASSWORD = %+v, want tokens", done)
	}
}

func TestChoiceOfSRP(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	direct := newSRPSignIn(t)
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", direct.client.A())).Of(t)
	direct.challenge = out.ChallengeParameters
	if out := cognatetest.Try(proveSRP(p, direct.answer(t, p, cognatetest.Password))).Of(t); out.AuthenticationResult == nil {
		t.Errorf("PASSWORD_VERIFIER = %+v, want tokens", out)
	}
	chosen := newSRPSignIn(t)
	begun := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
	answer := responses("ann", "ANSWER", "PASSWORD_SRP", "SRP_A", chosen.client.A())
	verify := cognatetest.Try(p.Answer(chooseFirst, begun.Session, answer)).Of(t)
	if verify.ChallengeName != api.ChallengeNameTypePasswordVerifier {
		t.Fatalf("SELECT_CHALLENGE with SRP_A leads to %q, want PASSWORD_VERIFIER", verify.ChallengeName)
	}
	chosen.challenge = verify.ChallengeParameters
	if out := cognatetest.Try(proveSRP(p, chosen.answer(t, p, cognatetest.Password))).Of(t); out.AuthenticationResult == nil {
		t.Errorf("PASSWORD_VERIFIER = %+v, want tokens", out)
	}
	_, err := p.Answer(chooseFirst, begun.Session, answer)
	cognatetest.WantError(t, "another exchange for the same Session", err, api.ErrSessionSpent)
}

// A user who needs a second factor must begin with a password. One code that is read in a mailbox is not enough.
func TestChoiceKeepsSecondFactor(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, api.UserPoolMfaTypeOptional)
	begun := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	secret := p.MustEnrolWith(access)
	p.MustPrefer(access, true, true)
	p.NextStep()
	_, err := p.Answer(byEmail, begun.Session, responses("ann", "EMAIL_OTP_CODE", mustCode(t, s, "ann@example.com")))
	cognatetest.WantError(t, "EMAIL_OTP from before the second factor", err, api.ErrInvalidSession)
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	if diff := cmp.Diff([]api.ChallengeNameType{bySRP, byPassword}, out.AvailableChallenges); diff != "" || out.ChallengeName != chooseFirst {
		t.Fatalf("USER_AUTH = %+v, want SELECT_CHALLENGE with passwords only", out)
	}
	next := cognatetest.Try(p.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password))).Of(t)
	if next.ChallengeName != totp || next.AuthenticationResult != nil {
		t.Fatalf("SELECT_CHALLENGE with the password = %+v, want SOFTWARE_TOKEN_MFA", next)
	}
	if done := cognatetest.Try(p.AnswerCode("ann", next.Session, p.Code(secret))).Of(t); done.AuthenticationResult == nil {
		t.Errorf("SOFTWARE_TOKEN_MFA = %+v, want tokens", done)
	}
}

// Under PreventUserExistenceErrors a decoy gets the same challenges and answers as a user, and is locked like a user.
func TestChoiceOfDecoy(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, off)
	_, err := userAuth(t, p, "eve@example.com")
	cognatetest.WantError(t, "LEGACY", err, api.ErrUserDoesNotExist)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	sent := len(s.Mailbox.Messages(""))
	first := cognatetest.Try(userAuth(t, p, "eve@example.com", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	want := map[string]string{"CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL", "CODE_DELIVERY_DESTINATION": "e***@e***"}
	if diff := cmp.Diff(want, first.ChallengeParameters); diff != "" || first.ChallengeName != byEmail {
		t.Fatalf("USER_AUTH of a decoy = %+v, want EMAIL_OTP with %v", first, want)
	}
	if n := len(s.Mailbox.Messages("")); n != sent {
		t.Errorf("%d messages went out for a decoy", n-sent)
	}
	user := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	if a, b := len(first.Session), len(user.Session); a != b {
		t.Errorf("Session of a decoy has %d characters, a user's %d", a, b)
	}
	wrong := cognatetest.ChangeAt(mustCode(t, s, "ann@example.com"), 7)
	for range 5 {
		for name, session := range map[string]string{"eve@example.com": first.Session, "ann": user.Session} {
			_, err := p.Answer(byEmail, session, responses(name, "EMAIL_OTP_CODE", wrong))
			cognatetest.WantError(t, "wrong code of "+name, err, api.ErrCodeOrAuthState)
		}
	}
	for name, session := range map[string]string{"eve@example.com": first.Session, "ann": user.Session} {
		_, err := p.Answer(byEmail, session, responses(name, "EMAIL_OTP_CODE", wrong))
		cognatetest.WantError(t, "sixth code of "+name, err, api.ErrAttemptsExceeded)
	}
}

// The length of a Session does not show how often its user was changed or which of the user's names was typed. It never
// exceeds the limit of the API.
func TestFirstSessionsLookAlike(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	for range 12 {
		p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
			UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password, Permanent: new(true),
		})
	}
	names := []string{"ann", "eve", strings.Repeat("x", 128), strings.Repeat("x", 500)}
	for _, preferred := range []api.ChallengeNameType{"", bySRP, byPassword, byEmail} {
		length := 0
		for _, name := range names {
			n := len(cognatetest.Try(userAuth(t, p, name, "PREFERRED_CHALLENGE", string(preferred))).Of(t).Session)
			if n > 2048 {
				t.Errorf("Session of %d letters that prefers %q has %d characters, want at most 2048", len(name), preferred, n)
			}
			if length == 0 {
				length = n
			}
			if len(name) <= 128 && n != length {
				t.Errorf("Session of %s that prefers %q has %d characters, ann's %d", name, preferred, n, length)
			}
		}
	}
	_, err := userAuth(t, p, strings.Repeat("x", 513))
	cognatetest.WantCode(t, "a name that no user can have", err, api.CodeInvalidParameterException)
}

// Under PreventUserExistenceErrors, the error for a user who may not sign in comes after the first factor is proven. Such a
// user gets no code.
func TestChoiceOfDisabledUser(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, off)
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
	_, err := userAuth(t, p, "ann")
	cognatetest.WantError(t, "LEGACY", err, api.ErrUserDisabled)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	sent := len(s.Mailbox.Messages(""))
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	if out.ChallengeName != byEmail || len(s.Mailbox.Messages("")) != sent {
		t.Errorf("USER_AUTH = %+v with %d messages, want EMAIL_OTP with none", out, len(s.Mailbox.Messages(""))-sent)
	}
	_, err = userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
	cognatetest.WantError(t, "the right password", err, api.ErrUserDisabled)
}

// The Sessions that SignUp and ConfirmSignUp return continue as a sign-in. Each works once, and only for its own call.
func TestSignUpGoesOnToSignIn(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, off)
	signUpWith := func(name, password string) *api.SignUpOutput {
		return p.Must(t).SignUp(&api.SignUpInput{
			ClientId: p.ClientID, Username: name, Password: password,
			UserAttributes: []api.AttributeType{{Name: "email", Value: name + "@example.com"}},
		})
	}
	signUp := func(name string) *api.SignUpOutput { return signUpWith(name, "") }
	confirm := func(name, session string) *api.ConfirmSignUpOutput {
		return p.Must(t).ConfirmSignUp(&api.ConfirmSignUpInput{
			ClientId: p.ClientID, Username: name, ConfirmationCode: mustCode(t, s, name+"@example.com"), Session: session,
		})
	}
	with := func(name, session string) (*api.InitiateAuthOutput, error) {
		return p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserAuth, AuthParameters: responses(name), Session: session,
		})
	}
	bob := signUp("bob")
	_, err := with("bob", bob.Session)
	cognatetest.WantError(t, "before the confirmation", err, api.ErrUserNotConfirmed)
	confirmed := confirm("bob", bob.Session)
	_, err = with("bob", bob.Session)
	cognatetest.WantError(t, "the Session of SignUp", err, api.ErrInvalidSession)
	_, err = with("ann", confirmed.Session)
	cognatetest.WantError(t, "another user", err, api.ErrInvalidSession)
	if out := cognatetest.Try(with("bob", confirmed.Session)).Of(t); out.AuthenticationResult == nil {
		t.Errorf("USER_AUTH with the Session of ConfirmSignUp = %+v, want tokens", out)
	}
	_, err = with("bob", confirmed.Session)
	cognatetest.WantError(t, "the same Session", err, api.ErrSessionSpent)

	signUp("carl")
	if out := cognatetest.Try(with("carl", confirm("carl", "").Session)).Of(t); out.AuthenticationResult == nil {
		t.Errorf("USER_AUTH with a code that would sign in = %+v, want tokens", out)
	}
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
		Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
			AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword},
		}},
	})
	dora := signUpWith("dora", cognatetest.Password)
	signUpWith("emma", cognatetest.Password)
	if out := confirm("emma", dora.Session); out.Session != "" {
		t.Error("ConfirmSignUp with another's Session hands a Session on where codes don't sign in")
	}
	if out := confirm("dora", ""); out.Session != "" {
		t.Error("ConfirmSignUp without a Session hands one on where codes don't sign in")
	}
}
