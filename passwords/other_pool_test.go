package passwords_test

import (
	"strings"
	"testing"

	"cognate"
	"cognate/passwords"
)

// A verifier of another pool, or of another username, matches its password and is as secret as before.
func TestFromOtherPool(t *testing.T) {
	t.Parallel()
	s := newService()
	from, to := storedAs("srp"), storedAs("srp")
	to.ID = "eu-west-1_another99"
	p := mustNew(t, s, from, right)
	p.Earlier = []cognate.Password{mustNew(t, s, from, "Earlier-horse-7")}
	moved := passwords.FromOtherPool(from, "ann", p)
	ann := &cognate.User{Username: "another-sub", Password: moved}
	wantCheck(t, s, "right", to, ann, right, true)
	wantCheck(t, s, "wrong", to, ann, wrong, false)
	wantCheck(t, s, "empty", to, ann, "", false)
	wantCheck(t, s, "earlier", to, &cognate.User{Username: "another-sub", Password: moved.Earlier[0]}, "Earlier-horse-7", true)
	wantCheck(t, s, "not moved", to, &cognate.User{Username: "another-sub", Password: p}, right, false)
	if is, err := passwords.CheckFromOtherPool(moved.Imported); !is || err != nil {
		t.Errorf("CheckFromOtherPool() = %t, %v, want true", is, err)
	}
	hash := cognate.Password{Argon2id: "$argon2id$…"}
	if got := passwords.FromOtherPool(from, "ann", hash); got.Argon2id != hash.Argon2id || got.Imported != "" {
		t.Errorf("FromOtherPool(hash) = %+v, want the hash", got)
	}
	parts := strings.Split(moved.Imported, "$")
	for what, text := range map[string]string{
		"no parts":     "$srp-of-pool$",
		"no verifier":  strings.Join(parts[:5], "$"),
		"zero":         strings.Join(append(parts[:5:5], "AAAA"), "$"),
		"not base64":   moved.Imported + "=",
		"another part": moved.Imported + "$x",
	} {
		if is, err := passwords.CheckFromOtherPool(text); !is || err == nil {
			t.Errorf("CheckFromOtherPool(%s) = %t, %v, want an error", what, is, err)
		}
		if ok, err := s.Check(t.Context(), to, &cognate.User{Username: "x", Password: cognate.Password{Imported: text}}, right); ok || err == nil {
			t.Errorf("Check(%s) = %t, %v, want an error", what, ok, err)
		}
	}
	if is, _ := passwords.CheckFromOtherPool("$2b$12$x"); is {
		t.Error("CheckFromOtherPool(bcrypt) = true")
	}
}
