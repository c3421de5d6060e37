package trash_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
	"cognate/store"
	"cognate/trash"
)

const retention = 7 * 24 * time.Hour

func keepDeleted(c *server.Config) { c.DeletedRetention = retention }

func binOf(s *cognatetest.Server) *trash.Bin {
	return &trash.Bin{Store: s.Store, Retention: retention, Now: s.Clock.Now}
}

// entries returns the IDs of the entries by the names of what was deleted.
func entries(t *testing.T, b *trash.Bin) map[string]string {
	t.Helper()
	ids := make(map[string]string)
	for e, err := range b.Entries(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids[e.Name] = e.ID
	}
	return ids
}

// withToken returns a server that keeps what is deleted, and a pool with the user ann, who has a software token.
func withToken(t *testing.T) (s *cognatetest.Server, p *cognatetest.UserPool, secret, access string) {
	t.Helper()
	s = cognatetest.Start(t, keepDeleted)
	p = s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	secret, access = p.MustEnrol("ann")
	p.MustPrefer(access, true, true)
	s.NextStep()
	return s, p, secret, access
}

func mustRestore(t *testing.T, b *trash.Bin, name string) {
	t.Helper()
	if _, err := b.Restore(t.Context(), entries(t, b)[name]); err != nil {
		t.Fatalf("Restore(%s) = %v", name, err)
	}
}

// A restored user signs in with the password and the software token, but not with what was given out before the deletion.
func TestRestoreUser(t *testing.T) {
	t.Parallel()
	s, p, secret, access := withToken(t)
	b := binOf(s)
	session := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	if _, err := p.SignIn("ann"); err == nil {
		t.Error("a deleted user can sign in")
	}
	mustRestore(t, b, "ann")
	_, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access})
	cognatetest.WantCode(t, "GetUser(token from before the deletion)", err, "NotAuthorizedException")
	s.NextStep()
	_, err = p.AnswerCode("ann", session, s.Code(secret))
	cognatetest.WantCode(t, "AnswerCode(Session from before the deletion)", err, "NotAuthorizedException")
	out, err := p.AnswerCode("ann", p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, s.Code(secret))
	if err != nil || out.AuthenticationResult == nil {
		t.Errorf("AnswerCode() = %+v, %v, want tokens", out, err)
	}
	if _, err := b.Restore(t.Context(), "unknown"); !errors.Is(err, trash.ErrNoEntry) {
		t.Errorf("Restore(unknown) = %v, want ErrNoEntry", err)
	}
}

// An entry can be older than a code that was accepted before the database was restored. Such a code does not work again.
func TestRestoreAfterRestoreOfDatabase(t *testing.T) {
	t.Parallel()
	s, p, secret, _ := withToken(t)
	b := binOf(s)
	answer := func(code string) error {
		_, err := p.AnswerCode("ann", p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session, code)
		return err
	}
	pool := p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool
	for _, entry := range []struct {
		name   string
		remove func()
	}{
		{"ann", func() { p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"}) }},
		{pool.Name, func() { p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID}) }},
	} {
		s.NextStep()
		s.NextStep()
		entry.remove()
		s.MustSettle(t)
		mustRestore(t, b, entry.name)
		cognatetest.WantCode(t, "AnswerCode(code of before the restore), "+entry.name, answer(s.Code(secret)), "ExpiredCodeException")
	}
	s.NextStep()
	cognatetest.WantCode(t, "AnswerCode(code of the next step)", answer(s.Code(secret)), "ExpiredCodeException")
	s.NextStep()
	if err := answer(s.Code(secret)); err != nil {
		t.Errorf("AnswerCode(two steps later) = %v", err)
	}
}

func TestRestoreRefusals(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, keepDeleted)
	p, b := s.Pool(t, cognatetest.EmailIsAlias()), binOf(s)
	verified := cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")
	p.MustUser("ann", verified...)
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	id := entries(t, b)["ann"]
	wantRefusal := func(what, want string) {
		t.Helper()
		_, err := b.Restore(t.Context(), id)
		if refusal, ok := errors.AsType[*trash.Refusal](err); !ok || refusal.Error() != want {
			t.Errorf("Restore(%s) = %v, want %q", what, err, want)
		}
	}
	p.MustUser("ann")
	wantRefusal("a taken username", "another user of "+p.PoolID+" has the username ann now")
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	p.MustUser("bob", verified...)
	wantRefusal("a taken address", "an email address, phone number or preferred username of ann belongs to another user of "+p.PoolID+" now")
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
	wantRefusal("a user of a deleted pool", "the user pool "+p.PoolID+" of ann does not exist; if the trash has it, restore it first")
}

// A restored client has its ID and its secret.
func TestRestoreClient(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, keepDeleted)
	p, b := s.Pool(t), binOf(s)
	client := p.MustClient(cognatetest.ClientSecret())
	p.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: client.ClientId})
	mustRestore(t, b, client.ClientName)
	got := p.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: p.PoolID, ClientId: client.ClientId})
	if got.UserPoolClient.ClientSecret != client.ClientSecret {
		t.Errorf("ClientSecret = %q, want %q", got.UserPoolClient.ClientSecret, client.ClientSecret)
	}
}

// A restored pool has its users, its signing keys and its clients. Restoring it leaves one audit record.
func TestRestorePool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, keepDeleted)
	p, b := s.Pool(t), binOf(s)
	p.MustUser("ann")
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	before, err := s.Store.SigningKeys(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	pool := p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
	var records int
	ctx := store.WithBeforeCommit(t.Context(), func(context.Context, *store.Tx) error { records++; return nil })
	if _, err := b.Restore(ctx, entries(t, b)[pool.Name]); err != nil || records != 1 {
		t.Fatalf("Restore() = %v with %d records, want 1", err, records)
	}
	p.MustSignIn("ann", "")
	_, err = p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access})
	cognatetest.WantCode(t, "GetUser(token from before the deletion)", err, "NotAuthorizedException")
	after, err := s.Store.SigningKeys(t.Context(), p.PoolID)
	if err != nil || len(before) != len(after) || before[0].ID != after[0].ID {
		t.Errorf("SigningKeys() = %v, %v, want those before the deletion", after, err)
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, keepDeleted)
	p, b := s.Pool(t), binOf(s)
	for _, name := range []string{"old", "young"} {
		p.MustUser(name)
		p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: name})
		s.Clock.Advance(retention - time.Hour)
	}
	s.Clock.Advance(-retention + 2*time.Hour)
	if err := b.Purge(t.Context()); err != nil {
		t.Fatalf("Purge() = %v", err)
	}
	if found := entries(t, b); len(found) != 1 || found["young"] == "" {
		t.Errorf("entries after Purge() = %v, want young", found)
	}
	b.Retention = 0
	if err := b.Purge(t.Context()); err != nil || len(entries(t, b)) > 0 {
		t.Errorf("Purge(without retention) = %v, %v left", err, entries(t, b))
	}
}

// Without a retention nothing is kept.
func TestZeroBin(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, b := s.Pool(t), binOf(s)
	p.MustUser("ann")
	client := p.MustClient()
	p.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: client.ClientId})
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
	if found := entries(t, b); len(found) > 0 {
		t.Errorf("entries = %v, want none", found)
	}
}

// Of a deletion and changes of the user at the same time, the trash has the last state.
func TestRaceWithChanges(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, keepDeleted)
	p, b := s.Pool(t), binOf(s)
	p.MustUser("ann")
	var changes atomic.Int32
	cognatetest.RaceOf(t, 8, "UserNotFoundException", func(number int) error {
		if number == 0 {
			_, err := p.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}
		_, err := p.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
			UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("name", "Ann"),
		})
		if err == nil {
			changes.Add(1)
		}
		return err
	})
	mustRestore(t, b, "ann")
	pool, err := s.Store.UserPool(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.Store.FindUser(t.Context(), pool, "ann")
	if err != nil || (user.Attributes["name"] == "Ann") != (changes.Load() > 0) {
		t.Errorf("FindUser() = %v, %v after %d changes", user.Attributes, err, changes.Load())
	}
}
