package auth

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// RespondToAuthChallenge continues a sign-in.
func (s *Service) RespondToAuthChallenge(ctx context.Context, in *api.RespondToAuthChallengeInput) (*api.RespondToAuthChallengeOutput, error) {
	ctx, pool, client, err := ops.Admit(ctx, s.Risk, in.ClientId, in.ChallengeResponses[keyUsername], in.UserContextData)
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, &signin.Attempt{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
	}, in)
}

// AdminRespondToAuthChallenge continues a sign-in for an application that runs on a server.
func (s *Service) AdminRespondToAuthChallenge(ctx context.Context, in *api.AdminRespondToAuthChallengeInput) (*api.AdminRespondToAuthChallengeOutput, error) {
	pool, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	ctx, err = s.Risk.Trust(ctx, pool, client, ops.AdminClaim(in.ContextData, in.ChallengeResponses[keyUsername]))
	if err != nil {
		return nil, err
	}
	attempt := &signin.Attempt{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata}, Admin: true,
	}
	out, err := s.respond(ctx, attempt, &api.RespondToAuthChallengeInput{
		ChallengeName: in.ChallengeName, ChallengeResponses: in.ChallengeResponses, Session: in.Session,
	})
	return (*api.AdminRespondToAuthChallengeOutput)(out), err
}

// respond completes the attempt from the request's parameters, and continues the sign-in.
func (s *Service) respond(ctx context.Context, a *signin.Attempt, in *api.RespondToAuthChallengeInput) (*api.RespondToAuthChallengeOutput, error) {
	p := parameters(in.ChallengeResponses)
	response, incomplete := toResponse(in.ChallengeName, p)
	p.fill(a, incomplete)
	o, err := s.Engine.Answer(ctx, a, in.Session, response)
	if err != nil {
		return nil, err
	}
	wire, err := toWire(o)
	if err != nil {
		return nil, err
	}
	return &api.RespondToAuthChallengeOutput{
		ChallengeName: wire.challenge, Session: o.Session, ChallengeParameters: wire.parameters, AuthenticationResult: wire.tokens,
		AvailableChallenges: o.Available,
	}, nil
}
