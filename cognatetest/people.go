package cognatetest

import (
	"testing"

	"cognate/api"
)

// People is the former name of UserPool.
type People = UserPool

// MustPeople is Pool with MFA and tags.
func (s *Server) MustPeople(t testing.TB, mode api.UserPoolMfaType, tags map[string]string) *UserPool {
	t.Helper()
	options := []Option{MFA(mode)}
	for key, value := range tags {
		options = append(options, Tag(key, value))
	}
	return s.Pool(t, options...)
}
