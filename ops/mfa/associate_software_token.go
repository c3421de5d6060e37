package mfa

import (
	"context"

	"cognate"
	"cognate/api"
)

// AssociateSoftwareToken returns the secret of a new software token. It removes the active token, unless a tag of the pool keeps
// it until the new one is verified.
func (s *Service) AssociateSoftwareToken(ctx context.Context, in *api.AssociateSoftwareTokenInput) (*api.AssociateSoftwareTokenOutput, error) {
	// A Session can get a second secret, because the user may reload the page with the QR code.
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
