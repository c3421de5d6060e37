package cognate

// SoftwareToken is one registered authenticator: a secret that was handed out by AssociateSoftwareToken.
type SoftwareToken struct {
	ID           string // of this association; a Session of the enrolment names it
	Secret       []byte // at least 160 random bits
	FriendlyName string
}

// SoftwareTokens is all there is of a user's software token: a user has at most one that signs in (docs/behaviour.md §1.1).
type SoftwareTokens struct {
	Active  *SoftwareToken // verified: its codes sign in
	Pending *SoftwareToken // associated, not yet verified
	// LastStep is the newest time step (Unix seconds / 30) whose code this user has spent, whatever the token. It stays
	// when tokens come and go, so that no code counts twice.
	LastStep int64
}

// Associate makes t the pending token. The token in force is dropped at once unless keepActive.
// Source: AWS CLI reference, associate-software-token, description.
func (s *SoftwareTokens) Associate(t SoftwareToken, keepActive bool) {
	s.Pending = &t
	if !keepActive {
		s.Active = nil
	}
}

// Activate makes the pending token the one in force, under the name that its owner gave it, and spends step.
func (s *SoftwareTokens) Activate(friendlyName string, step int64) {
	t := *s.Pending
	t.FriendlyName = friendlyName
	s.Active, s.Pending, s.LastStep = &t, nil, step
}

// Drop forgets the user's tokens; spent steps stay spent.
func (s *SoftwareTokens) Drop() { s.Active, s.Pending = nil, nil }
