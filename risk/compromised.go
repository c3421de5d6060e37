package risk

import (
	"slices"

	"cognate"
	"cognate/api"
)

// PasswordList is a list of compromised passwords.
type PasswordList interface {
	Contains(password string) (bool, error)
}

// ErrCompromised refuses a new password that is compromised. Source: docs/behaviour.md §5.10.
var ErrCompromised = api.InvalidPasswordException("Provided password cannot be used for security reasons.")

// Compromise is the result of a look-up of a password. The zero value: the password is not in the list, or it was not looked up.
type Compromise struct {
	Found  bool // the password is in the list
	Blocks bool // the pool refuses the request
}

// LookUp looks up the password of a request, if the pool has threat protection and the risk configuration names this kind of
// request. An empty EventFilter names all kinds. The skipped addresses of the configuration do not matter.
// Source: docs/behaviour.md §5.10.
// Assumed: without CompromisedCredentialsRiskConfiguration no password is looked up. The passwords of AdminCreateUser and
// AdminSetUserPassword are not looked up, and that of PASSWORD in USER_AUTH is.
func (s *Service) LookUp(pool *cognate.UserPool, client *cognate.AppClient, kind api.EventFilterType, password string) (Compromise, error) {
	c := pool.RiskConfigurationOf(client).Compromised
	mode := pool.ThreatProtection()
	if mode == api.AdvancedSecurityModeTypeOff || c == nil || s.Passwords == nil ||
		len(c.EventFilter) > 0 && !slices.Contains(c.EventFilter, kind) {
		return Compromise{}, nil
	}
	found, err := s.Passwords.Contains(password)
	if err != nil {
		return Compromise{}, err
	}
	acts := mode == api.AdvancedSecurityModeTypeEnforced && c.Actions != nil && c.Actions.EventAction == api.CompromisedCredentialsEventActionTypeBlock
	return Compromise{Found: found, Blocks: found && acts}, nil
}

// CheckNew is LookUp for a new password. Errors: ErrCompromised if the pool refuses the password.
func (s *Service) CheckNew(pool *cognate.UserPool, client *cognate.AppClient, kind api.EventFilterType, password string) (Compromise, error) {
	c, err := s.LookUp(pool, client, kind, password)
	if err == nil && c.Blocks {
		err = ErrCompromised
	}
	return c, err
}
