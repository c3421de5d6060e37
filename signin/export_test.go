package signin

import (
	"cognate"
	"cognate/api"
)

// Decoy returns what stands in for an unknown name, and the challenges that it can begin with.
func (e *Engine) Decoy(pool *cognate.UserPool, login string) (*cognate.User, []api.ChallengeNameType) {
	decoy := e.nobody(pool, login)
	return decoy.User, e.firstChallenges(pool, decoy)
}
