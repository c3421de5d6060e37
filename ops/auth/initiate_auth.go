package auth

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// InitiateAuth starts a sign-in.
func (s *Service) InitiateAuth(ctx context.Context, in *api.InitiateAuthInput) (*api.InitiateAuthOutput, error) {
	ctx, pool, client, err := ops.Admit(ctx, s.Risk, in.ClientId, in.AuthParameters[keyUsername], in.UserContextData)
	if err != nil {
		return nil, err
	}
	return s.start(ctx, &signin.Attempt{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client}, ValidationData: in.ClientMetadata,
	}, in)
}

// AdminInitiateAuth starts a sign-in for an application that runs on a server.
func (s *Service) AdminInitiateAuth(ctx context.Context, in *api.AdminInitiateAuthInput) (*api.AdminInitiateAuthOutput, error) {
	pool, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	ctx, err = s.Risk.Trust(ctx, pool, client, ops.AdminClaim(in.ContextData, in.AuthParameters[keyUsername]))
	if err != nil {
		return nil, err
	}
	attempt := &signin.Attempt{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client}, Admin: true, ValidationData: in.ClientMetadata,
	}
	out, err := s.start(ctx, attempt, &api.InitiateAuthInput{
		AuthFlow: in.AuthFlow, AuthParameters: in.AuthParameters, Session: in.Session,
	})
	return (*api.AdminInitiateAuthOutput)(out), err
}

// start completes the attempt from the request's parameters, and starts the sign-in.
func (s *Service) start(ctx context.Context, a *signin.Attempt, in *api.InitiateAuthInput) (*api.InitiateAuthOutput, error) {
	p := parameters(in.AuthParameters)
	start, incomplete := toStart(in.AuthFlow, p, in.Session)
	p.fill(a, incomplete)
	o, err := s.Engine.Start(ctx, a, start)
	if err != nil {
		return nil, err
	}
	wire, err := toWire(o)
	if err != nil {
		return nil, err
	}
	return &api.InitiateAuthOutput{
		ChallengeName: wire.challenge, Session: o.Session, ChallengeParameters: wire.parameters, AuthenticationResult: wire.tokens,
		AvailableChallenges: o.Available,
	}, nil
}
