package mfa

import (
	"context"

	"cognate"
	"cognate/api"
)

// VerifySoftwareToken checks a code of a user's new software token and activates the token.
func (s *Service) VerifySoftwareToken(ctx context.Context, in *api.VerifySoftwareTokenInput) (*api.VerifySoftwareTokenOutput, error) {
	enrolment, err := s.enrolment(ctx, in.Session, cognate.StepSetupAssociated)
	if err != nil {
		return nil, err
	}
	session, err := s.Factors.Verify(ctx, enrolment, in.UserCode, in.FriendlyDeviceName)
	if err != nil {
		return nil, err
	}
	return &api.VerifySoftwareTokenOutput{Status: api.VerifySoftwareTokenResponseTypeSuccess, Session: session}, nil
}
