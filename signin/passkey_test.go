package signin_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

const (
	byPasskey = api.ChallengeNameTypeWebAuthn
	once      = api.WebAuthnFactorConfigurationTypeSingleFactor
	twice     = api.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
)

var errWrongPasskey = api.NotAuthorizedException("Incorrect passkey.")

// withPasskey returns a pool with passkeys, whose user ann has a passkey of the authenticator.
func withPasskey(t *testing.T, s *cognatetest.Server, factor api.WebAuthnFactorConfigurationType, a *webauthntest.Authenticator) (p *cognatetest.UserPool, access string) {
	t.Helper()
	p = s.Pool(t)
	p.MustAllowPasskeys(off, factor)
	p.MustUser("ann")
	access = p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	p.MustRegister(access, a)
	return p, access
}

func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		a := &webauthntest.Authenticator{Counts: true}
		p, _ := withPasskey(t, s, once, a)
		available := []api.ChallengeNameType{bySRP, byPassword, byPasskey}

		preferred := p.MustAskForPasskey("ann")
		if diff := cmp.Diff(available, preferred.AvailableChallenges); diff != "" {
			t.Errorf("AvailableChallenges differs (-want +got):\n%s", diff)
		}
		done := cognatetest.Try(p.UsePasskey("ann", a, preferred.Session, preferred.ChallengeParameters)).Of(t)
		if done.AuthenticationResult == nil {
			t.Fatalf("a right passkey leads to %+v, want tokens", done)
		}
		_, err := p.UsePasskey("ann", a, preferred.Session, preferred.ChallengeParameters)
		cognatetest.WantError(t, "the same Session", err, api.ErrSessionSpent)

		choice := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
		if diff := cmp.Diff(available, choice.AvailableChallenges); diff != "" {
			t.Errorf("AvailableChallenges differs (-want +got):\n%s", diff)
		}
		chosen := cognatetest.Try(p.Answer(chooseFirst, choice.Session, responses("ann", "ANSWER", "WEB_AUTHN"))).Of(t)
		if chosen.ChallengeName != byPasskey {
			t.Fatalf("SELECT_CHALLENGE leads to %+v, want WEB_AUTHN", chosen)
		}
		if done = cognatetest.Try(p.UsePasskey("ann", a, chosen.Session, chosen.ChallengeParameters)).Of(t); done.AuthenticationResult == nil {
			t.Errorf("a right passkey leads to %+v, want tokens", done)
		}
	})
}

func TestRequestOptions(t *testing.T) {
	t.Parallel()
	p, access := withPasskey(t, cognatetest.Start(t), once, new(webauthntest.Authenticator))
	out := p.MustAskForPasskey("ann")
	var options map[string]any
	if err := json.Unmarshal([]byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), &options); err != nil {
		t.Fatal(err)
	}
	if challenge, _ := options["challenge"].(string); len(challenge) != 43 || len(out.ChallengeParameters) != 1 {
		t.Errorf("ChallengeParameters is %v, want options with a challenge of 256 bits and nothing else", out.ChallengeParameters)
	}
	delete(options, "challenge")
	in := &api.ListWebAuthnCredentialsInput{AccessToken: access}
	known := p.Must(t).ListWebAuthnCredentials(in).Credentials[0]
	want := map[string]any{
		"rpId": "example.com", "timeout": 60000.0, "userVerification": "preferred",
		"allowCredentials": []any{map[string]any{
			"type": "public-key", "id": known.CredentialId, "transports": []any{"internal", "hybrid"},
		}},
	}
	if diff := cmp.Diff(want, options); diff != "" {
		t.Errorf("CREDENTIAL_REQUEST_OPTIONS differs (-want +got):\n%s", diff)
	}
}

func TestWrongPasskeys(t *testing.T) {
	t.Parallel()
	a := &webauthntest.Authenticator{Counts: true}
	p, _ := withPasskey(t, cognatetest.Start(t), once, a)
	p.MustUser("bob")
	bobs := new(webauthntest.Authenticator)
	p.MustRegister(p.MustSignIn("bob", "").AuthenticationResult.AccessToken, bobs)
	for name, wrong := range map[string]func() (*api.RespondToAuthChallengeOutput, error){
		"of another challenge": func() (*api.RespondToAuthChallengeOutput, error) {
			return p.UsePasskey("ann", a, p.MustAskForPasskey("ann").Session, p.MustAskForPasskey("ann").ChallengeParameters)
		},
		"of another user": func() (*api.RespondToAuthChallengeOutput, error) {
			out := p.MustAskForPasskey("ann")
			open := forAnyPasskey(t, out.ChallengeParameters)
			return p.UsePasskey("ann", bobs, out.Session, open)
		},
		"on a foreign page": func() (*api.RespondToAuthChallengeOutput, error) {
			out := p.MustAskForPasskey("ann")
			credential := cognatetest.Try(a.Get("https://example.net", []byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]))).Of(t)
			return p.Answer(byPasskey, out.Session, responses("ann", "CREDENTIAL", string(credential)))
		},
		"of a clone whose counter is behind": func() (*api.RespondToAuthChallengeOutput, error) {
			clone := *a
			out := p.MustAskForPasskey("ann")
			cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t)
			out = p.MustAskForPasskey("ann")
			return p.UsePasskey("ann", &clone, out.Session, out.ChallengeParameters)
		},
	} {
		_, err := wrong()
		cognatetest.WantError(t, "a passkey "+name, err, errWrongPasskey)
	}
	out := p.MustAskForPasskey("ann")
	for _, credential := range []string{"{}", "null", "x", `{"id":"AQID","rawId":"AQID","type":"public-key","response":{}}`} {
		_, err := p.Answer(byPasskey, out.Session, responses("ann", "CREDENTIAL", credential))
		cognatetest.WantCode(t, "CREDENTIAL "+credential, err, api.CodeInvalidParameterException)
	}
	_, err := p.Answer(byPasskey, out.Session, responses("ann"))
	cognatetest.WantError(t, "no CREDENTIAL", err, api.InvalidParameterException("Missing required parameter CREDENTIAL"))
	_, err = p.Answer(byPasskey, p.MustSignIn("ann", "").Session, responses("ann", "CREDENTIAL", "{}"))
	cognatetest.WantCode(t, "no Session", err, api.CodeInvalidParameterException)
	if done := cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t); done.AuthenticationResult == nil {
		t.Errorf("a right passkey after wrong ones leads to %+v, want tokens", done)
	}
}

// forAnyPasskey returns a challenge's parameters without its list of passkeys, like a client that ignores the list.
func forAnyPasskey(t *testing.T, parameters map[string]string) map[string]string {
	t.Helper()
	var options map[string]any
	if err := json.Unmarshal([]byte(parameters["CREDENTIAL_REQUEST_OPTIONS"]), &options); err != nil {
		t.Fatal(err)
	}
	delete(options, "allowCredentials")
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"CREDENTIAL_REQUEST_OPTIONS": string(text)}
}

// Wrong passkeys are counted together with wrong passwords, and lock the user in the same way.
func TestWrongPasskeysLock(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, _ := withPasskey(t, cognatetest.Start(t), once, a)
	out, stale := p.MustAskForPasskey("ann"), p.MustAskForPasskey("ann").ChallengeParameters
	for range 5 {
		_, err := p.UsePasskey("ann", a, out.Session, stale)
		cognatetest.WantError(t, "a wrong passkey", err, errWrongPasskey)
	}
	_, err := p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)
	cognatetest.WantError(t, "a right passkey while locked", err, api.ErrAttemptsExceeded)
}

// One answer with a passkey signs in once, also if several nodes get it.
func TestRacingPasskeys(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		a := &webauthntest.Authenticator{Counts: true}
		p, _ := withPasskey(t, s, once, a)
		out := p.MustAskForPasskey("ann")
		credential := cognatetest.Try(a.Get(cognatetest.Page, []byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]))).Of(t)
		var mu sync.Mutex
		var wg sync.WaitGroup
		won := 0
		for range 20 {
			wg.Go(func() {
				_, err := p.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
					ClientId: p.ClientID, ChallengeName: byPasskey, Session: out.Session,
					ChallengeResponses: responses("ann", "CREDENTIAL", string(credential)),
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case !errors.Is(err, api.ErrSessionSpent) && !errors.Is(err, errWrongPasskey) && !errors.Is(err, api.ErrAttemptsExceeded):
					t.Errorf("losing request = %v", err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d racing requests got tokens, want exactly one", won)
		}
	})
}

func TestPasskeyThatIsGone(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, access := withPasskey(t, cognatetest.Start(t), once, a)
	out := p.MustAskForPasskey("ann")
	in := &api.ListWebAuthnCredentialsInput{AccessToken: access}
	id := p.Must(t).ListWebAuthnCredentials(in).Credentials[0].CredentialId
	p.Must(t).DeleteWebAuthnCredential(&api.DeleteWebAuthnCredentialInput{AccessToken: access, CredentialId: id})
	_, err := p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)
	cognatetest.WantError(t, "a deleted passkey", err, errWrongPasskey)
	again := cognatetest.Try(p.AskForPasskey("ann")).Of(t)
	if slices.Contains(again.AvailableChallenges, byPasskey) || again.ChallengeName != chooseFirst {
		t.Errorf("a sign-in without passkeys leads to %+v, want SELECT_CHALLENGE without WEB_AUTHN", again)
	}
}

func TestPasskeysOfAPoolThatLetsThemNoMore(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, _ := withPasskey(t, cognatetest.Start(t), once, a)
	out := p.MustAskForPasskey("ann")
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
			AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword},
		}},
	})
	_, err := p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)
	cognatetest.WantError(t, "a passkey where passkeys are off", err, api.ErrInvalidSession)
}

func TestPasskeysOfAnotherRelyingParty(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, _ := withPasskey(t, cognatetest.Start(t), once, a)
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: "app.example.com"},
	})
	out := p.MustAskForPasskey("ann")
	if _, err := a.Get(cognatetest.Page, []byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])); !errors.Is(err, webauthntest.ErrNone) {
		t.Errorf("a passkey of the relying party before = %v, want it not to be asked for", err)
	}
}

// passkeyStates are functions that bring user ann, who has a passkey, into the states of docs/mfa-states.md.
var passkeyStates = map[string]func(t *testing.T, p *cognatetest.UserPool, access string){
	"no token": func(*testing.T, *cognatetest.UserPool, string) {},
	"token on": func(_ *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
	},
	"token on, passkey stands for it": func(t *testing.T, p *cognatetest.UserPool, access string) {
		p.MustEnrolWith(access)
		p.MustPrefer(access, true, false)
		setPasskey(t, p, access, true)
	},
}

// passkeyPools are the columns of the table.
var passkeyPools = []struct {
	title  string
	mode   api.UserPoolMfaType
	factor api.WebAuthnFactorConfigurationType
}{
	{"OFF, one factor", off, once},
	{"OFF, two factors", off, twice},
	{"OPTIONAL, one factor", optional, once},
	{"OPTIONAL, two factors", optional, twice},
	{"ON, two factors", on, twice},
}

// Checks every cell of the document's table of passkeys. The pool goes through the columns in both directions.
func TestPasskeyStates(t *testing.T) {
	t.Parallel()
	document := string(cognatetest.Try(os.ReadFile("../docs/mfa-states.md")).Of(t))
	header := "| user, with a passkey |"
	for _, pool := range passkeyPools {
		header += " " + pool.title + " |"
	}
	_, table, found := strings.Cut(document, header+"\n")
	if !found {
		t.Fatalf("docs/mfa-states.md has no table with the header %s", header)
	}
	s, checked := cognatetest.Start(t), 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if len(cells) != 1+len(passkeyPools) || strings.HasPrefix(cells[0], "---") {
			if strings.TrimSpace(line) == "" {
				break
			}
			continue
		}
		reach, known := passkeyStates[cells[0]]
		if !known {
			t.Fatalf("docs/mfa-states.md: no way to the state %q", cells[0])
		}
		checked++
		t.Run(strings.ReplaceAll(cells[0], " ", "_"), func(t *testing.T) {
			t.Parallel()
			a := &webauthntest.Authenticator{Verifies: true}
			p, access := withPasskey(t, s, twice, a)
			p.MustAllowPasskeys(optional, twice)
			reach(t, p, access)
			for _, i := range []int{0, 1, 2, 3, 4, 3, 2, 1, 0} {
				p.MustAllowPasskeys(passkeyPools[i].mode, passkeyPools[i].factor)
				checkPasskey(t, p, a, passkeyPools[i].title, cells[1+i])
			}
		})
	}
	if checked != len(passkeyStates) {
		t.Errorf("docs/mfa-states.md has %d states of users with passkeys, want %d", checked, len(passkeyStates))
	}
}

func checkPasskey(t *testing.T, p *cognatetest.UserPool, a *webauthntest.Authenticator, pool, want string) {
	t.Helper()
	out, got := cognatetest.Try(p.AskForPasskey("ann")).Of(t), "not offered"
	if slices.Contains(out.AvailableChallenges, byPasskey) != (out.ChallengeName == byPasskey) {
		t.Errorf("%s: %s among %v", pool, out.ChallengeName, out.AvailableChallenges)
	}
	if out.ChallengeName == byPasskey {
		done := cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t)
		got = string(done.ChallengeName)
		if done.AuthenticationResult != nil {
			got = "tokens"
		}
	}
	if got != want {
		t.Errorf("%s: a sign-in that prefers a passkey leads to %s, want %s", pool, got, want)
	}
}

// If the client hides users, the state of a user shows only after the passkey is proven.
func TestPasskeyAndAccountState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		apply func(p *cognatetest.UserPool) error
		want  *api.Error // nil where a passkey is not asked for
	}{
		"disabled": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, api.ErrUserDisabled},
		"to be reset": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, api.ErrPasswordMustReset},
		"temporary password": {func(p *cognatetest.UserPool) error {
			_, err := p.Client.AdminSetUserPassword(t.Context(), &api.AdminSetUserPasswordInput{
				UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password,
			})
			return err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := new(webauthntest.Authenticator)
			p, _ := withPasskey(t, cognatetest.Start(t), once, a)
			p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
			p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
				UserPoolId: p.PoolID, Username: "ann",
				UserAttributes: []api.AttributeType{{Name: "email", Value: "ann@example.com"}, {Name: "email_verified", Value: "true"}},
			})
			before := p.MustAskForPasskey("ann")
			if err := c.apply(p); err != nil {
				t.Fatal(err)
			}
			if _, err := p.UsePasskey("ann", a, before.Session, before.ChallengeParameters); err == nil {
				t.Error("a Session from before = tokens, want it refused")
			}
			if c.want == nil {
				if out := cognatetest.Try(p.AskForPasskey("ann")).Of(t); out.ChallengeName != chooseFirst || slices.Contains(out.AvailableChallenges, byPasskey) {
					t.Errorf("USER_AUTH = %s among %v, want a choice without WEB_AUTHN", out.ChallengeName, out.AvailableChallenges)
				}
				return
			}
			out := p.MustAskForPasskey("ann")
			_, err := p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)
			cognatetest.WantError(t, "a right passkey", err, c.want)
		})
	}
}

// If a passkey counts as two factors, an answer without user verification is refused.
func TestPasskeyWithoutItsUser(t *testing.T) {
	t.Parallel()
	a := &webauthntest.Authenticator{Verifies: true}
	p, _ := withPasskey(t, cognatetest.Start(t), twice, a)
	p.MustAllowPasskeys(on, twice)
	out := p.MustAskForPasskey("ann")
	a.Verifies = false
	_, err := p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)
	cognatetest.WantError(t, "a passkey whose user isn't verified", err, errWrongPasskey)
}

func setPasskey(t *testing.T, p *cognatetest.UserPool, access string, enabled bool) {
	t.Helper()
	p.Must(t).SetUserMFAPreference(&api.SetUserMFAPreferenceInput{
		AccessToken: access, WebAuthnMfaSettings: &api.WebAuthnMfaSettingsType{Enabled: new(enabled)},
	})
}

// If a pool starts to require a second factor while a sign-in waits for a passkey, that sign-in needs it too.
func TestPasskeyMeetsMFAOnItsWay(t *testing.T) {
	t.Parallel()
	a := &webauthntest.Authenticator{Verifies: true}
	p, access := withPasskey(t, cognatetest.Start(t), twice, a)
	p.MustAllowPasskeys(optional, twice)
	p.MustEnrolWith(access)
	p.MustPrefer(access, true, false)
	p.MustAllowPasskeys(off, twice)
	out := p.MustAskForPasskey("ann")
	p.MustAllowPasskeys(optional, once)
	next := cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t)
	if next.ChallengeName != totp || next.AuthenticationResult != nil {
		t.Errorf("a right passkey that is one factor of two leads to %+v, want SOFTWARE_TOKEN_MFA", next)
	}
}

// A device can replace the second factor after the user has proven one on it. A passkey that counts as two factors is enough.
func TestDeviceOfAPasskey(t *testing.T) {
	t.Parallel()
	for factor, next := range map[api.WebAuthnFactorConfigurationType]api.ChallengeNameType{twice: deviceSRP, once: totp} {
		t.Run(string(factor), func(t *testing.T) {
			t.Parallel()
			a := &webauthntest.Authenticator{Verifies: true}
			p, access := withPasskey(t, cognatetest.Start(t), factor, a)
			p.MustTrackDevices(true, false)
			out := p.MustAskForPasskey("ann")
			d := p.MustConfirmDevice(cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t).AuthenticationResult)
			p.MustSetMFA(optional)
			p.MustEnrolWith(access)
			p.MustPrefer(access, true, false)
			mustStandAt(t, p, d.Key, next)
		})
	}
}

func TestPasskeyPreference(t *testing.T) {
	t.Parallel()
	a := &webauthntest.Authenticator{Verifies: true}
	p, access := withPasskey(t, cognatetest.Start(t), twice, a)
	p.MustAllowPasskeys(optional, twice)
	prefer := func(enabled bool) error {
		_, err := p.Client.SetUserMFAPreference(t.Context(), &api.SetUserMFAPreferenceInput{
			AccessToken: access, WebAuthnMfaSettings: &api.WebAuthnMfaSettingsType{Enabled: new(enabled)},
		})
		return err
	}
	cognatetest.WantCode(t, "a passkey for a second factor that isn't there", prefer(true), api.CodeInvalidParameterException)
	if err := prefer(false); err != nil {
		t.Errorf("off while off = %v, want no error", err)
	}
	p.MustEnrolWith(access)
	p.MustPrefer(access, true, true)
	if err := prefer(true); err != nil {
		t.Fatalf("SetUserMFAPreference(passkey) = %v, want no error", err)
	}
	waiting := p.MustAskForPasskey("ann")
	setPasskey(t, p, access, false)
	_, err := p.UsePasskey("ann", a, waiting.Session, waiting.ChallengeParameters)
	cognatetest.WantError(t, "a sign-in that waits for what is off", err, api.ErrInvalidSession)
	p.MustAllowPasskeys(optional, once)
	cognatetest.WantCode(t, "a passkey for two factors where it is one", prefer(true), api.CodeInvalidParameterException)
}

// Some decoys have a passkey, like users. It is always the same one.
func TestNobodysPasskey(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, _ := withPasskey(t, cognatetest.Start(t), once, a)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	withOne, withNone := "", 0
	for i := range 40 {
		name := "eve" + strconv.Itoa(i)
		out := cognatetest.Try(p.AskForPasskey(name)).Of(t)
		again := cognatetest.Try(p.AskForPasskey(name)).Of(t)
		if out.ChallengeName != again.ChallengeName {
			t.Fatalf("%s is asked for %s, then for %s", name, out.ChallengeName, again.ChallengeName)
		}
		if out.ChallengeName == byPasskey {
			withOne = name
		} else {
			withNone++
		}
	}
	if withOne == "" || withNone == 0 {
		t.Fatalf("%d of 40 unknown names have no passkey, want some that have one", withNone)
	}

	nobodys, anns := p.MustAskForPasskey(withOne), p.MustAskForPasskey("ann")
	type options struct {
		AllowCredentials []struct {
			ID, Type   string
			Transports []string
		}
		Challenge, RPID, UserVerification string
		Timeout                           int
	}
	read := func(out *api.InitiateAuthOutput) options {
		t.Helper()
		var o options
		if err := json.Unmarshal([]byte(out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	got, want := read(nobodys), read(anns)
	if again := read(p.MustAskForPasskey(withOne)); got.AllowCredentials[0].ID != again.AllowCredentials[0].ID || got.Challenge == again.Challenge {
		t.Errorf("the decoy's passkey changes, or the challenge does not: %+v and %+v", got, again)
	}
	got.AllowCredentials[0].ID, want.AllowCredentials[0].ID, got.Challenge, want.Challenge = "", "", "", ""
	slices.Sort(got.AllowCredentials[0].Transports)
	slices.Sort(want.AllowCredentials[0].Transports)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the decoy's options differ from a user's (-user +decoy):\n%s", diff)
	}
	if diff := cmp.Diff(anns.AvailableChallenges, nobodys.AvailableChallenges); diff != "" {
		t.Errorf("the decoy's challenges differ from a user's (-user +decoy):\n%s", diff)
	}

	// Wrong answers of users and decoys get the same errors and the same lock.
	stale := forAnyPasskey(t, p.MustAskForPasskey("ann").ChallengeParameters)["CREDENTIAL_REQUEST_OPTIONS"]
	credential := string(cognatetest.Try(a.Get(cognatetest.Page, []byte(stale))).Of(t))
	for name, out := range map[string]*api.InitiateAuthOutput{withOne: nobodys, "ann": anns} {
		for range 5 {
			_, err := p.Answer(byPasskey, out.Session, responses(name, "CREDENTIAL", credential))
			cognatetest.WantError(t, "a wrong passkey of "+name, err, errWrongPasskey)
		}
		_, err := p.Answer(byPasskey, out.Session, responses(name, "CREDENTIAL", credential))
		cognatetest.WantError(t, "a passkey of "+name+" while locked", err, api.ErrAttemptsExceeded)
	}
}
