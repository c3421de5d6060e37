package store

import (
	"errors"
	"testing"

	"cognate"
)

// A list decodes the documents of the users on its page, and opens no secrets. So a damaged one elsewhere does not matter.
func TestUsersDecodesThePage(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	p := mustCreatePool(t, s)
	for _, name := range []string{"ann", "bob", "cid"} {
		u := userOf(p, name)
		u.Password, u.Attributes[cognate.AttributeEmail] = cognate.Password{Plaintext: "secret"}, "same@example.com"
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.CreateUser(t.Context(), p, u) }); err != nil {
			t.Fatalf("CreateUser() = %v", err)
		}
	}
	mustExec(t, s, "UPDATE users SET password = X'00', imported_hash = X'00', software_token = X'00'")
	mustExec(t, s, "UPDATE users SET document = '{' WHERE username = 'cid'")
	for _, q := range []UserQuery{
		{},
		{Attribute: IndexUsername, Prefix: true},
		{Attribute: cognate.AttributeSub, Value: "sub-of-", Prefix: true},
		{Attribute: cognate.AttributeEmail, Value: "same@", Prefix: true},
		{Attribute: cognate.AttributeEmail, Value: "same@example.com"},
	} {
		q.PoolID, q.Limit = p.ID, 2
		users, end, err := s.Users(t.Context(), q)
		if err != nil || len(users) != 2 || end == nil {
			t.Errorf("Users(%+v) = %d users, the end %v, %v, want two users and an end", q, len(users), end, err)
			continue
		}
		q.After = *end
		if _, _, err := s.Users(t.Context(), q); err == nil {
			t.Errorf("Users(%+v) of the page with the damaged document succeeded", q)
		}
	}
	if _, err := s.FindUser(t.Context(), p, "ann"); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("FindUser() = %v, want an error of the damaged password", err)
	}
}
