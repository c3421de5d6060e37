package trigger

import (
	"context"

	"cognate"
)

// Sources of the events of a sign-in with custom challenges (docs/behaviour.md §6.2).
const (
	defineAuthChallenge         = "DefineAuthChallenge_Authentication"
	createAuthChallenge         = "CreateAuthChallenge_Authentication"
	verifyAuthChallengeResponse = "VerifyAuthChallengeResponse_Authentication"
)

// Definition is a function's decision about a sign-in: issue tokens, fail, or the name of the next challenge.
type Definition struct {
	ChallengeName     string
	IssueTokens, Fail bool
}

type challengeResult struct {
	ChallengeName     string  `json:"challengeName"`
	ChallengeResult   bool    `json:"challengeResult"`
	ChallengeMetadata *string `json:"challengeMetadata"`
}

// sessionOf returns the results of the challenges so far, never null.
func sessionOf(results []cognate.ChallengeResult) []challengeResult {
	out := make([]challengeResult, 0, len(results))
	for _, r := range results {
		out = append(out, challengeResult{r.ChallengeName, r.ChallengeResult, optional(r.ChallengeMetadata)})
	}
	return out
}

type defineRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	Session        []challengeResult `json:"session"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound   bool              `json:"userNotFound"`
}

type defineResponse struct {
	ChallengeName      *string `json:"challengeName"`
	IssueTokens        *bool   `json:"issueTokens"`
	FailAuthentication *bool   `json:"failAuthentication"`
}

// DefineAuthChallenge asks the function what follows the challenges so far. It rejects an answer without a decision.
func (s *Service) DefineAuthChallenge(ctx context.Context, call Call, results []cognate.ChallengeResult) (Definition, error) {
	if !call.Pool.HasTrigger(cognate.TriggerDefineAuthChallenge) {
		return Definition{}, nil
	}
	request := defineRequest{call.userAttributes(), sessionOf(results), call.Metadata, call.User == nil}
	var response defineResponse
	err := s.invoke(ctx, &call, cognate.TriggerDefineAuthChallenge, newEvent(&call, defineAuthChallenge, request, response), &response)
	if err != nil {
		return Definition{}, err
	}
	d := Definition{IssueTokens: isTrue(response.IssueTokens), Fail: isTrue(response.FailAuthentication)}
	if response.ChallengeName != nil {
		d.ChallengeName = *response.ChallengeName
	}
	if d == (Definition{}) {
		return Definition{}, errUnrecognizable
	}
	return d, nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// CustomChallenge is a challenge from a function.
type CustomChallenge struct {
	Public   map[string]string // sent to the client
	Private  map[string]string // for the function that verifies the answer; never sent to the client
	Metadata string            // for the session in later events
}

type createRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ChallengeName  string            `json:"challengeName"`
	Session        []challengeResult `json:"session"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound   bool              `json:"userNotFound"`
}

type createResponse struct {
	PublicChallengeParameters  map[string]string `json:"publicChallengeParameters"`
	PrivateChallengeParameters map[string]string `json:"privateChallengeParameters"`
	ChallengeMetadata          *string           `json:"challengeMetadata"`
}

// CreateAuthChallenge asks the function for the challenge with that name.
func (s *Service) CreateAuthChallenge(ctx context.Context, call Call, name string, results []cognate.ChallengeResult) (CustomChallenge, error) {
	if !call.Pool.HasTrigger(cognate.TriggerCreateAuthChallenge) {
		return CustomChallenge{}, nil
	}
	request := createRequest{call.userAttributes(), name, sessionOf(results), call.Metadata, call.User == nil}
	var response createResponse
	err := s.invoke(ctx, &call, cognate.TriggerCreateAuthChallenge, newEvent(&call, createAuthChallenge, request, response), &response)
	if err != nil {
		return CustomChallenge{}, err
	}
	challenge := CustomChallenge{Public: response.PublicChallengeParameters, Private: response.PrivateChallengeParameters}
	if response.ChallengeMetadata != nil {
		challenge.Metadata = *response.ChallengeMetadata
	}
	return challenge, nil
}

type verifyRequest struct {
	UserAttributes             map[string]string `json:"userAttributes"`
	PrivateChallengeParameters map[string]string `json:"privateChallengeParameters"`
	ChallengeAnswer            string            `json:"challengeAnswer"`
	ClientMetadata             map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound               bool              `json:"userNotFound"`
}

type verifyResponse struct {
	AnswerCorrect *bool `json:"answerCorrect"`
}

// VerifyAuthChallengeResponse asks the function whether the answer to a challenge is right. Without this trigger every
// answer is wrong.
func (s *Service) VerifyAuthChallengeResponse(ctx context.Context, call Call, private map[string]string, answer string) (bool, error) {
	if !call.Pool.HasTrigger(cognate.TriggerVerifyAuthChallengeResponse) {
		return false, nil
	}
	request := verifyRequest{call.userAttributes(), private, answer, call.Metadata, call.User == nil}
	var response verifyResponse
	e := newEvent(&call, verifyAuthChallengeResponse, request, response)
	err := s.invoke(ctx, &call, cognate.TriggerVerifyAuthChallengeResponse, e, &response)
	return err == nil && isTrue(response.AnswerCorrect), err
}
