package signup

import (
	"cognate"
	"cognate/api"
)

// A person who signs up can go on to sign in without a factor more: SignUp hands out a Session, ConfirmSignUp takes it with
// the code and hands out another, and InitiateAuth takes that one in place of the first factor. Source: API reference,
// InitiateAuth (Session); behaviour §2.5.

// handOn returns the Session that waits for the next call of a sign-up; empty where the client has no choice-based sign-in
// that could take it.
func (s *Service) handOn(client *cognate.AppClient, user *cognate.User, step cognate.Step) (string, error) {
	if !client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) {
		return "", nil
	}
	return s.Sessions.Seal(s.Sessions.New(client, user, step))
}

// open returns the Session that SignUp handed out; nil when the request has none.
// Errors: cognate.ErrInvalidSession, cognate.ErrSessionExpired.
func (s *Service) open(client *cognate.AppClient, text string) (*cognate.Session, error) {
	if text == "" {
		return nil, nil
	}
	session, err := s.Sessions.Open(text, cognate.StepSigningUp)
	if err != nil {
		return nil, err
	}
	if session.ClientID != client.ID || session.PoolID != client.PoolID {
		return nil, cognate.ErrInvalidSession
	}
	return session, nil
}
