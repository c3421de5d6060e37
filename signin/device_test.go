package signin_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const (
	deviceSRP   = api.ChallengeNameTypeDeviceSrpAuth
	deviceProof = api.ChallengeNameTypeDevicePasswordVerifier
)

func errMissing(name string) *api.Error {
	return api.InvalidParameterException("Missing required parameter " + name)
}

var errNoRefresh = api.NotAuthorizedException("Invalid Refresh Token.")

// onDevice returns a pool that requires MFA and lets remembered devices replace it, whose user ann has a software token
// and a remembered device, with the tokens of the sign-in that confirmed it. The codes of the current time step and of the one
// before are spent.
func onDevice(t *testing.T, s *cognatetest.Server) (p *cognatetest.UserPool, secret string, d *cognatetest.Device, tokens *api.AuthenticationResultType) {
	t.Helper()
	p = s.Pool(t, cognatetest.MFA(on), cognatetest.TrackDevices(true, false))
	p.MustUser("ann")
	secret, _ = p.MustEnrol("ann")
	d, tokens = anotherDevice(t, p, secret)
	return p, secret, d, tokens
}

// anotherDevice signs ann in with a code of the next time step and confirms the device that she gets.
func anotherDevice(t *testing.T, p *cognatetest.UserPool, secret string) (*cognatetest.Device, *api.AuthenticationResultType) {
	t.Helper()
	p.NextStep()
	tokens := cognatetest.Try(p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret))).Of(t).AuthenticationResult
	return p.MustConfirmDevice(tokens), tokens
}

// mustStandAt begins ann's sign-in on a device. It must lead to the challenge, or to tokens if challenge is empty.
func mustStandAt(t *testing.T, p *cognatetest.UserPool, key string, want api.ChallengeNameType) *api.InitiateAuthOutput {
	t.Helper()
	out := cognatetest.Try(p.SignInOn("ann", key)).Of(t)
	if out.ChallengeName != want || (want == "") != (out.AuthenticationResult != nil) {
		t.Fatalf("sign-in on %q leads to %q, want %q", key, out.ChallengeName, want)
	}
	return out
}

func mustProve(t *testing.T, p *cognatetest.UserPool, session string, d *cognatetest.Device) *api.AuthenticationResultType {
	t.Helper()
	x := p.MustBeginDevice("ann", session, d)
	return cognatetest.Try(p.ProveDevice(x, p.Proof(x))).Of(t).AuthenticationResult
}

func refreshOn(t *testing.T, p *cognatetest.UserPool, token, key string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	parameters := map[string]string{"REFRESH_TOKEN": token}
	if key != "" {
		parameters["DEVICE_KEY"] = key
	}
	return start(t, p, api.AuthFlowTypeRefreshTokenAuth, parameters)
}

func TestRememberedDeviceReplacesMFA(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, _, d, _ := onDevice(t, s)
		out := mustStandAt(t, p, d.Key, deviceSRP)
		x := p.MustBeginDevice("ann", out.Session, d)
		if x.Challenge["DEVICE_KEY"] != d.Key || len(x.Session) < 20 || len(x.Session) > 2048 {
			t.Errorf("DEVICE_PASSWORD_VERIFIER = %v with a Session of %d characters", x.Challenge, len(x.Session))
		}
		done := cognatetest.Try(p.ProveDevice(x, p.Proof(x))).Of(t)
		tokens := done.AuthenticationResult
		if tokens == nil || tokens.NewDeviceMetadata != nil || len(done.ChallengeParameters) != 0 {
			t.Fatalf("right proof = %+v, want tokens of a known device", done)
		}
		if got := claimsOf(t, tokens.AccessToken)["device_key"]; got != d.Key {
			t.Errorf("device_key = %v, want %s", got, d.Key)
		}
		if got, there := claimsOf(t, tokens.IdToken)["device_key"]; there {
			t.Errorf("the ID token's device_key = %v, want none", got)
		}
		again := cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, d.Key)).Of(t).AuthenticationResult
		if got := claimsOf(t, again.AccessToken)["device_key"]; got != d.Key || again.NewDeviceMetadata != nil {
			t.Errorf("refreshed: device_key = %v, NewDeviceMetadata = %v, want %s and none", got, again.NewDeviceMetadata, d.Key)
		}
	})
}

// Only the request that names a device is made on it. What was named before in the same sign-in does not count.
func TestDeviceCountsInItsRequest(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	for _, c := range []struct {
		atStart, withProof string
		want               api.ChallengeNameType
	}{{d.Key, "", totp}, {"", d.Key, deviceSRP}, {d.Key, d.Key, deviceSRP}, {"us-east-1_0", d.Key, deviceSRP}} {
		out := mustSRP(t, p, c.atStart, c.withProof)
		if out.ChallengeName != c.want {
			t.Fatalf("SRP with the device named %v leads to %s, want %s", c, out.ChallengeName, c.want)
		}
		if c.want == deviceSRP && mustProve(t, p, out.Session, d) == nil {
			t.Errorf("SRP with the device named %v leads to no tokens", c)
		}
	}
	p.NextStep()
	done := cognatetest.Try(p.AnswerCode("ann", mustSRP(t, p, d.Key, "").Session, p.Code(secret))).Of(t).AuthenticationResult
	wantNewDevice(t, "SOFTWARE_TOKEN_MFA without the device", done)
}

// A factor's answer that names the device leads to the proof of the device, so no token names a device that is not proven.
func TestDeviceIsProvenAfterFactor(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	p.NextStep()
	asked := cognatetest.Try(p.Answer(totp, p.MustSignIn("ann", totp).Session, responses(
		"ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(secret), "DEVICE_KEY", d.Key,
	))).Of(t)
	if asked.ChallengeName != deviceSRP || asked.AuthenticationResult != nil {
		t.Fatalf("SOFTWARE_TOKEN_MFA with the device = %+v, want DEVICE_SRP_AUTH", asked)
	}
	thief := *d
	thief.Secret = "guess"
	x := p.MustBeginDevice("ann", asked.Session, &thief)
	_, err := p.ProveDevice(x, p.Proof(x))
	cognatetest.WantError(t, "a wrong proof", err, api.ErrIncorrectPassword)

	p.NextStep()
	asked = cognatetest.Try(p.Answer(totp, p.MustSignIn("ann", totp).Session, responses(
		"ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(secret), "DEVICE_KEY", d.Key,
	))).Of(t)
	wantOnDevice(t, "a right proof", mustProve(t, p, asked.Session, d), d)
}

// A remembered device proves itself in pools without MFA too, whether devices replace MFA or not. The proof is no second factor.
func TestDeviceIsProvenWithoutMFA(t *testing.T) {
	t.Parallel()
	for what, replaces := range map[string]bool{"devices replace MFA": true, "devices replace nothing": false} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, cognatetest.TrackDevices(replaces, false))
			p.MustUser("ann")
			d := p.MustConfirmDevice(p.MustSignIn("ann", "").AuthenticationResult)
			tokens := mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d)
			wantOnDevice(t, "the proof", tokens, d)
			cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, d.Key)).Of(t)
			wantNewDevice(t, "a sign-in without the device", p.MustSignIn("ann", "").AuthenticationResult)

			p.MustSetMFA(optional)
			p.MustEnrolWith(tokens.AccessToken)
			p.MustPrefer(tokens.AccessToken, true, true)
			mustStandAt(t, p, d.Key, totp)
		})
	}
}

// wantNewDevice reports tokens that are not on a new device.
func wantNewDevice(t *testing.T, what string, tokens *api.AuthenticationResultType) {
	t.Helper()
	if tokens == nil || tokens.NewDeviceMetadata == nil || claimsOf(t, tokens.AccessToken)["device_key"] != tokens.NewDeviceMetadata.DeviceKey {
		t.Errorf("%s = %+v, want tokens on a new device", what, tokens)
	}
}

// wantOnDevice reports tokens that are not on the known device.
func wantOnDevice(t *testing.T, what string, tokens *api.AuthenticationResultType, d *cognatetest.Device) {
	t.Helper()
	if tokens == nil || tokens.NewDeviceMetadata != nil || claimsOf(t, tokens.AccessToken)["device_key"] != d.Key {
		t.Errorf("%s = %+v, want tokens on %s", what, tokens, d.Key)
	}
}

func mustSRP(t *testing.T, p *cognatetest.UserPool, atStart, withProof string) *api.RespondToAuthChallengeOutput {
	t.Helper()
	out, err := trySRP(t, p, atStart, withProof)
	if err != nil {
		t.Fatalf("SRP with devices %q and %q = %v", atStart, withProof, err)
	}
	return out
}

func trySRP(t *testing.T, p *cognatetest.UserPool, atStart, withProof string) (*api.RespondToAuthChallengeOutput, error) {
	t.Helper()
	s := newSRPSignIn(t)
	parameters := map[string]string{"USERNAME": "ann", "SRP_A": s.client.A()}
	if atStart != "" {
		parameters["DEVICE_KEY"] = atStart
	}
	s.challenge = cognatetest.Try(start(t, p, api.AuthFlowTypeUserSrpAuth, parameters)).Of(t).ChallengeParameters
	responses := s.answer(t, p, cognatetest.Password)
	if withProof != "" {
		responses["DEVICE_KEY"] = withProof
	}
	return proveSRP(p, responses)
}

// If the user does not have the device, the error says so, but only after the right password. The sign-in can continue without
// a device.
func TestUnknownDevice(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, secret, d, _ := onDevice(t, s)
	p.MustUser("bob")
	p.MustEnrol("bob")
	for what, key := range map[string]string{
		"an unknown key": "us-east-1_01234567-89ab-cdef-0123-456789abcdef", "no key at all": "%", "a long key": "us-east-1_" + strings.Repeat("a", 3000),
	} {
		_, err := p.SignInOn("ann", key)
		cognatetest.WantError(t, "sign-in on "+what, err, api.ErrNoDevice)
		_, err = trySRP(t, p, "", key)
		cognatetest.WantError(t, "SRP on "+what, err, api.ErrNoDevice)
	}
	_, err := p.SignInOn("bob", d.Key)
	cognatetest.WantError(t, "bob's sign-in on ann's device", err, api.ErrNoDevice)
	_, err = start(t, p, api.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": "ann", "PASSWORD": "Wrong-horse-7", "DEVICE_KEY": "x"})
	cognatetest.WantError(t, "a wrong password", err, api.ErrIncorrectPassword)

	// The error spends neither the proof of the password nor a code.
	begun, _, err := beginSRP(t, p, "ann")
	if err != nil {
		t.Fatal(err)
	}
	responses := begun.answer(t, p, cognatetest.Password)
	named := maps.Clone(responses)
	named["DEVICE_KEY"] = "us-east-1_0"
	_, err = proveSRP(p, named)
	cognatetest.WantError(t, "PASSWORD_VERIFIER on an unknown device", err, api.ErrNoDevice)
	out := cognatetest.Try(proveSRP(p, responses)).Of(t)
	p.NextStep()
	answer := map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": p.Code(secret), "DEVICE_KEY": "us-east-1_0"}
	_, err = p.Answer(totp, out.Session, answer)
	cognatetest.WantError(t, "SOFTWARE_TOKEN_MFA on an unknown device", err, api.ErrNoDevice)
	delete(answer, "DEVICE_KEY")
	cognatetest.Try(p.Answer(totp, out.Session, answer)).Of(t)
}

// If a device does not replace the second factor, the factor is challenged. The device proves itself after it, if it is still
// remembered; if not, the sign-in is made on a new device.
func TestDeviceDoesNotReplaceMFA(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(t *testing.T, p *cognatetest.UserPool, d *cognatetest.Device){
		"not remembered any more": func(t *testing.T, p *cognatetest.UserPool, d *cognatetest.Device) {
			p.Must(t).AdminUpdateDeviceStatus(&api.AdminUpdateDeviceStatusInput{
				UserPoolId: p.PoolID, Username: "ann", DeviceKey: d.Key, DeviceRememberedStatus: api.DeviceRememberedStatusTypeNotRemembered,
			})
		},
		"devices replace nothing": func(_ *testing.T, p *cognatetest.UserPool, _ *cognatetest.Device) { p.MustTrackDevices(false, false) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p, secret, d, _ := onDevice(t, cognatetest.Start(t))
			open := mustStandAt(t, p, d.Key, deviceSRP).Session
			x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
			change(t, p, d)
			_, err := p.BeginDevice("ann", open, d)
			cognatetest.WantError(t, "DEVICE_SRP_AUTH from before", err, api.ErrInvalidSession)
			_, err = p.ProveDevice(x, p.Proof(x))
			cognatetest.WantError(t, "DEVICE_PASSWORD_VERIFIER from before", err, api.ErrInvalidSession)
			p.NextStep()
			out := cognatetest.Try(p.Answer(totp, mustStandAt(t, p, d.Key, totp).Session, responses(
				"ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(secret), "DEVICE_KEY", d.Key,
			))).Of(t)
			if out.ChallengeName == deviceSRP {
				wantOnDevice(t, "the device's proof", mustProve(t, p, out.Session, d), d)
			} else {
				wantNewDevice(t, "SOFTWARE_TOKEN_MFA", out.AuthenticationResult)
			}
			if isAsked := out.ChallengeName == deviceSRP; isAsked != (what == "devices replace nothing") {
				t.Errorf("SOFTWARE_TOKEN_MFA leads to %q", out.ChallengeName)
			}
		})
	}
}

// A device never replaces MFA_SETUP.
func TestDeviceWithoutSecondFactor(t *testing.T) {
	t.Parallel()
	p, _, d, tokens := onDevice(t, cognatetest.Start(t))
	p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: tokens.AccessToken})
	mustStandAt(t, p, d.Key, api.ChallengeNameTypeMfaSetup)
	p.MustSetMFA(off)
	wantOnDevice(t, "MFA off", mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d), d)
}

// mustSetUpOn makes ann set up a software token in a sign-in whose last answer names the device.
func mustSetUpOn(t *testing.T, p *cognatetest.UserPool, key string) *api.RespondToAuthChallengeOutput {
	t.Helper()
	s1 := mustStandAt(t, p, key, api.ChallengeNameTypeMfaSetup).Session
	a := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: s1})
	v := p.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})
	return cognatetest.Try(p.Answer(api.ChallengeNameTypeMfaSetup, v.Session, responses("ann", "DEVICE_KEY", key))).Of(t)
}

// The device proves itself after a factor is set up, if the last answer names it. From then on it can replace the factor.
func TestDeviceIsProvenAfterSetup(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.TrackDevices(true, false))
	p.MustUser("ann")
	d := p.MustConfirmDevice(p.MustSignIn("ann", "").AuthenticationResult)
	p.MustSetMFA(on)
	out := mustSetUpOn(t, p, d.Key)
	if out.ChallengeName != deviceSRP {
		t.Fatalf("MFA_SETUP with the device = %+v, want DEVICE_SRP_AUTH", out)
	}
	wantOnDevice(t, "the device's proof", mustProve(t, p, out.Session, d), d)
	mustStandAt(t, p, d.Key, deviceSRP)

	p.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: p.PoolID, Username: "ann"})
	p.NextStep()
	wantNewDevice(t, "MFA_SETUP without the device", mustSetUpOn(t, p, "").AuthenticationResult)
}

func TestNoTrackingNoDevices(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	tokens := mustStandAt(t, p, "us-east-1_0", "").AuthenticationResult
	if tokens.NewDeviceMetadata != nil || claimsOf(t, tokens.AccessToken)["device_key"] != nil {
		t.Errorf("tokens = %+v, want no device", tokens)
	}
	cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, "us-east-1_0")).Of(t)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, DeviceConfiguration: &api.DeviceConfigurationType{},
	})
	if got := mustStandAt(t, p, "us-east-1_0", "").AuthenticationResult.NewDeviceMetadata; got != nil {
		t.Errorf("an empty DeviceConfiguration: NewDeviceMetadata = %v, want none", got)
	}
}

// The Sessions and the SECRET_BLOCK of a device challenge work for one exchange of one user on one device.
func TestDeviceProofIsBound(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, secret, d, _ := onDevice(t, s)
	second, _ := anotherDevice(t, p, secret)
	other, _, foreign, _ := onDevice(t, s)
	p.MustUser("bob")
	sibling := p.MustClient(cognatetest.Flows()).ClientId
	atSRP := mustStandAt(t, p, d.Key, deviceSRP).Session
	x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
	otherExchange := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
	foreignExchange := other.MustBeginDevice("ann", mustStandAt(t, other, foreign.Key, deviceSRP).Session, foreign)
	right := p.Proof(x)
	for _, c := range []struct {
		what    string
		client  string
		session string
		name    api.ChallengeNameType
		change  map[string]string
		want    *api.Error
	}{
		{"the session of the step before", p.ClientID, atSRP, deviceProof, nil, api.ErrInvalidSession},
		{"the step before", p.ClientID, x.Session, deviceSRP, map[string]string{"SRP_A": "2"}, api.ErrInvalidSession},
		{"a step of another factor", p.ClientID, x.Session, totp, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": "000000"}, api.ErrInvalidSession},
		{"no session", p.ClientID, "", deviceProof, nil, errMissing("Session")},
		{"another client", sibling, x.Session, deviceProof, nil, api.ErrInvalidSession},
		{"another pool's client", other.ClientID, x.Session, deviceProof, nil, api.ErrInvalidSession},
		{"another pool's session", p.ClientID, foreignExchange.Session, deviceProof, nil, api.ErrInvalidSession},
		{"another user", p.ClientID, x.Session, deviceProof, map[string]string{"USERNAME": "bob"}, api.ErrInvalidSession},
		{"another device", p.ClientID, x.Session, deviceProof, map[string]string{"DEVICE_KEY": second.Key}, api.ErrNoDevice},
		{"no device", p.ClientID, x.Session, deviceProof, map[string]string{"DEVICE_KEY": ""}, errMissing("DEVICE_KEY")},
		{"another exchange's block", p.ClientID, x.Session, deviceProof, map[string]string{
			"PASSWORD_CLAIM_SECRET_BLOCK": otherExchange.Challenge["SECRET_BLOCK"],
		}, api.ErrIncorrectPassword},
		{"another exchange's proof", p.ClientID, x.Session, deviceProof, p.Proof(otherExchange), api.ErrIncorrectPassword},
	} {
		responses := maps.Clone(right)
		maps.Copy(responses, c.change)
		_, err := p.Client.RespondToAuthChallenge(t.Context(), &api.RespondToAuthChallengeInput{
			ClientId: c.client, ChallengeName: c.name, Session: c.session, ChallengeResponses: responses,
		})
		cognatetest.WantError(t, "answer with "+c.what, err, c.want)
	}
	_, err := p.Client.AdminRespondToAuthChallenge(t.Context(), &api.AdminRespondToAuthChallengeInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, ChallengeName: deviceProof, Session: x.Session, ChallengeResponses: right,
	})
	cognatetest.WantError(t, "an administrator's answer", err, api.ErrInvalidSession)
	cognatetest.Try(p.ProveDevice(x, right)).Of(t)
	_, err = p.ProveDevice(x, right)
	cognatetest.WantError(t, "the same proof again", err, api.ErrSessionSpent)
}

func TestWrongDeviceProofsLock(t *testing.T) {
	t.Parallel()
	p, _, d, _ := onDevice(t, cognatetest.Start(t))
	thief := *d
	thief.Secret = "guess"
	for range 5 {
		x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, &thief)
		_, err := p.ProveDevice(x, p.Proof(x))
		cognatetest.WantError(t, "wrong proof", err, api.ErrIncorrectPassword)
	}
	_, err := p.SignInOn("ann", d.Key)
	cognatetest.WantError(t, "sixth sign-in", err, api.ErrAttemptsExceeded)
	p.Clock.Advance(15 * time.Minute)
	if mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d) == nil {
		t.Error("right proof after the lock leads to no tokens")
	}
}

func TestBadDeviceAnswers(t *testing.T) {
	t.Parallel()
	p, _, d, _ := onDevice(t, cognatetest.Start(t))
	session := mustStandAt(t, p, d.Key, deviceSRP).Session
	for _, a := range []string{"", "0", "zz"} {
		_, err := p.Answer(deviceSRP, session, map[string]string{"USERNAME": "ann", "DEVICE_KEY": d.Key, "SRP_A": a})
		cognatetest.WantCode(t, "SRP_A "+a, err, api.CodeInvalidParameterException)
	}
	x := p.MustBeginDevice("ann", session, d)
	for _, name := range []string{"PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		proof := p.Proof(x)
		delete(proof, name)
		_, err := p.ProveDevice(x, proof)
		cognatetest.WantError(t, "proof without "+name, err, errMissing(name))
	}
	proof := p.Proof(x)
	p.Clock.Advance(3 * time.Minute)
	_, err := p.ProveDevice(x, proof)
	cognatetest.WantError(t, "proof after the session's time", err, api.ErrSessionExpired)
}

func TestForgottenDeviceOnTheWay(t *testing.T) {
	t.Parallel()
	p, _, d, tokens := onDevice(t, cognatetest.Start(t))
	open := mustStandAt(t, p, d.Key, deviceSRP).Session
	x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
	p.Must(t).ForgetDevice(&api.ForgetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: d.Key})
	_, err := p.BeginDevice("ann", open, d)
	cognatetest.WantError(t, "DEVICE_SRP_AUTH", err, api.ErrNoDevice)
	_, err = p.ProveDevice(x, p.Proof(x))
	cognatetest.WantError(t, "DEVICE_PASSWORD_VERIFIER", err, api.ErrNoDevice)
	_, err = p.SignInOn("ann", d.Key)
	cognatetest.WantError(t, "a new sign-in", err, api.ErrNoDevice)
	p.MustSignIn("ann", totp)
	_, err = refreshOn(t, p, tokens.RefreshToken, d.Key)
	cognatetest.WantError(t, "refresh on it", err, errNoRefresh)
	p.Must(t).GetUser(&api.GetUserInput{AccessToken: tokens.AccessToken})
}

// A new password and a sign-out do not remove devices, but they end unfinished sign-ins.
func TestDeviceOutlivesSignOut(t *testing.T) {
	t.Parallel()
	p, _, d, tokens := onDevice(t, cognatetest.Start(t))
	open := mustStandAt(t, p, d.Key, deviceSRP).Session
	x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
	p.Must(t).GlobalSignOut(&api.GlobalSignOutInput{AccessToken: tokens.AccessToken})
	_, err := p.BeginDevice("ann", open, d)
	cognatetest.WantError(t, "DEVICE_SRP_AUTH from before", err, api.ErrInvalidSession)
	_, err = p.ProveDevice(x, p.Proof(x))
	cognatetest.WantError(t, "DEVICE_PASSWORD_VERIFIER from before", err, api.ErrInvalidSession)
	if mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d) == nil {
		t.Error("the device proves nothing after a global sign-out")
	}
}

// In a pool that tracks devices, a refresh must name the device of its sign-in, even if it is not confirmed.
func TestRefreshOnDevice(t *testing.T) {
	t.Parallel()
	p, secret, d, tokens := onDevice(t, cognatetest.Start(t))
	second, _ := anotherDevice(t, p, secret)
	for what, key := range map[string]string{"no device": "", "another device": second.Key, "no such device": "us-east-1_0"} {
		_, err := refreshOn(t, p, tokens.RefreshToken, key)
		cognatetest.WantError(t, "refresh on "+what, err, errNoRefresh)
	}
	cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, d.Key)).Of(t)
	p.NextStep()
	unconfirmed := cognatetest.Try(p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.Code(secret))).Of(t).AuthenticationResult
	cognatetest.Try(refreshOn(t, p, unconfirmed.RefreshToken, unconfirmed.NewDeviceMetadata.DeviceKey)).Of(t)
}

// A sign-in by an administrator has no device: it requires MFA, and its tokens cannot be refreshed.
func TestAdminSignInHasNoDevice(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	out := p.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password, "DEVICE_KEY": d.Key},
	})
	if out.ChallengeName != totp {
		t.Fatalf("AdminInitiateAuth leads to %s, want SOFTWARE_TOKEN_MFA", out.ChallengeName)
	}
	p.NextStep()
	done := p.Must(t).AdminRespondToAuthChallenge(&api.AdminRespondToAuthChallengeInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, ChallengeName: totp, Session: out.Session, ChallengeResponses: map[string]string{
			"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": p.Code(secret), "DEVICE_KEY": d.Key,
		},
	}).AuthenticationResult
	if done.NewDeviceMetadata != nil || claimsOf(t, done.AccessToken)["device_key"] != nil {
		t.Errorf("tokens = %+v, want no device", done)
	}
	for _, key := range []string{"", d.Key} {
		_, err := refreshOn(t, p, done.RefreshToken, key)
		cognatetest.WantError(t, "refresh", err, errNoRefresh)
	}
}

// Of concurrent answers with one proof, one gets tokens.
func TestRacingDeviceProofs(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, _, d, _ := onDevice(t, s)
		x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
		proof := p.Proof(x)
		var wg sync.WaitGroup
		wins := make(chan string, 20)
		for range cap(wins) {
			wg.Go(func() {
				out, err := p.ProveDevice(x, proof)
				if err == nil {
					wins <- out.AuthenticationResult.AccessToken
					return
				}
				cognatetest.WantError(t, "a racing proof", err, api.ErrSessionSpent)
			})
		}
		wg.Wait()
		if len(wins) != 1 {
			t.Errorf("%d of %d racing proofs got tokens, want 1", len(wins), cap(wins))
		}
	})
}

// A sign-in that is concurrent with the forgetting of its device either finishes before, and its tokens cannot be refreshed, or
// fails.
func TestForgettingRacesSignIn(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, secret, _, _ := onDevice(t, s)
		for range 10 {
			d, tokens := anotherDevice(t, p, secret)
			x := p.MustBeginDevice("ann", mustStandAt(t, p, d.Key, deviceSRP).Session, d)
			proof := p.Proof(x)
			var wg sync.WaitGroup
			var done *api.RespondToAuthChallengeOutput
			wg.Go(func() {
				out, err := p.ProveDevice(x, proof)
				if err != nil {
					cognatetest.WantError(t, "proof while the device is forgotten", err, api.ErrNoDevice)
				}
				done = out
			})
			wg.Go(func() {
				_, err := p.Client.ForgetDevice(t.Context(), &api.ForgetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: d.Key})
				if err != nil {
					t.Errorf("ForgetDevice() = %v", err)
				}
			})
			wg.Wait()
			if done != nil {
				_, err := refreshOn(t, p, done.AuthenticationResult.RefreshToken, d.Key)
				cognatetest.WantError(t, "refresh on the forgotten device", err, errNoRefresh)
			}
		}
	})
}

// A device that was remembered after a password alone does not replace a factor that its user has set up since, until the user
// has given a code on it.
func TestDeviceFromBeforeMFA(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(optional))
		p.MustTrackDevices(true, false)
		p.MustUser("ann")
		tokens := p.MustSignIn("ann", "").AuthenticationResult
		d := p.MustConfirmDevice(tokens)
		secret := p.MustEnrolWith(tokens.AccessToken)
		p.MustPrefer(tokens.AccessToken, true, true)
		p.NextStep()
		out := mustStandAt(t, p, d.Key, totp)
		asked := cognatetest.Try(p.Answer(totp, out.Session, responses("ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(secret), "DEVICE_KEY", d.Key))).Of(t)
		wantOnDevice(t, "the device after the code", mustProve(t, p, asked.Session, d), d)
		if mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d) == nil {
			t.Error("the device proves nothing after a code was given on it")
		}
	})
}

// The events of triggers say that a device is new, and that tokens follow a device challenge.
func TestTriggersOfDevices(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	p.MustTrigger(cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration)
	mustProve(t, p, mustStandAt(t, p, d.Key, deviceSRP).Session, d)
	if p.Triggers.Last(t, cognate.TriggerPostAuthentication).Request.NewDeviceUsed {
		t.Error("newDeviceUsed on a known device")
	}
	want := []string{"PostAuthentication_Authentication", "TokenGeneration_AuthenticateDevice"}
	if diff := cmp.Diff(want, p.Triggers.Sources()); diff != "" {
		t.Errorf("triggers of a device's proof (-want +got):\n%s", diff)
	}
	anotherDevice(t, p, secret)
	if !p.Triggers.Last(t, cognate.TriggerPostAuthentication).Request.NewDeviceUsed {
		t.Error("no newDeviceUsed on a new device")
	}
}
