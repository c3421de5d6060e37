package account_test

import (
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// If email addresses are aliases, an address cannot be a preferred username. Otherwise a user could take the unverified
// address of another user, and would be found by it in every operation that takes a name.
func TestPreferredUsernameIsNoAddress(t *testing.T) {
	t.Parallel()
	f := mustPool(t, cognatetest.Start(t), cognatetest.EmailIsAlias())
	f.mustUser(t, "eve")
	f.mustUser(t, "ann", "email", "ann@example.com")
	want := api.InvalidParameterException("Username cannot be of email format, since user pool is configured for email alias.")
	token := f.mustToken(t, "eve")
	_, err := f.update(t, token, "preferred_username", "ann@example.com")
	cognatetest.WantRefusal(t, "UpdateUserAttributes()", err, want)
	cognatetest.WantRefusal(t, "AdminUpdateUserAttributes()", f.adminUpdate(t, "eve", "preferred_username", "ann@example.com"), want)
	if got, err := f.get(t, "ann@example.com"); err == nil {
		t.Errorf("AdminGetUser(ann@example.com) = %s, want no user: the address is not verified", got.Username)
	}
	_, err = f.update(t, token, "preferred_username", "evelyn")
	cognatetest.WantRefusal(t, "UpdateUserAttributes(another name)", err, nil)
}

// Attributes have a limit in bytes, because searchable attributes and aliases must fit an index.
func TestAttributesAreLimitedInBytes(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, cognatetest.EmailIsAlias())
		f.mustUser(t, "ann")
		// Each character differs from its neighbours, so that no database can compress the text.
		var long strings.Builder
		for i := range 2000 {
			long.WriteRune(rune(0x4e00 + i*7919%20000))
		}
		for _, name := range []string{"name", "preferred_username"} {
			err := f.adminUpdate(t, "ann", name, long.String())
			cognatetest.WantCode(t, "6,000 bytes for "+name, err, api.CodeInvalidParameterException)
		}
		cognatetest.WantRefusal(t, "2,048 bytes", f.adminUpdate(t, "ann", "name", strings.Repeat("x", 2048)), nil)
	})
}
