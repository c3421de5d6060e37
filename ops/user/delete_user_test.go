package user_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestAdminDeleteUser(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, cognatetest.UsernameIsEmail())
		first := f.mustUser(t, "a@example.com")
		token := f.mustToken(t, "a@example.com")
		remove := func() error {
			_, err := s.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: f.PoolID, Username: "a@example.com"})
			return err
		}
		cognatetest.WantRefusal(t, "AdminDeleteUser()", remove(), nil)
		cognatetest.WantRefusal(t, "AdminDeleteUser(again)", remove(), api.ErrUserDoesNotExist)
		_, err := f.getUser(t, token)
		cognatetest.WantRefusal(t, "GetUser(deleted)", err, api.ErrUserDoesNotExist)
		if second := f.mustUser(t, "a@example.com"); second == first {
			t.Errorf("the name's next user has the sub of the one before, %s", first)
		}
		_, err = f.getUser(t, token)
		cognatetest.WantRefusal(t, "GetUser(deleted, name taken again)", err, api.ErrUserDoesNotExist)
	})
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna")
	token := f.mustToken(t, "anna")
	_, err := s.Client.DeleteUser(t.Context(), &api.DeleteUserInput{AccessToken: token})
	cognatetest.WantRefusal(t, "DeleteUser()", err, nil)
	_, err = f.get(t, "anna")
	cognatetest.WantRefusal(t, "AdminGetUser(deleted)", err, api.ErrUserDoesNotExist)
	_, err = s.Client.DeleteUser(t.Context(), &api.DeleteUserInput{AccessToken: token})
	cognatetest.WantRefusal(t, "DeleteUser(again)", err, api.ErrUserDoesNotExist)
}
