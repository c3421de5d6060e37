// Package mfa has the operations on users' second factors: the software token's life cycle, the MFA preference and the
// list of factors. The rules are in package account.
package mfa

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/store"
	"cognate/tokens"
)

// Service answers the operations.
type Service struct {
	Store   *store.Store
	Tokens  *tokens.Service
	Factors *account.Factors
}

// enrolment finds out for whom a software token is set up: an access token or a Session says so, exactly one of them.
func (s *Service) enrolment(ctx context.Context, accessToken, session string, steps ...cognate.Step) (*account.Enrolment, error) {
	switch {
	case accessToken == "" && session == "":
		return nil, errNeither
	case accessToken != "" && session != "":
		return nil, errBoth
	case session != "":
		return s.Factors.Resume(ctx, session, steps...)
	}
	principal, err := s.Tokens.Authenticate(ctx, accessToken)
	if err != nil {
		return nil, err
	}
	return &account.Enrolment{Pool: principal.Pool, Client: principal.Client, User: principal.User}, nil
}
