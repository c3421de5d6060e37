package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/authsession"
	"cognate/cognatetest"
	"cognate/throttle"
)

// A change of the user, the app client or the user pool ends a setup, at each of its Sessions.
func TestSetupEndsWithAChange(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for what, c := range map[string]struct {
		change func(m cognatetest.MustClient, p *cognatetest.UserPool)
		want   *api.Error
	}{
		"a disabled user": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
		}, api.ErrUserDisabled},
		"a new password": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.AdminSetUserPassword(&api.AdminSetUserPasswordInput{
				UserPoolId: p.PoolID, Username: "ann", Password: "Another-horse-8", Permanent: new(true),
			})
		}, api.ErrInvalidSession},
		"a global sign-out": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
		}, api.ErrInvalidSession},
		"a deleted user": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
		}, api.ErrInvalidSession},
		"a deleted app client": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
		}, api.ErrInvalidSession},
		"a deleted user pool": {func(m cognatetest.MustClient, p *cognatetest.UserPool) {
			m.DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
		}, api.ErrInvalidSession},
	} {
		p := s.Pool(t, cognatetest.MFA(on))
		p.MustUser("ann")
		s1 := p.MustSignIn("ann", setup).Session
		a := mustBeginSetup(t, p, "ann")
		c.change(p.Must(t), p)
		_, err := associate(t, p, api.AssociateSoftwareTokenInput{Session: s1})
		cognatetest.WantError(t, "AssociateSoftwareToken after "+what, err, c.want)
		_, err = verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})
		cognatetest.WantError(t, "VerifySoftwareToken after "+what, err, c.want)
	}
}

// The Session of VerifySoftwareToken is the proof of the token that it verified, and of no other one.
func TestVerifiedSessionIsOfItsToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	begin := func() *api.VerifySoftwareTokenOutput {
		t.Helper()
		a := mustBeginSetup(t, p, "ann")
		return cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})).Of(t)
	}
	kept := begin()
	mustDeleteToken(t, p)
	finish := func(session string) error {
		_, err := p.Answer(setup, session, map[string]string{"USERNAME": "ann"})
		return err
	}
	cognatetest.WantError(t, "MFA_SETUP after the token was deleted", finish(kept.Session), api.ErrInvalidSession)
	p.NextStep()
	second := begin()
	cognatetest.WantError(t, "MFA_SETUP with the Session of an earlier token", finish(kept.Session), api.ErrInvalidSession)
	if err := finish(second.Session); err != nil {
		t.Errorf("MFA_SETUP with the Session of the token = %v, want tokens", err)
	}
}

// A Session is of its step also if the state of the user would allow the next one.
func TestSetupSessionsAreOfTheirStep(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	p.MustSetMFA(on)
	a := mustBeginSetup(t, p, "ann")
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})).Of(t)
	_, err := p.Answer(setup, a.Session, map[string]string{"USERNAME": "ann"})
	cognatetest.WantError(t, "MFA_SETUP with the Session of AssociateSoftwareToken", err, api.ErrInvalidSession)

	challenge := p.MustSignIn("ann", totp).Session
	mustDeleteToken(t, p)
	_, err = associate(t, p, api.AssociateSoftwareTokenInput{Session: challenge})
	cognatetest.WantError(t, "AssociateSoftwareToken with the Session of SOFTWARE_TOKEN_MFA", err, api.ErrInvalidSession)

	p.NextStep()
	a = mustBeginSetup(t, p, "ann")
	v := cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})).Of(t)
	mustDeleteToken(t, p)
	_, err = associate(t, p, api.AssociateSoftwareTokenInput{Session: v.Session})
	cognatetest.WantError(t, "AssociateSoftwareToken with the Session of VerifySoftwareToken", err, api.ErrInvalidSession)
}

// Of two setups of one user, the later association counts. The code of its token does not finish the earlier setup.
func TestSetupIsOfItsAssociation(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	first, second := mustBeginSetup(t, p, "ann"), mustBeginSetup(t, p, "ann")
	for what, secret := range map[string]string{"its own code": first.SecretCode, "the code of the later setup": second.SecretCode} {
		_, err := verify(t, p, api.VerifySoftwareTokenInput{Session: first.Session, UserCode: p.Code(secret)})
		cognatetest.WantError(t, "VerifySoftwareToken of the earlier setup with "+what, err, api.ErrInvalidSession)
	}
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: second.Session, UserCode: p.Code(second.SecretCode)})).Of(t)
}

// A Session of MFA_SETUP from before the user had a token does not replace the token, although the factor is off.
func TestSetupDoesNotReplaceAToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	kept := p.MustSignIn("ann", setup).Session
	begun := mustBeginSetup(t, p, "ann")
	p.MustSetMFA(optional)
	secret := p.MustEnrolWith(p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken)
	p.NextStep()
	_, err := associate(t, p, api.AssociateSoftwareTokenInput{Session: kept})
	cognatetest.WantError(t, "AssociateSoftwareToken(Session of before the token)", err, api.ErrInvalidSession)
	_, err = verify(t, p, api.VerifySoftwareTokenInput{Session: begun.Session, UserCode: p.Code(begun.SecretCode)})
	cognatetest.WantError(t, "VerifySoftwareToken(Session of before the token)", err, api.ErrInvalidSession)
	p.MustSetMFA(on)
	if _, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret)); err != nil {
		t.Errorf("code of the token = %v, want tokens", err)
	}
}

// A Session of a page continues on pages only, and a Session of the API in the API only.
func TestSetupOnPages(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	sealer := &authsession.Sealer{Store: p.Store, Now: p.Clock.Now}
	factors := &account.Factors{Store: p.Store, Sessions: sealer, Now: p.Clock.Now}
	ofAPI := p.MustSignIn("ann", setup).Session
	session, err := sealer.Open(ofAPI, cognate.StepSetup)
	if err != nil {
		t.Fatal(err)
	}
	session.ID, session.Page = "of a page", true
	page, err := sealer.Seal(session)
	if err != nil {
		t.Fatal(err)
	}
	_, err = associate(t, p, api.AssociateSoftwareTokenInput{Session: page})
	cognatetest.WantError(t, "AssociateSoftwareToken(Session of a page)", err, api.ErrInvalidSession)
	session.Step = cognate.StepSetupAssociated
	if page, err = sealer.Seal(session); err != nil {
		t.Fatal(err)
	}
	_, err = verify(t, p, api.VerifySoftwareTokenInput{Session: page, UserCode: "123456"})
	cognatetest.WantError(t, "VerifySoftwareToken(Session of a page)", err, api.ErrInvalidSession)

	if _, err := factors.ResumeOnPage(t.Context(), ofAPI, cognate.StepSetup); !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("ResumeOnPage(Session of the API) = %v, want %v", err, api.ErrInvalidSession)
	}
	if e, err := factors.ResumeOnPage(t.Context(), page, cognate.StepSetupAssociated); err != nil || e.User.Username != "ann" {
		t.Errorf("ResumeOnPage(Session of a page) = %+v, %v, want that of ann", e, err)
	}
	if _, err := factors.ResumeOnPage(t.Context(), page, cognate.StepSetup); !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("ResumeOnPage(Session of another step) = %v, want %v", err, api.ErrInvalidSession)
	}
}

// Each Session of a setup keeps what the sign-in has proven, and where it is.
func TestSetupKeepsItsSignIn(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	sealer := &authsession.Sealer{Store: p.Store, Now: p.Clock.Now}
	factors := &account.Factors{Store: p.Store, Sessions: sealer, Limits: throttle.DefaultLimits(), Now: p.Clock.Now}
	first := cognatetest.Try(sealer.Open(p.MustSignIn("ann", setup).Session, cognate.StepSetup)).Of(t)
	first.ID, first.Page, first.EventID, first.Passwordless, first.Methods = "of a page", true, "event", true, cognate.Methods{cognate.MethodEmail}
	resume := func(text string, step cognate.Step) *account.Enrolment {
		t.Helper()
		return cognatetest.Try(factors.ResumeOnPage(t.Context(), text, step)).Of(t)
	}
	secret, second, err := factors.Associate(t.Context(), resume(cognatetest.Try(sealer.Seal(first)).Of(t), cognate.StepSetup))
	if err != nil {
		t.Fatal(err)
	}
	associated := resume(second, cognate.StepSetupAssociated)
	third := cognatetest.Try(factors.Verify(t.Context(), associated, p.Code(secret), "")).Of(t)
	verified := resume(third, cognate.StepSetupVerified).Session
	if verified.TokenID == "" || verified.TokenID != associated.Session.TokenID {
		t.Errorf("the Sessions are of the tokens %q and %q, want one", associated.Session.TokenID, verified.TokenID)
	}
	for _, next := range []*cognate.AuthSession{associated.Session, verified} {
		want := *first
		want.ID, want.Step, want.Expires, want.TokenID = next.ID, next.Step, next.Expires, next.TokenID
		if diff := cmp.Diff(&want, next); diff != "" || next.ID == first.ID {
			t.Errorf("Session at %s (-want +got):\n%s", next.Step, diff)
		}
	}
}

// If a pool no longer offers software tokens, users cannot set one up, but a verified one still signs in.
// Source: docs/behaviour.md §1.1.
func TestPoolThatStopsOfferingSoftwareTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	p.MustUser("bob")
	secret, access := p.MustEnrol("ann")
	s1 := p.MustSignIn("bob", setup).Session
	a := mustBeginSetup(t, p, "bob")
	offer := func(offered bool) {
		t.Helper()
		p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
			UserPoolId: p.PoolID, MfaConfiguration: on,
			SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(offered)},
		})
	}
	offer(false)
	for what, in := range map[string]api.AssociateSoftwareTokenInput{"access token": {AccessToken: access}, "Session": {Session: s1}} {
		_, err := associate(t, p, in)
		cognatetest.WantError(t, "AssociateSoftwareToken("+what+")", err, api.ErrSoftwareTokenOff)
	}
	for what, in := range map[string]api.VerifySoftwareTokenInput{"access token": {AccessToken: access}, "Session": {Session: a.Session}} {
		in.UserCode = p.Code(a.SecretCode)
		_, err := verify(t, p, in)
		cognatetest.WantError(t, "VerifySoftwareToken("+what+")", err, api.ErrSoftwareTokenOff)
	}
	p.NextStep()
	if _, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret)); err != nil {
		t.Errorf("code of a verified token = %v, want tokens", err)
	}
	offer(true)
	if _, err := verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)}); err != nil {
		t.Errorf("VerifySoftwareToken(the same Session) in a pool that offers the factor again = %v, want SUCCESS", err)
	}
}

// VerifySoftwareToken accepts the codes of the present time step and of one step on either side.
func TestVerifyCodeWindow(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	for _, c := range []struct {
		age  time.Duration // of the code when it arrives
		want error
	}{
		{-60 * time.Second, api.ErrEnrolMismatch},
		{-30 * time.Second, nil},
		{0, nil},
		{30 * time.Second, nil},
		{60 * time.Second, api.ErrEnrolMismatch},
	} {
		a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
		p.Clock.Advance(5 * time.Minute) // far from the steps of the last round
		p.Clock.Advance(-c.age)
		code := p.Code(a.SecretCode)
		p.Clock.Advance(c.age)
		out, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: code})
		cognatetest.WantRefusal(t, "VerifySoftwareToken(code of age "+c.age.String()+")", err, c.want)
		if err == nil && (out.Status != api.VerifySoftwareTokenResponseTypeSuccess || out.Session != "") {
			t.Errorf("VerifySoftwareToken(access token) = %+v, want SUCCESS and no Session", out)
		}
	}
}

// Wrong codes of a setup lock the user as wrong passwords do, and do not end the setup.
func TestWrongCodesOfASetupLock(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	a := mustBeginSetup(t, p, "ann")
	try := func(code string) error {
		_, err := verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: code})
		return err
	}
	for range 4 {
		cognatetest.WantError(t, "wrong code", try(p.WrongCode(a.SecretCode)), api.ErrEnrolMismatch)
	}
	p.MustSignIn("ann", setup) // not locked yet; and a right password does not allow more guesses
	cognatetest.WantError(t, "fifth wrong code", try(p.WrongCode(a.SecretCode)), api.ErrEnrolMismatch)
	cognatetest.WantError(t, "right code while locked", try(p.Code(a.SecretCode)), api.ErrAttemptsExceeded)
	_, err := p.SignIn("ann")
	cognatetest.WantError(t, "right password while locked", err, api.ErrAttemptsExceeded)
	p.Clock.Advance(time.Second)
	if err := try(p.Code(a.SecretCode)); err != nil {
		t.Errorf("right code after the lock = %v, want SUCCESS", err)
	}
}

// A right code of a setup does not reset the count: an attacker with an access token could otherwise guess the password without an
// end.
func TestSetupDoesNotResetTheLockout(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
	wrongPassword := func() error {
		_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Wrong-horse-7"},
		})
		return err
	}
	for range 4 {
		cognatetest.WantError(t, "wrong password", wrongPassword(), api.ErrIncorrectPassword)
	}
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})).Of(t)
	cognatetest.WantError(t, "fifth wrong password", wrongPassword(), api.ErrIncorrectPassword)
	_, err := p.SignIn("ann")
	cognatetest.WantError(t, "right password while locked", err, api.ErrAttemptsExceeded)
}
