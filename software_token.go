package cognate

// SoftwareToken is one registered authenticator, with the secret from AssociateSoftwareToken.
type SoftwareToken struct {
	ID           string // of this association; a Session of the setup contains it
	Secret       []byte // at least totp.MinSecretSize
	FriendlyName string
}

// SoftwareTokens are the active and the pending software token of a user. Only the active one can sign in
// (docs/behaviour.md §1.1).
type SoftwareTokens struct {
	Active  *SoftwareToken // verified: its codes are accepted at a sign-in
	Pending *SoftwareToken // associated, not yet verified
	// LastStep is the newest time step (Unix seconds / 30) whose code the user has used, with any token. It stays when a
	// token is replaced or removed, so that no code is accepted twice.
	LastStep int64
}

// Associate makes t the pending token. It removes the active token unless keepActive is set.
// Source: AWS CLI reference, associate-software-token, description.
func (s *SoftwareTokens) Associate(t SoftwareToken, keepActive bool) {
	s.Pending = &t
	if !keepActive {
		s.Active = nil
	}
}

// Activate makes the pending token the active one, with the user's name for it, and marks step as used.
func (s *SoftwareTokens) Activate(friendlyName string, step int64) {
	t := *s.Pending
	t.FriendlyName = friendlyName
	s.Active, s.Pending, s.LastStep = &t, nil, step
}

// Drop removes the user's tokens. Used steps stay used.
func (s *SoftwareTokens) Drop() { s.Active, s.Pending = nil, nil }
