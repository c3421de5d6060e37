// Package mfa has the operations on users' second factors: setup and removal of a software token, the MFA preference and the
// list of factors. The rules are in package account.
package mfa

import (
	"context"
	"errors"

	"cognate"
	"cognate/account"
	"cognate/store"
	"cognate/tokens"
)

// Service implements the operations of this package.
type Service struct {
	Store   *store.Store
	Factors *account.Factors
}

// enrolment returns the user whose software token is set up: the user of the Session or, without a Session, the signed-in user.
// The dispatcher has checked that the request has either a Session or a valid access token.
func (s *Service) enrolment(ctx context.Context, session string, steps ...cognate.Step) (*account.Enrolment, error) {
	if session != "" {
		return s.Factors.Resume(ctx, session, steps...)
	}
	principal := tokens.PrincipalFrom(ctx)
	if principal == nil {
		return nil, errors.New("mfa: request without Session and without an authenticated access token")
	}
	return &account.Enrolment{Pool: principal.Pool, Client: principal.Client, User: principal.User}, nil
}
