package signin_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/signin"
	"cognate/store"
)

// onPage returns an attempt of ann on a page.
func (f *engineFixture) onPage() *signin.Attempt {
	a := f.attempt()
	a.Page = true
	return a
}

// noStep stores nothing at the end of an SSO session.
func noStep(context.Context, *store.Tx, *cognate.UserPool, *cognate.SSOSession) error { return nil }

// mustSignInOnPage signs ann in on a page, by password and software token. It returns the SSO session.
func (f *engineFixture) mustSignInOnPage() *signin.SSO {
	f.t.Helper()
	first, err := f.Start(f.t.Context(), f.onPage(), signin.PasswordStart{Password: enginePassword})
	if err != nil {
		f.t.Fatalf("Start(right password, on a page) = %v", err)
	}
	f.now = f.now.Add(time.Minute) // a code works once
	last, err := f.Answer(f.t.Context(), f.onPage(), first.Session, signin.SoftwareTokenResponse{Code: f.code()})
	if err != nil {
		f.t.Fatalf("Answer(right code, on a page) = %v", err)
	}
	if last.SSO == nil || last.Tokens != nil || last.Challenge != nil || last.Session != "" {
		f.t.Fatalf("Answer(right code, on a page) = %+v, want an SSO session only", last)
	}
	return last.SSO
}

func (f *engineFixture) liveGrants() int {
	f.t.Helper()
	grants, err := f.Store.LiveGrants(f.t.Context(), f.pool.ID, f.user.Sub, f.now)
	if err != nil {
		f.t.Fatal(err)
	}
	return len(grants)
}

// A sign-in on a page ends in an SSO session: it makes no grant and no tokens.
func TestPageSignIn(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	f.client.AuthFlows = []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth} // the pages need no flow
	sso := f.mustSignInOnPage()
	if n := f.liveGrants(); n != 0 {
		t.Errorf("%d grants after a sign-in on a page, want none", n)
	}
	got, user, err := f.SSOSession(t.Context(), f.pool, f.client, sso.Secret)
	if err != nil || user.Sub != f.user.Sub {
		t.Fatalf("SSOSession() = %+v, %v, want ann", user, err)
	}
	if diff := cmp.Diff(&sso.Session, got); diff != "" {
		t.Errorf("SSOSession() (-outcome +stored):\n%s", diff)
	}
	want := cognate.SSOSession{
		PoolID: f.pool.ID, ID: got.ID, SecretHash: cognate.SSOSecretHash(sso.Secret), Sub: f.user.Sub, ClientID: f.client.ID,
		AuthTime: f.now, Expires: f.now.Add(time.Hour), LastActive: f.now, SecondFactor: true, DeviceType: got.DeviceType,
		Methods: cognate.Methods{cognate.MethodPassword, cognate.MethodSoftwareToken, cognate.MethodMultiFactor},
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("SSOSession() (-want +got):\n%s", diff)
	}
	for what, secret := range map[string]string{"none": "", "another": cognate.NewSSOSecret(), "the hash": string(got.SecretHash), "the ID": got.ID} {
		if _, _, err := f.SSOSession(t.Context(), f.pool, nil, secret); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("SSOSession(%s) = %v, want ErrNotFound", what, err)
		}
	}
	if _, _, err := f.SSOSession(t.Context(), &cognate.UserPool{ID: "us-east-1_Another00"}, nil, sso.Secret); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("SSOSession(another pool) = %v, want ErrNotFound", err)
	}
}

// The pages have no flow of functions, of administrators or of refresh tokens.
func TestPageFlows(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	for what, start := range map[string]signin.Start{
		"nil": nil, "custom": signin.CustomStart{}, "refresh": signin.RefreshStart{Token: "token"},
		"admin": signin.AdminPasswordStart{Password: enginePassword},
	} {
		if outcome, err := f.Start(t.Context(), f.onPage(), start); outcome != nil || err == nil {
			t.Errorf("Start(%s, on a page) = %+v, %v, want an error", what, outcome, err)
		}
	}
}

// A Session of a page works on pages only, and a Session of the API in the API only.
func TestPageSessions(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	for what, attempts := range map[string][2]*signin.Attempt{
		"of a page in the API": {f.onPage(), f.attempt()}, "of the API on a page": {f.attempt(), f.onPage()},
	} {
		first, err := f.Start(t.Context(), attempts[0], signin.PasswordStart{Password: enginePassword})
		if err != nil {
			t.Fatalf("Start() = %v", err)
		}
		outcome, err := f.Answer(t.Context(), attempts[1], first.Session, signin.SoftwareTokenResponse{Code: f.code()})
		if outcome != nil || !errors.Is(err, api.ErrInvalidSession) {
			t.Errorf("Answer(Session %s) = %+v, %v, want %v", what, outcome, err, api.ErrInvalidSession)
		}
	}
}

// A user who sets up a second factor on a page has proven it, by whichever factor.
func TestPageSetup(t *testing.T) {
	t.Parallel()
	const email, phone = "ann@example.com", "+15555550100"
	for what, tt := range map[string]struct {
		setup  signin.Response
		to     string
		answer func(code string) signin.Response
		method cognate.Method
	}{
		"email": {
			signin.SetupEmailResponse{Email: email},
			email,
			func(code string) signin.Response { return signin.EmailOTPResponse{Code: code} }, cognate.MethodEmail,
		},
		"SMS": {
			signin.SetupSMSResponse{Phone: phone},
			phone,
			func(code string) signin.Response { return signin.SMSMFAResponse{Code: code} }, cognate.MethodSMS,
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newEngine(t)
			f.pool.MFA.SMS, f.pool.Schema = true, cognate.StandardAttributes()
			mailbox := new(notify.Mailbox)
			f.Notify.Sender = mailbox
			f.mustDropToken()
			session := cognatetest.Try(f.Start(t.Context(), f.onPage(), signin.PasswordStart{Password: enginePassword})).Of(t).Session
			session = cognatetest.Try(f.Answer(t.Context(), f.onPage(), session, tt.setup)).Of(t).Session
			sent, ok := mailbox.Last(tt.to)
			if !ok {
				t.Fatalf("no message to %s", tt.to)
			}
			last := cognatetest.Try(f.Answer(t.Context(), f.onPage(), session, tt.answer(sent.Code))).Of(t)
			want := cognate.Methods{cognate.MethodPassword, tt.method, cognate.MethodMultiFactor}
			if last.SSO == nil || !last.SSO.Session.SecondFactor || !slices.Equal(last.SSO.Session.Methods, want) {
				t.Errorf("Answer(right code) = %+v, want an SSO session with the methods %v and a second factor", last.SSO, want)
			}
		})
	}
}

// mustDropToken removes the software token of ann.
func (f *engineFixture) mustDropToken() {
	f.t.Helper()
	ctx := f.t.Context()
	err := f.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := tx.LockUser(ctx, f.pool.ID, f.user.Sub)
		if err != nil {
			return err
		}
		user.Tokens.Drop()
		return tx.SaveUser(ctx, f.pool, user)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// What ends SSO sessions, and what does not.
func TestSSOSessionEnds(t *testing.T) {
	t.Parallel()
	change := func(f *engineFixture, change func(*cognate.User)) error {
		return f.Store.Write(f.t.Context(), func(tx *store.Tx) error {
			user, err := tx.LockUser(f.t.Context(), f.pool.ID, f.user.Sub)
			if err != nil {
				return err
			}
			change(user.User)
			return tx.SaveUser(f.t.Context(), f.pool, user)
		})
	}
	for what, tt := range map[string]struct {
		minutes *int
		after   time.Duration
		do      func(f *engineFixture, sso *signin.SSO) error
		live    bool
	}{
		"nothing":                   {live: true},
		"59 minutes":                {after: 59 * time.Minute, live: true},
		"60 minutes":                {after: time.Hour},
		"4 of 5 minutes":            {minutes: new(5), after: 4 * time.Minute, live: true},
		"5 of 5 minutes":            {minutes: new(5), after: 5 * time.Minute},
		"0 minutes: it always asks": {minutes: new(0)},
		"global sign-out": {do: func(f *engineFixture, _ *signin.SSO) error {
			return f.SignOut(f.t.Context(), f.pool, f.user.Sub, api.ErrUserDoesNotExist)
		}},
		"a raised stamp": {do: func(f *engineFixture, _ *signin.SSO) error {
			return change(f, func(u *cognate.User) { u.Stamp++ })
		}},
		"a disabled user": {do: func(f *engineFixture, _ *signin.SSO) error {
			return change(f, func(u *cognate.User) { u.Enabled = false })
		}},
		"a deleted user": {do: func(f *engineFixture, _ *signin.SSO) error {
			return f.Store.Write(f.t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(f.t.Context(), f.pool.ID, f.user.Sub) })
		}},
		"logout": {do: func(f *engineFixture, sso *signin.SSO) error {
			ended, err := f.EndSSOSession(f.t.Context(), f.pool, sso.Secret, noStep)
			if err == nil && (ended == nil || ended.ID != sso.Session.ID) {
				err = errors.New("it did not return the session")
			}
			return err
		}},
		"logout with another cookie": {live: true, do: func(f *engineFixture, _ *signin.SSO) error {
			ended, err := f.EndSSOSession(f.t.Context(), f.pool, cognate.NewSSOSecret(), noStep)
			if ended != nil {
				err = errors.New("it returned a session")
			}
			return err
		}},
		"another attribute": {live: true, do: func(f *engineFixture, _ *signin.SSO) error {
			return change(f, func(u *cognate.User) { u.Attributes["name"] = "Ann" })
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newEngine(t)
			f.client.SSOValidity = tt.minutes
			sso := f.mustSignInOnPage()
			f.now = f.now.Add(tt.after)
			if tt.do != nil {
				if err := tt.do(f, sso); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			for _, client := range []*cognate.AppClient{nil, f.client} {
				_, _, err := f.SSOSession(t.Context(), f.pool, client, sso.Secret)
				if (err == nil) != tt.live || err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("SSOSession() after %s = %v, want it: %t", what, err, tt.live)
				}
			}
		})
	}
}

// A client limits the sessions of other clients for itself.
func TestSSOSessionServesClients(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	sso := f.mustSignInOnPage()
	for what, tt := range map[string]struct {
		client cognate.AppClient
		after  time.Duration
		want   bool
	}{
		"another client":            {cognate.AppClient{PoolID: f.pool.ID}, 59 * time.Minute, true},
		"a client that always asks": {cognate.AppClient{PoolID: f.pool.ID, SSOValidity: new(0)}, 0, false},
		"a shorter time":            {cognate.AppClient{PoolID: f.pool.ID, SSOValidity: new(10)}, 10 * time.Minute, false},
		"a shorter time, before":    {cognate.AppClient{PoolID: f.pool.ID, SSOValidity: new(10)}, 9 * time.Minute, true},
		"a longer time":             {cognate.AppClient{PoolID: f.pool.ID, SSOValidity: new(600)}, 60 * time.Minute, false},
		"a client of another pool":  {cognate.AppClient{PoolID: "us-east-1_Another00"}, 0, false},
	} {
		if got := sso.Session.Serves(&tt.client, sso.Session.AuthTime.Add(tt.after)); got != tt.want {
			t.Errorf("Serves(%s) = %t, want %t", what, got, tt.want)
		}
	}
}

// The page that follows a sign-in to a client that always asks still has the session.
func TestFreshSSOSession(t *testing.T) {
	t.Parallel()
	f := newEngine(t)
	f.client.SSOValidity = new(0)
	sso := f.mustSignInOnPage()
	other := &cognate.AppClient{PoolID: f.pool.ID, ID: "other"}
	for what, tt := range map[string]struct {
		client *cognate.AppClient
		after  time.Duration
		want   bool
	}{
		"now":            {f.client, 0, true},
		"in 5 minutes":   {f.client, 5*time.Minute - 1, true},
		"later":          {f.client, 5 * time.Minute, false},
		"another client": {other, 0, false},
	} {
		began := f.now
		f.now = f.now.Add(tt.after)
		if _, _, err := f.FreshSSOSession(t.Context(), f.pool, tt.client, sso.Secret); (err == nil) != tt.want {
			t.Errorf("FreshSSOSession(%s) = %v, want it: %t", what, err, tt.want)
		}
		f.now = began
	}
}

// A step-up on a page asks what the SSO session has not proven.
func TestPageStepUp(t *testing.T) {
	t.Parallel()
	level := func(n string) []string { return []string{"urn:cognito:loa:" + n} }
	for what, tt := range map[string]struct {
		stepUp  signin.StepUp
		secret  func(sso *signin.SSO) string
		change  func(f *engineFixture)
		session cognate.Methods // of the SSO session
		want    signin.Challenge
		err     error
	}{
		"the missing factor only": {
			stepUp: signin.StepUp{Levels: level("4")}, session: cognate.Methods{cognate.MethodPassword}, want: signin.SoftwareTokenChallenge{},
		},
		"from scratch if it is too old": {
			stepUp: signin.StepUp{Levels: level("4"), MaxAge: new(30 * time.Second)}, session: cognate.Methods{cognate.MethodPassword},
			want: signin.ChoiceChallenge{},
		},
		"from scratch without a session": {
			stepUp: signin.StepUp{Levels: level("4")}, session: cognate.Methods{cognate.MethodPassword},
			secret: func(*signin.SSO) string { return cognate.NewSSOSecret() }, want: signin.ChoiceChallenge{},
		},
		"from scratch if the client always asks": {
			stepUp: signin.StepUp{Levels: level("4")}, session: cognate.Methods{cognate.MethodPassword},
			change: func(f *engineFixture) { f.client.SSOValidity = new(0) }, want: signin.ChoiceChallenge{},
		},
		"no factor that the user lacks": {
			stepUp: signin.StepUp{Levels: level("3")}, session: cognate.Methods{cognate.MethodPassword}, err: signin.ErrUnreachable,
			change: func(f *engineFixture) { f.change(func(u *cognate.User) { u.Tokens = cognate.SoftwareTokens{} }) },
		},
		"unknown levels are ignored": {
			stepUp: signin.StepUp{Levels: []string{"gold"}}, session: cognate.Methods{cognate.MethodPassword}, want: signin.ChoiceChallenge{},
		},
		"levels are ignored on LITE": {
			stepUp: signin.StepUp{Levels: level("4")}, session: cognate.Methods{cognate.MethodPassword}, want: signin.ChoiceChallenge{},
			change: func(f *engineFixture) { f.pool.Tier = api.UserPoolTierTypeLite },
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newOAuth(t)
			sso := f.mustSSOWith(tt.session)
			if tt.change != nil {
				tt.change(f)
			}
			f.now = f.now.Add(time.Minute)
			start := signin.ChoiceStart{StepUp: tt.stepUp}
			start.StepUp.SSO, start.StepUp.IsRequested = sso.Secret, true
			if tt.secret != nil {
				start.StepUp.SSO = tt.secret(sso)
			}
			outcome, err := f.Start(t.Context(), f.onPage(), start)
			if tt.err != nil {
				if outcome != nil || !errors.Is(err, tt.err) {
					t.Fatalf("Start() = %+v, %v, want %v", outcome, err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("Start() = %v", err)
			}
			if outcome.Challenge != tt.want {
				t.Errorf("Start() asks %#v, want %#v", outcome.Challenge, tt.want)
			}
		})
	}
}

// mustSSOWith stores an SSO session of ann that has proven the methods.
func (f *engineFixture) mustSSOWith(methods cognate.Methods) *signin.SSO {
	f.t.Helper()
	secret := cognate.NewSSOSecret()
	sso := &signin.SSO{Secret: secret, Session: cognate.SSOSession{
		PoolID: f.pool.ID, ID: cognate.NewSSOSessionID(), SecretHash: cognate.SSOSecretHash(secret), Sub: f.user.Sub, ClientID: f.client.ID,
		AuthTime: f.now, Expires: f.now.Add(time.Hour), LastActive: f.now, Methods: methods,
	}}
	err := f.Store.Write(f.t.Context(), func(tx *store.Tx) error { return tx.CreateSSOSession(f.t.Context(), &sso.Session) })
	if err != nil {
		f.t.Fatal(err)
	}
	return sso
}

// The missing factor makes a new SSO session with all factors. It does not if the old session has ended, and another user's
// session counts for nobody.
func TestPageStepUpEnds(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	start := func(sso *signin.SSO) *signin.Outcome {
		outcome, err := f.Start(t.Context(), f.onPage(), signin.ChoiceStart{StepUp: signin.StepUp{
			Levels: []string{"urn:cognito:loa:4"}, SSO: sso.Secret, IsRequested: true,
		}})
		if err != nil {
			t.Fatalf("Start() = %v", err)
		}
		return outcome
	}
	sso := f.mustSSOWith(cognate.Methods{cognate.MethodPassword})
	done, err := f.Answer(t.Context(), f.onPage(), start(sso).Session, signin.SoftwareTokenResponse{Code: f.code()})
	if err != nil || done.SSO == nil || done.SSO.Session.ID == sso.Session.ID || done.SSO.Session.Methods.Level() != cognate.Level4 {
		t.Fatalf("Answer(right code) = %+v, %v, want a new session of level 4", done, err)
	}
	f.now = f.now.Add(time.Minute)
	asked := start(sso)
	if _, err := f.EndSSOSession(t.Context(), f.pool, sso.Secret, noStep); err != nil {
		t.Fatal(err)
	}
	if outcome, err := f.Answer(t.Context(), f.onPage(), asked.Session, signin.SoftwareTokenResponse{Code: f.code()}); outcome != nil || !errors.Is(err, api.ErrInvalidSession) {
		t.Errorf("Answer(after logout) = %+v, %v, want %v", outcome, err, api.ErrInvalidSession)
	}
	bob := f.mustSSOWith(cognate.Methods{cognate.MethodPassword})
	err = f.Store.Write(t.Context(), func(tx *store.Tx) error {
		other := &cognate.User{
			PoolID: f.pool.ID, Sub: "22222222-2222-7222-8222-222222222222", Username: "bob", Status: api.UserStatusTypeConfirmed, Enabled: true,
			Attributes: map[string]string{cognate.AttributeSub: "22222222-2222-7222-8222-222222222222"},
		}
		bob.Session.ID, bob.Session.Sub, bob.Secret = cognate.NewSSOSessionID(), other.Sub, cognate.NewSSOSecret()
		bob.Session.SecretHash = cognate.SSOSecretHash(bob.Secret)
		return errors.Join(tx.CreateUser(t.Context(), f.pool, other), tx.CreateSSOSession(t.Context(), &bob.Session))
	})
	if err != nil {
		t.Fatal(err)
	}
	if outcome := start(bob); outcome.Challenge == (signin.SoftwareTokenChallenge{}) {
		t.Error("the session of another user counted")
	}
}

// wantSignedOut fails the test if ann has a grant or an SSO session.
func (f *engineFixture) wantSignedOut(what string) {
	f.t.Helper()
	sso, err := f.Store.SSOSessions(f.t.Context(), f.pool.ID, f.user.Sub, f.now)
	if err != nil {
		f.t.Fatal(err)
	}
	if n := f.liveGrants(); n > 0 || len(sso) > 0 {
		f.t.Errorf("%s: %d grants and %d SSO sessions, want none", what, n, len(sso))
	}
}

// Random starts and answers with any Session, in any order, end in neither tokens nor an SSO session: the right password alone is
// among them, and the user has a second factor.
func TestNoTokensWithoutFinishedSignIn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		f := newOAuth(t)
		random := rand.New(rand.NewPCG(seed, 0))
		pick := func(n int) int { return random.IntN(n) }
		wrong := "000000"
		f.client.AuthSessionValidity = 15
		sessions := []string{"", "garbage"}
		passwords := []string{enginePassword, enginePassword, "Wrong-horse-7"}
		starts := func() signin.Start {
			return []signin.Start{
				nil,
				signin.PasswordStart{Password: passwords[pick(3)]},
				signin.AdminPasswordStart{Password: enginePassword},
				signin.ChoiceStart{},
				signin.ChoiceStart{Preferred: api.ChallengeNameTypePassword, Password: passwords[pick(3)]},
				signin.ChoiceStart{StepUp: signin.StepUp{Levels: []string{"urn:cognito:loa:1"}, IsRequested: true, SSO: "cookie"}},
				signin.ChoiceStart{Session: sessions[pick(len(sessions))]},
				signin.CustomStart{},
				signin.RefreshStart{Token: "token"},
				signin.SRPStart{SRPA: "02"},
				signin.AnyPasskeyStart{Session: sessions[pick(len(sessions))], Credential: "{}"},
			}[pick(11)]
		}
		responses := func() signin.Response {
			return []signin.Response{
				nil,
				signin.PasswordResponse{Password: passwords[pick(3)]},
				signin.SoftwareTokenResponse{Code: wrong},
				signin.ChoiceResponse{Chosen: api.ChallengeNameTypePassword, Password: passwords[pick(3)]},
				signin.MFASetupResponse{},
				signin.SelectMFAResponse{Factor: cognate.FactorSoftwareToken},
				signin.NewPasswordResponse{Password: "Another-horse-7"},
				signin.SMSMFAResponse{Code: wrong},
				signin.SetupEmailResponse{Email: "eve@example.com"},
				signin.PasskeyResponse{Credential: "{}"},
				signin.CustomResponse{Answer: "yes"},
				signin.ResendResponse{},
			}[pick(12)]
		}
		for range 120 {
			f.now = f.now.Add(time.Minute)
			if wrong == f.code() {
				continue
			}
			attempt := f.onPage()
			attempt.Username = []string{"ann", "ann", "eve"}[pick(3)]
			var outcome *signin.Outcome
			if pick(3) == 0 {
				outcome, _ = f.Start(t.Context(), attempt, starts())
			} else {
				outcome, _ = f.Answer(t.Context(), attempt, sessions[pick(len(sessions))], responses())
			}
			if outcome == nil {
				continue
			}
			if outcome.SSO != nil || outcome.Tokens != nil || outcome.Challenge == nil {
				t.Fatalf("seed %d: outcome = %+v, want a challenge", seed, outcome)
			}
			sessions = append(sessions, outcome.Session)
		}
		f.wantSignedOut(fmt.Sprint("seed ", seed))
		if len(sessions) < 6 {
			t.Errorf("seed %d: %d challenges, want more", seed, len(sessions)-2) // the walk shows nothing
		}
	}
}
