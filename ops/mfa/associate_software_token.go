package mfa

import (
	"context"

	"cognate"
	"cognate/api"
)

// AssociateSoftwareToken returns the secret of a new software token and disassociates the one that the user had.
func (s *Service) AssociateSoftwareToken(ctx context.Context, in *api.AssociateSoftwareTokenInput) (*api.AssociateSoftwareTokenOutput, error) {
	// A Session may get a second secret: the user at the page wants a new QR code.
	enrolment, err := s.enrolment(ctx, in.Session, cognate.StepSetup, cognate.StepSetupAssociated)
	if err != nil {
		return nil, err
	}
	secret, session, err := s.Factors.Associate(ctx, enrolment)
	if err != nil {
		return nil, err
	}
	return &api.AssociateSoftwareTokenOutput{SecretCode: secret, Session: session}, nil
}
