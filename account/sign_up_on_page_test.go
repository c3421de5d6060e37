package account_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/store"
)

// onPage signs up on a page.
func (w *world) onPage(t *testing.T, username, password string) (*cognate.User, *api.CodeDeliveryDetailsType, error) {
	t.Helper()
	return w.SignUpOnPage(t.Context(), &account.Registration{ClientRequest: w.request(), Username: username, Password: password})
}

func TestSignUpOnPageHidesUsers(t *testing.T) {
	t.Parallel()
	sent := new(notify.Mailbox)
	w := mustWorld(t, sent)
	w.pool.UsernameAttributes = []api.UsernameAttributeType{api.UsernameAttributeTypeEmail}
	w.pool.PasswordPolicy.MinimumLength = 8
	taken := &api.Error{Code: api.CodeUsernameExistsException}

	const name = "anna@example.com"
	first, delivery, err := w.onPage(t, name, cognatetest.Password)
	if err != nil || delivery == nil {
		t.Fatalf("SignUpOnPage() = %v, %v", delivery, err)
	}
	if _, _, err := w.onPage(t, name, cognatetest.Password); !errors.Is(err, taken) {
		t.Errorf("SignUpOnPage(taken, LEGACY) = %v, want UsernameExistsException", err)
	}
	w.client.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
	for _, tt := range []struct {
		status api.UserStatusType
		kind   notify.Kind // of the message to the owner
	}{
		{api.UserStatusTypeUnconfirmed, notify.KindResendCode},
		{api.UserStatusTypeConfirmed, notify.KindAlreadySignedUp},
	} {
		w.mustSetStatus(t, first.Sub, tt.status)
		user, again, err := w.onPage(t, name, cognatetest.Password)
		if err != nil {
			t.Fatalf("SignUpOnPage(taken, %s) = %v, want no error", tt.status, err)
		}
		wantDiff(t, "delivery for a taken name", delivery, again)
		if user.Sub == first.Sub || user.Status != api.UserStatusTypeUnconfirmed {
			t.Errorf("SignUpOnPage(taken, %s) = the user %s, %s, want another, unconfirmed one", tt.status, user.Sub, user.Status)
		}
		if _, err := w.Store.User(t.Context(), w.pool.ID, user.Sub); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("User(of a taken name) = %v, want ErrNotFound: it is not stored", err)
		}
		if m, _ := sent.Last(name); m.Kind != tt.kind {
			t.Errorf("the owner (%s) got %q, want %s", tt.status, m.Kind, tt.kind)
		}
	}
	if _, _, err := w.onPage(t, name, "short"); !errors.Is(err, &api.Error{Code: api.CodeInvalidPasswordException}) {
		t.Errorf("SignUpOnPage(taken, weak password) = %v, want InvalidPasswordException, as for a new name", err)
	}
	for range 20 {
		if _, _, err := w.onPage(t, name, cognatetest.Password); err != nil {
			t.Fatalf("SignUpOnPage(taken, again and again) = %v, want no error", err)
		}
	}
	if n := len(sent.Messages(name)); n > 8 {
		t.Errorf("the owner got %d messages, want a limit", n)
	}
}

func (w *world) mustSetStatus(t *testing.T, sub string, status api.UserStatusType) {
	t.Helper()
	err := w.Store.Write(t.Context(), func(tx *store.Tx) error {
		user, err := tx.LockUser(t.Context(), w.pool.ID, sub)
		if err != nil {
			return err
		}
		user.Status = status
		return tx.SaveUser(t.Context(), w.pool, user)
	})
	if err != nil {
		t.Fatalf("set status: %v", err)
	}
}

// TestSignUpByLink checks that the link in the message leads to the page of the pool's domain.
func TestSignUpByLink(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
			DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithLink, EmailMessageByLink: "{##Here##}",
		}
	}))
	if _, err := f.signUp(t, "anna", "email", "a@example.com"); !errors.Is(err, &api.Error{Code: api.CodeInvalidParameterException}) {
		t.Errorf("SignUp(links without a domain) = %v, want InvalidParameterException", err)
	}
	f.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: f.PoolID, Domain: "login-anna"})
	f.mustSignUp(t, "anna", "email", "a@example.com")
	m, _ := f.Mailbox.Last("a@example.com")
	want := s.URL + "/domains/login-anna/confirmUser?client_id=" + f.ClientID + "&confirmation_code=" + m.Code + "&user_name=anna"
	if m.Link != want {
		t.Errorf("link = %s, want %s", m.Link, want)
	}
}
