package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminResetUserPassword(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		f.MustUser("anna", verifiedByMail...)
		if err := f.reset(t, "anna"); err != nil {
			t.Fatalf("AdminResetUserPassword() = %v", err)
		}
		if got := f.status(t, "anna"); got != api.UserStatusTypeResetRequired {
			t.Errorf("status after AdminResetUserPassword = %s, want RESET_REQUIRED", got)
		}
		_, err := f.signIn(t, "anna", cognatetest.Password)
		cognatetest.WantError(t, "InitiateAuth(RESET_REQUIRED)", err, errMustReset)
		first := f.code(t, "a@example.com")
		code := f.mustForget(t, "anna", "a@example.com")
		if first != code {
			cognatetest.WantError(t, "ConfirmForgotPassword(first code)", f.confirmForgotPassword(t, "anna", first, newPassword), errMismatch)
		}
		if err := f.confirmForgotPassword(t, "anna", code, newPassword); err != nil {
			t.Fatalf("ConfirmForgotPassword() = %v", err)
		}
		if got := f.status(t, "anna"); got != api.UserStatusTypeConfirmed {
			t.Errorf("status after ConfirmForgotPassword = %s, want CONFIRMED", got)
		}
		cognatetest.Try(f.signIn(t, "anna", newPassword)).Of(t)
	})
}

func TestAdminResetUserPasswordRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	cognatetest.WantError(t, "AdminResetUserPassword(unknown)", f.reset(t, "unknown"), api.UserNotFoundException("User does not exist."))
	f.MustUser("anna")
	cognatetest.WantError(t, "AdminResetUserPassword(nothing verified)", f.reset(t, "anna"), errNoContact)
	if got := f.status(t, "anna"); got != api.UserStatusTypeConfirmed {
		t.Errorf("status after a refusal = %s, want CONFIRMED", got)
	}
	f = mustPool(t, s, cognatetest.Recovery(admin))
	f.MustUser("anna", verifiedByMail...)
	cognatetest.WantError(t, "AdminResetUserPassword(admin_only)", f.reset(t, "anna"), errByAdmin)
}
