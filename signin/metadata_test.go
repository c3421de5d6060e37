package signin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// metadataPool is a pool that calls a function for each step of a sign-in. A custom sign-in has one challenge.
func metadataPool(t *testing.T) *cognatetest.UserPool {
	t.Helper()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustTrigger(
		cognate.TriggerPreAuthentication, cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration, cognate.TriggerUserMigration,
		cognate.TriggerCustomMessage, cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse,
	)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		if len(e.Request.Session) > 0 {
			return map[string]any{"issueTokens": true}, nil
		}
		return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
	})
	p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, cognatetest.Answer(map[string]any{"answerCorrect": true}))
	return p.WithClient(p.MustClient(cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	)))
}

// Which events have the ClientMetadata of a sign-in: that of its start is validation data of two triggers, that of an answer is client
// metadata of all (docs/behaviour.md §6.1).
func TestMetadataOfSignIn(t *testing.T) {
	t.Parallel()
	metadata := map[string]string{"from": "app"}
	p := metadataPool(t)
	wantEvents := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, e := range p.Triggers.Events() {
			source := e.Source
			if e.Request.ValidationData != nil {
				source += " validationData"
			}
			if e.Request.ClientMetadata != nil {
				source += " clientMetadata"
			}
			got = append(got, source)
		}
		p.Triggers.Sources()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events of %s (-want +got):\n%s", what, diff)
		}
	}
	for _, isAdmin := range []bool{false, true} {
		start := func(flow api.AuthFlowType, username string, pairs ...string) (session string) {
			if isAdmin {
				out, _ := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
					UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: flow, AuthParameters: responses(username, pairs...), ClientMetadata: metadata,
				})
				return sessionOf((*api.InitiateAuthOutput)(out))
			}
			out, _ := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
				ClientId: p.ClientID, AuthFlow: flow, AuthParameters: responses(username, pairs...), ClientMetadata: metadata,
			})
			return sessionOf(out)
		}
		answer := func(challenge api.ChallengeNameType, session string, pairs ...string) {
			if isAdmin {
				p.Must(t).AdminRespondToAuthChallenge(&api.AdminRespondToAuthChallengeInput{
					UserPoolId: p.PoolID, ClientId: p.ClientID, ChallengeName: challenge, Session: session,
					ChallengeResponses: responses("ann", pairs...), ClientMetadata: metadata,
				})
				return
			}
			p.Must(t).RespondToAuthChallenge(&api.RespondToAuthChallengeInput{
				ClientId: p.ClientID, ChallengeName: challenge, Session: session, ChallengeResponses: responses("ann", pairs...), ClientMetadata: metadata,
			})
		}
		start(api.AuthFlowTypeUserAuth, "ann", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
		wantEvents("a password", "PreAuthentication_Authentication validationData", "PostAuthentication_Authentication", "TokenGeneration_Authentication")
		start(api.AuthFlowTypeUserAuth, "eve", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
		wantEvents("an unknown name", "UserMigration_Authentication validationData")
		session := start(api.AuthFlowTypeUserAuth, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")
		wantEvents("a sent code", "PreAuthentication_Authentication validationData", "CustomMessage_Authentication")
		sent, _ := p.Mailbox.Last("ann@example.com")
		answer(api.ChallengeNameTypeEmailOtp, session, "EMAIL_OTP_CODE", sent.Code)
		wantEvents("its answer", "PostAuthentication_Authentication clientMetadata", "TokenGeneration_Authentication clientMetadata")
		session = start(api.AuthFlowTypeUserAuth, "ann")
		wantEvents("a choice", "PreAuthentication_Authentication validationData")
		answer(api.ChallengeNameTypeSelectChallenge, session, "ANSWER", "EMAIL_OTP")
		wantEvents("its answer", "CustomMessage_Authentication clientMetadata")
		session = start(api.AuthFlowTypeCustomAuth, "ann")
		wantEvents("a custom sign-in", "PreAuthentication_Authentication validationData", "DefineAuthChallenge_Authentication", "CreateAuthChallenge_Authentication")
		answer(custom, session, "ANSWER", "x")
		wantEvents("its answer", "VerifyAuthChallengeResponse_Authentication clientMetadata", "DefineAuthChallenge_Authentication clientMetadata",
			"PostAuthentication_Authentication clientMetadata", "TokenGeneration_Authentication clientMetadata")
	}
}

// sessionOf returns the Session of an answer; "" if there is none.
func sessionOf(out *api.InitiateAuthOutput) string {
	if out == nil {
		return ""
	}
	return out.Session
}
