package cognate_test

import (
	"regexp"
	"testing"

	"cognate"
)

func TestTokenSessionID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^tkn[a-z0-9]{25}$`)
	seen := make(map[string]string)
	for _, g := range []cognate.Grant{{PoolID: "p", ID: "a"}, {PoolID: "p", ID: "b"}, {PoolID: "q", ID: "a"}} {
		id := g.TokenSessionID()
		if !form.MatchString(id) || seen[id] != "" {
			t.Errorf("SessionID(%s in %s) = %q, want 28 characters of its own", g.ID, g.PoolID, id)
		}
		if again := g.TokenSessionID(); again != id {
			t.Errorf("SessionID() = %q and %q, want the same", id, again)
		}
		seen[id] = g.ID
	}
}
