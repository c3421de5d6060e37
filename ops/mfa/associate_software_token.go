package mfa

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
)

// Assumed: the types and texts for neither or both of AccessToken and Session (docs/behaviour.md §1.2, §9.1).
var (
	errNeither = api.InvalidParameterException("Missing required parameter AccessToken or Session")
	errBoth    = api.InvalidParameterException("AccessToken and Session can't be given together.")
)

// AssociateSoftwareToken hands out the secret of a new software token and disassociates the one that the user had.
func (s *Service) AssociateSoftwareToken(ctx context.Context, in *api.AssociateSoftwareTokenInput) (*api.AssociateSoftwareTokenOutput, error) {
	// A Session whose secret was handed out may ask for another one: the person at the page wants a new QR code.
	enrolment, err := s.enrolment(ctx, in.AccessToken, in.Session, cognate.StepSetup, cognate.StepSetupAssociated)
	if errors.Is(err, api.ErrUserDoesNotExist) { // not among the operation's errors
		err = api.ErrTokenRevoked
	}
	if err != nil {
		return nil, err
	}
	secret, session, err := s.Factors.Associate(ctx, enrolment)
	if err != nil {
		return nil, err
	}
	return &api.AssociateSoftwareTokenOutput{SecretCode: secret, Session: session}, nil
}
