package domain_test

import (
	"errors"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

// Only another ManagedLoginVersion ends the sign-ins of the pool's browsers.
func TestManagedLoginVersionEndsSSOSessions(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	pool, err := p.Store.UserPool(t.Context(), p.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	user, err := p.Store.FindUser(t.Context(), pool, "ann")
	if err != nil {
		t.Fatal(err)
	}
	session := &cognate.SSOSession{
		PoolID: p.PoolID, ID: cognate.NewSSOSessionID(), SecretHash: cognate.SSOSecretHash("cookie"), Sub: user.Sub, ClientID: p.ClientID,
		AuthTime: p.Clock.Now(), Expires: p.Clock.Now().Add(time.Hour),
	}
	if err := p.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateSSOSession(t.Context(), session) }); err != nil {
		t.Fatal(err)
	}
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	for _, tt := range []struct {
		version *int
		stays   bool
	}{{new(1), true}, {nil, true}, {new(2), false}} {
		p.Must(t).UpdateUserPoolDomain(&api.UpdateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login", ManagedLoginVersion: tt.version})
		_, err := p.Store.SSOSessionByID(t.Context(), p.PoolID, session.ID)
		if (err == nil) != tt.stays || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("SSOSessionByID() after ManagedLoginVersion %v = %v, want it: %t", tt.version, err, tt.stays)
		}
	}
}
