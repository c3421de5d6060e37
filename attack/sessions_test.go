package attack_test

import (
	"crypto/rand"
	"maps"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/cognatetest"
)

// step is a sign-in that waits for the answer to a challenge.
type step struct {
	challenge api.ChallengeNameType
	username  string
	session   string
	answers   map[string]string // right answers to every challenge, of a user who knows everything
}

// secondPassword is what users choose at NEW_PASSWORD_REQUIRED.
const secondPassword = "Battery-staple-8"

// mustSteps starts a sign-in of another user for each step of a sign-in that has a Session. The pool requires a second factor.
func mustSteps(t *testing.T, p *cognatetest.UserPool, prefix string) []step {
	t.Helper()
	m := p.Must(t)
	begin := func(username string, flow api.AuthFlowType, want api.ChallengeNameType, secret string, more ...string) step {
		client := cognatetest.Try(srp.NewClient(rand.Reader)).Of(t)
		parameters := map[string]string{"USERNAME": username, "PASSWORD": cognatetest.Password, "SRP_A": client.A()}
		for i := 0; i < len(more); i += 2 {
			parameters[more[i]] = more[i+1]
		}
		out := m.InitiateAuth(&api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters})
		session := out.Session
		if want == api.ChallengeNameTypePasswordVerifier {
			session = out.ChallengeParameters["SECRET_BLOCK"] // the sealed state of SRP, which has no Session
		}
		if out.ChallengeName != want || session == "" {
			t.Fatalf("%s of %s leads to %s with Session %q, want %s", flow, username, out.ChallengeName, session, want)
		}
		s := step{challenge: want, username: username, session: session, answers: map[string]string{
			"USERNAME": username, "PASSWORD": cognatetest.Password, "NEW_PASSWORD": secondPassword, "SRP_A": client.A(),
			"SMS_MFA_CODE": "123456", "EMAIL_OTP_CODE": "123456", "SMS_OTP_CODE": "123456", "SOFTWARE_TOKEN_MFA_CODE": "123456",
			"CREDENTIAL": "{}", "DEVICE_KEY": cognatetest.Region + "_00000000-0000-4000-8000-000000000000",
		}}
		if secret != "" {
			s.answers["SOFTWARE_TOKEN_MFA_CODE"] = p.Code(secret)
		}
		if c := out.ChallengeParameters; c["SRP_B"] != "" {
			_, pool, _ := strings.Cut(p.PoolID, "_")
			signature, timestamp, err := client.Respond(srp.Identity{PoolName: pool, Username: c["USER_ID_FOR_SRP"]}, cognatetest.Password,
				srp.Challenge{Salt: c["SALT"], B: c["SRP_B"], SecretBlock: c["SECRET_BLOCK"]}, p.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			s.answers["PASSWORD_CLAIM_SECRET_BLOCK"], s.answers["PASSWORD_CLAIM_SIGNATURE"], s.answers["TIMESTAMP"] = c["SECRET_BLOCK"], signature, timestamp
		}
		return s
	}
	user := func(name string) string { p.MustUser(prefix + name); return prefix + name }
	withToken := func(name string) (username, secret string) {
		username = user(name)
		secret, _ = p.MustEnrol(username)
		return username, secret
	}
	m.AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: prefix + "new", TemporaryPassword: cognatetest.Password, MessageAction: api.MessageActionTypeSuppress,
	})
	token, secret := withToken("token")
	choice, choiceSecret := withToken("choice")
	password, passwordSecret := withToken("password")
	proof, proofSecret := withToken("proof")
	custom, customSecret := withToken("custom")
	setup := user("setup")
	p.NextStep()
	const plain, byChoice = api.AuthFlowTypeUserPasswordAuth, api.AuthFlowTypeUserAuth
	return []step{
		begin(prefix+"new", plain, api.ChallengeNameTypeNewPasswordRequired, ""),
		begin(setup, plain, api.ChallengeNameTypeMfaSetup, ""),
		begin(token, plain, api.ChallengeNameTypeSoftwareTokenMfa, secret),
		begin(choice, byChoice, api.ChallengeNameTypeSelectChallenge, choiceSecret),
		begin(password, byChoice, api.ChallengeNameTypePassword, passwordSecret, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", ""),
		begin(proof, byChoice, api.ChallengeNameTypePasswordVerifier, proofSecret, "PREFERRED_CHALLENGE", "PASSWORD_SRP"),
		begin(custom, api.AuthFlowTypeCustomAuth, api.ChallengeNameTypeCustomChallenge, customSecret),
	}
}

// challengesAnswered are the challenges that RespondToAuthChallenge takes, with what their ANSWER would be.
var challengesAnswered = map[api.ChallengeNameType]string{
	api.ChallengeNameTypeSmsMfa: "", api.ChallengeNameTypeEmailOtp: "", api.ChallengeNameTypeSoftwareTokenMfa: "",
	api.ChallengeNameTypeSelectMfaType: "SOFTWARE_TOKEN_MFA", api.ChallengeNameTypeMfaSetup: "", api.ChallengeNameTypePasswordVerifier: "",
	api.ChallengeNameTypeCustomChallenge: "right", api.ChallengeNameTypeSelectChallenge: "PASSWORD", api.ChallengeNameTypeDeviceSrpAuth: "",
	api.ChallengeNameTypeDevicePasswordVerifier: "", api.ChallengeNameTypeNewPasswordRequired: "", api.ChallengeNameTypeSmsOtp: "",
	api.ChallengeNameTypePassword: "", api.ChallengeNameTypeWebAuthn: "", api.ChallengeNameTypePasswordSrp: "", api.ChallengeNameTypeAdminNoSrpAuth: "",
}

func mustStepsPool(t *testing.T, s *cognatetest.Server) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn), cognatetest.FirstFactors(api.AuthFactorTypePassword),
		cognatetest.Flows("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
		cognatetest.WithTriggers(cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse))
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, cognatetest.Answer(map[string]any{
		"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": false,
	}))
	p.Triggers.On(cognate.TriggerCreateAuthChallenge, cognatetest.Answer(map[string]any{
		"publicChallengeParameters": map[string]string{}, "privateChallengeParameters": map[string]string{}, "challengeMetadata": "",
	}))
	p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, cognatetest.Answer(map[string]any{"answerCorrect": true}))
	return p
}

// respond answers a challenge, as a user or as an administrator.
func respond(t *testing.T, p *cognatetest.UserPool, admin bool, s step, challenge api.ChallengeNameType, username string) (*api.AuthenticationResultType, string, error) {
	answers := maps.Clone(s.answers)
	answers["USERNAME"], answers["ANSWER"] = username, challengesAnswered[challenge]
	if answers["PASSWORD_CLAIM_SECRET_BLOCK"] == "" { // is a Session a secret block too?
		answers["PASSWORD_CLAIM_SECRET_BLOCK"], answers["PASSWORD_CLAIM_SIGNATURE"] = s.session, "AAAA"
		answers["TIMESTAMP"] = "Tue Jan 6 07:08:09 UTC 2026"
	}
	ctx := t.Context()
	if admin {
		out, err := p.Client.AdminRespondToAuthChallenge(ctx, &api.AdminRespondToAuthChallengeInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, ChallengeName: challenge, Session: s.session, ChallengeResponses: answers,
		})
		if err != nil {
			return nil, "", err
		}
		return out.AuthenticationResult, out.Session, nil
	}
	out, err := p.Client.RespondToAuthChallenge(ctx, &api.RespondToAuthChallengeInput{
		ClientId: p.ClientID, ChallengeName: challenge, Session: s.session, ChallengeResponses: answers,
	})
	if err != nil {
		return nil, "", err
	}
	return out.AuthenticationResult, out.Session, nil
}

// A Session of one step is no Session of another one: with every answer that the user knows, no other challenge accepts it.
func TestSessionsOfOtherSteps(t *testing.T) {
	t.Parallel()
	p := mustStepsPool(t, cognatetest.Start(t))
	for _, s := range mustSteps(t, p, "") {
		for challenge := range challengesAnswered {
			if challenge == s.challenge {
				continue
			}
			for _, admin := range []bool{false, true} {
				unchanged(t, p.Server, string(s.challenge)+" as "+string(challenge), func() {
					tokens, next, err := respond(t, p, admin, s, challenge, s.username)
					if err == nil {
						t.Errorf("the Session of %s answered %s (administrator: %v): tokens %v, Session %.10q", s.challenge, challenge, admin, tokens != nil, next)
					}
				})
			}
		}
		if s.challenge != api.ChallengeNameTypeMfaSetup && s.challenge != api.ChallengeNameTypePasswordVerifier {
			_, err := p.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: s.session})
			cognatetest.WantCode(t, "AssociateSoftwareToken with the Session of "+string(s.challenge), err, api.CodeNotAuthorizedException)
			_, err = p.Client.VerifySoftwareToken(t.Context(), &api.VerifySoftwareTokenInput{Session: s.session, UserCode: "123456"})
			cognatetest.WantCode(t, "VerifySoftwareToken with the Session of "+string(s.challenge), err, api.CodeNotAuthorizedException)
		}
		switch s.challenge {
		case api.ChallengeNameTypeMfaSetup:
			continue // the token is not set up
		case api.ChallengeNameTypePasswordVerifier:
			s.session = ""
		}
		if _, _, err := respond(t, p, false, s, s.challenge, s.username); err != nil {
			t.Errorf("the right answer to %s after the attacks = %v, want success", s.challenge, err)
		}
		if _, _, err := respond(t, p, false, s, s.challenge, s.username); err == nil {
			t.Errorf("the same answer to %s succeeded twice", s.challenge)
		}
	}
}

// A Session of another user, client or pool, an old one, one that a change of the user ended, and a changed one are refused at the
// step that they are for, with right answers of the user in them.
func TestStolenSessions(t *testing.T) {
	t.Parallel()
	server := cognatetest.Start(t)
	p, other := mustStepsPool(t, server), mustStepsPool(t, server)
	sibling := p.WithClient(p.MustClient(cognatetest.Flows("ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")))
	p.MustUser("mallory")
	steps, later := mustSteps(t, p, "a-"), mustSteps(t, p, "b-")
	for _, s := range mustSteps(t, other, "a-") {
		other.MustUser("x-" + s.username)
	}
	for i, s := range steps {
		if s.challenge == api.ChallengeNameTypePasswordVerifier {
			continue // see srp_test.go
		}
		refuse := func(what string, in *cognatetest.UserPool, s step, username string) {
			t.Helper()
			tokens, next, err := respond(t, in, false, s, s.challenge, username)
			if err == nil {
				t.Errorf("%s with the Session of %s: tokens %v, Session %.10q", s.challenge, what, tokens != nil, next)
			}
		}
		changed := func(session string) step { c := s; c.session = session; return c }
		unchanged(t, server, "a stolen Session of "+string(s.challenge), func() {
			refuse("another user", p, s, "mallory")
			refuse("another user at the same step", p, changed(later[i].session), s.username)
			refuse("another client", sibling, s, s.username)
			refuse("another pool", other, s, s.username)
			for at := 0; at < len(s.session); at += 17 { // every part of the Session is protected
				refuse("a user, with another character", p, changed(cognatetest.ChangeAt(s.session, at)), s.username)
			}
			refuse("a user, cut", p, changed(s.session[:len(s.session)-4]), s.username)
			refuse("two users", p, changed(s.session[:len(s.session)/2]+later[i].session[len(s.session)/2:]), s.username)
		})
		p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
			UserPoolId: p.PoolID, Username: later[i].username, Password: cognatetest.Password, Permanent: new(true),
		})
		refuse("a user whose password was set", p, later[i], later[i].username)
	}
	p.Clock.Advance(16 * time.Minute)
	for _, s := range steps { // also PASSWORD_VERIFIER, whose secret block is as old
		if _, _, err := respond(t, p, false, s, s.challenge, s.username); err == nil {
			t.Errorf("%s with a Session after 16 minutes succeeded", s.challenge)
		}
	}
}
