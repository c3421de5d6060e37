package auth

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// InitiateAuth begins a sign-in.
func (s *Service) InitiateAuth(ctx context.Context, in *api.InitiateAuthInput) (*api.InitiateAuthOutput, error) {
	pool, client, err := ops.Client(ctx, s.Store, in.ClientId)
	if err != nil {
		return nil, err
	}
	o, err := s.Engine.Start(ctx, &signin.Request{
		Call: signin.Call{
			ClientRequest:  cognate.ClientRequest{Pool: pool, Client: client},
			ValidationData: in.ClientMetadata,
		},
		Flow: in.AuthFlow, Parameters: in.AuthParameters, Session: in.Session,
	})
	if err != nil {
		return nil, err
	}
	return &api.InitiateAuthOutput{
		ChallengeName: o.Challenge, Session: o.Session, ChallengeParameters: o.Parameters, AuthenticationResult: result(o),
		AvailableChallenges: o.Available,
	}, nil
}

// AdminInitiateAuth begins a sign-in on a server of the application's owner.
func (s *Service) AdminInitiateAuth(ctx context.Context, in *api.AdminInitiateAuthInput) (*api.AdminInitiateAuthOutput, error) {
	pool, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	o, err := s.Engine.Start(ctx, &signin.Request{
		Call: signin.Call{
			ClientRequest: cognate.ClientRequest{Pool: pool, Client: client},
			Admin:         true, ValidationData: in.ClientMetadata,
		},
		Flow: in.AuthFlow, Parameters: in.AuthParameters, Session: in.Session,
	})
	if err != nil {
		return nil, err
	}
	return &api.AdminInitiateAuthOutput{
		ChallengeName: o.Challenge, Session: o.Session, ChallengeParameters: o.Parameters, AuthenticationResult: result(o),
		AvailableChallenges: o.Available,
	}, nil
}
