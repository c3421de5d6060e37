package oauth

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/audit"
	"cognate/store"
)

// read returns the registration of a client. Source: RFC 7592 section 2.1.
func (g *Registrations) read(r *http.Request, site *Site) (*registration, error) {
	client, err := g.Store.AppClient(r.Context(), r.PathValue("client"))
	if err := requireRegistrationToken(r, site, client, err); err != nil {
		return nil, err
	}
	return registrationOf(site, client, headerToken(r)), nil
}

// requireRegistrationToken checks that a request has the token of a client's registration. err is the error of the lookup of the
// client. It sets the client in the audit event. Errors: errNoRegistrationToken, also for a client that does not exist.
func requireRegistrationToken(r *http.Request, site *Site, client *cognate.AppClient, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errNoRegistrationToken
	case err != nil:
		return err
	case client.PoolID != site.Pool.ID || !client.IsRegistrationToken(headerToken(r)):
		return errNoRegistrationToken
	}
	audit.SetClient(r.Context(), client.PoolID, client.ID)
	return nil
}

// changedMetadata is the body of a change. Source: RFC 7592 section 2.2.
type changedMetadata struct {
	ClientID string  `json:"client_id"`
	Secret   *string `json:"client_secret"`
	ClientMetadata
	// A client may not send these.
	Token         jsontext.Value `json:"registration_access_token"`
	URL           jsontext.Value `json:"registration_client_uri"`
	IssuedAt      jsontext.Value `json:"client_id_issued_at"`
	SecretExpires jsontext.Value `json:"client_secret_expires_at"`
}

// change replaces the metadata of a client. The ID and the secret stay.
func (g *Registrations) change(r *http.Request, site *Site) (*registration, error) {
	if _, err := g.read(r, site); err != nil {
		return nil, err
	}
	var m changedMetadata
	if err := readMetadata(r, &m); err != nil {
		return nil, err
	}
	ctx := r.Context()
	var changed *cognate.AppClient
	err := g.Store.Write(ctx, func(tx *store.Tx) error {
		apply, err := g.lock(ctx, tx, site.Pool.ID)
		if err != nil {
			return err
		}
		client, err := tx.LockAppClient(ctx, site.Pool.ID, r.PathValue("client"))
		if err := requireRegistrationToken(r, site, client, err); err != nil {
			return err
		}
		if err := changeAuthMethod(client, &m); err != nil {
			return err
		}
		if err := apply(client, &m.ClientMetadata); err != nil {
			return err
		}
		client.ModifiedAt, changed = g.Now(), client
		return tx.SaveAppClient(ctx, client)
	})
	if err != nil {
		return nil, err
	}
	return registrationOf(site, changed, headerToken(r)), nil
}

// changeAuthMethod checks the members of a change that say how the client authenticates, and sets the method. A client with a secret
// keeps it, one without gets none, and one with keys can change their address. Errors: *Refusal.
func changeAuthMethod(c *cognate.AppClient, m *changedMetadata) error {
	method := cmp.Or(m.AuthMethod, c.Registration.AuthMethod)
	switch {
	case m.ClientID != c.ID:
		return refuseMetadata("client_id is not that of the client")
	case m.Token != nil || m.URL != nil || m.IssuedAt != nil || m.SecretExpires != nil:
		return refuseMetadata("the body has a member that only the server sets")
	case m.Secret != nil && (!c.HasSecret() || !c.IsSecret(*m.Secret)):
		return refuseMetadata("client_secret is not that of the client")
	case kindOf(method) != kindOf(c.Registration.AuthMethod):
		return refuseMetadata("token_endpoint_auth_method cannot be changed to this")
	case method == authKey:
		return setKeysURI(c, &m.ClientMetadata)
	}
	c.Registration.AuthMethod = method
	return nil
}

// kindOf returns the kind of a method of authentication. A client cannot change to another kind. "" is not a kind.
func kindOf(method string) string {
	switch method {
	case authBasic, authPost:
		return "secret"
	case authNone, authKey:
		return method
	default:
		return ""
	}
}

// remove deletes a client and everything that belongs to it. Source: RFC 7592 section 2.3.
func (g *Registrations) remove(r *http.Request, site *Site) (*registration, error) {
	if _, err := g.read(r, site); err != nil {
		return nil, err
	}
	ctx := r.Context()
	return nil, g.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := g.lock(ctx, tx, site.Pool.ID); err != nil {
			return err
		}
		client, err := tx.LockAppClient(ctx, site.Pool.ID, r.PathValue("client"))
		if err := requireRegistrationToken(r, site, client, err); err != nil {
			return err
		}
		return g.Trash.DeleteAppClient(ctx, tx, client.PoolID, client.ID)
	})
}
