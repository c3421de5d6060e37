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
	pool, client, err := ops.Client(ctx, s.Store, in.ClientId)
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, &signin.Answer{
		Call:      signin.Call{ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata}},
		Challenge: in.ChallengeName, Session: in.Session, Responses: in.ChallengeResponses,
	})
}

// AdminRespondToAuthChallenge continues a sign-in on a server of the application's owner.
func (s *Service) AdminRespondToAuthChallenge(ctx context.Context, in *api.AdminRespondToAuthChallengeInput) (*api.AdminRespondToAuthChallengeOutput, error) {
	pool, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	out, err := s.respond(ctx, &signin.Answer{
		Call: signin.Call{
			ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
			Admin:         true,
		},
		Challenge: in.ChallengeName, Session: in.Session, Responses: in.ChallengeResponses,
	})
	return (*api.AdminRespondToAuthChallengeOutput)(out), err
}

func (s *Service) respond(ctx context.Context, a *signin.Answer) (*api.RespondToAuthChallengeOutput, error) {
	o, err := s.Engine.Answer(ctx, a)
	if err != nil {
		return nil, err
	}
	return &api.RespondToAuthChallengeOutput{
		ChallengeName: o.Challenge, Session: o.Session, ChallengeParameters: o.Parameters, AuthenticationResult: result(o),
	}, nil
}
