package signup

import (
	"slices"

	"cognate"
	"cognate/api"
)

// A person who signs up can go on to sign in without a factor more: SignUp hands out a Session, ConfirmSignUp takes it with
// the code and hands out another, and InitiateAuth takes that one in place of the first factor. Source: API reference,
// InitiateAuth (Session); docs/behaviour.md §2.5.

// handOn returns the Session that waits for the next call of a sign-up; empty where the client has no choice-based sign-in
// that could take it.
func (s *Service) handOn(client *cognate.AppClient, user *cognate.User, step cognate.Step) (string, error) {
	if !client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) {
		return "", nil
	}
	return s.Sessions.Seal(s.Sessions.New(client, user, step))
}

// codeSignsIn reports whether the code of a sign-up is as good as one that begins a sign-in: it shows that the user reads
// what is sent to the same place. Its Session then needs none of SignUp, which not every client keeps.
// Amplify is one: its ConfirmSignUp sends no Session and wants one back.
func codeSignsIn(pool *cognate.UserPool, user *cognate.User) bool {
	return slices.ContainsFunc(user.FirstChallenges(pool), func(c api.ChallengeNameType) bool {
		return c == api.ChallengeNameTypeEmailOtp || c == api.ChallengeNameTypeSmsOtp
	})
}

// open returns the Session that SignUp handed out; nil when the request has none.
// Errors: api.ErrInvalidSession, api.ErrSessionExpired.
func (s *Service) open(client *cognate.AppClient, text string) (*cognate.AuthSession, error) {
	if text == "" {
		return nil, nil
	}
	session, err := s.Sessions.Open(text, cognate.StepSigningUp)
	if err != nil {
		return nil, err
	}
	if session.ClientID != client.ID || session.PoolID != client.PoolID {
		return nil, api.ErrInvalidSession
	}
	return session, nil
}
