package cognate

import "cmp"

// UserSessionSettings says whether the pool tracks its users' token sessions.
type UserSessionSettings struct {
	// Tracked makes token sessions visible: users and administrators can list and revoke them, and their number per user is
	// limited.
	Tracked    bool
	MaxPerUser int // token sessions, 1 to 100; 0 means DefaultMaxUserSessions
}

// DefaultMaxUserSessions is how many token sessions a user can have if the pool's settings contain no number.
const DefaultMaxUserSessions = 20

// Limit returns how many token sessions a user can have if the pool tracks them.
func (s UserSessionSettings) Limit() int { return cmp.Or(s.MaxPerUser, DefaultMaxUserSessions) }
