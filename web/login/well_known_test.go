package login_test

import (
	"net/http"
	"testing"
)

func TestWellKnownAddresses(t *testing.T) {
	t.Parallel()
	off := mustSite(t)
	b := off.browser()
	for _, path := range []string{"/.well-known/change-password", "/.well-known/passkey-endpoints"} {
		if b.open(off.base + path); b.status != http.StatusNotFound {
			t.Errorf("%s without account pages = %d, want 404", path, b.status)
		}
	}
	s := mustAccountSite(t)
	b = s.browser()
	b.open(s.base + "/.well-known/passkey-endpoints")
	passkeys := s.base + "/account/passkeys"
	if want := `{"enroll":"` + passkeys + `/add","manage":"` + passkeys + `"}`; b.body != want {
		t.Errorf("passkey-endpoints = %s, want %s", b.body, want)
	}
	b.signIn("ann")
	b.open(s.base + "/.well-known/change-password")
	b.wantPage("Change your password", "")
}
