package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// The errors of identity providers.
// Assumed: the texts for a provider that does not exist, for a name that is taken, and for a provider that two requests
// change at the same time.
var (
	errProviderExists = api.DuplicateProviderException("An identity provider with the name already exists.")
	errConcurrent     = api.ConcurrentModificationException("The identity provider was changed by another request. Try again.")
)

// ErrProviderNotFound returns the error for an identity provider that does not exist.
func ErrProviderNotFound(name string) error {
	return api.ResourceNotFoundException("Identity provider " + name + " does not exist.")
}

// Providers holds the rules by which identity providers are created, changed and deleted.
type Providers struct {
	Store  *store.Store
	Quotas cognate.Quotas
	Keys   *SAMLKeys
	// Client sends requests to providers. It allows only the addresses to which API input may lead the server.
	Client *http.Client
	// PlainHTTP allows URLs without TLS, which Client restricts further.
	PlainHTTP bool
	Now       func() time.Time
	Log       *slog.Logger
}

// Create checks an identity provider, adds it to a pool, and sets its times and what its metadata says. A nil AttributeMapping
// is replaced by the default of the type. lockPool locks the pool, and returns an error if the caller may not change it.
// Errors: DuplicateProviderException, InvalidParameterException, LimitExceededException.
func (s *Providers) Create(ctx context.Context, pool *cognate.UserPool, p *cognate.IdentityProvider, lockPool func(*store.Tx) error) error {
	if err := s.checkName(ctx, pool.ID, p.Name); err != nil {
		return err
	}
	p.Details = merged(p.Type, nil, p.Details)
	if p.AttributeMapping == nil {
		p.AttributeMapping = defaultMapping(p.Type)
	}
	if err := s.check(pool, p); err != nil {
		return err
	}
	if err := s.read(ctx, p); err != nil {
		return err
	}
	key, err := s.newSAMLKey(ctx, p)
	if err != nil {
		return err
	}
	p.CreatedAt = s.Now()
	p.ModifiedAt = p.CreatedAt
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockPool(tx); err != nil {
			return err
		}
		if err := tx.CreateIdentityProvider(ctx, p); err != nil {
			return orExists(err, errProviderExists)
		}
		if err := saveIdentifiers(ctx, tx, p); err != nil {
			return err
		}
		err := s.Quotas.Require(cognate.QuotaProviders, func() (int, error) {
			n, err := tx.CountIdentityProviders(ctx, pool.ID)
			return n - 1, err // without the new one
		})
		if err != nil || key == nil {
			return err
		}
		return s.Keys.addFirst(ctx, tx, pool.ID, key)
	})
}

// checkName refuses a name that is taken, and the name of the pool itself among providers.
// Assumed: no identity provider can have the name COGNITO, in any case.
func (s *Providers) checkName(ctx context.Context, poolID, name string) error {
	key := cognate.ProviderKey(name)
	if key == cognate.ProviderKey(cognate.LocalProvider) {
		return api.InvalidParameterException("The name " + name + " is reserved for the user pool.")
	}
	taken, err := s.Store.HasIdentityProvider(ctx, poolID, name)
	if err == nil && taken {
		return errProviderExists
	}
	return err
}

// newSAMLKey returns a key for a pool whose first SAML provider this is; nil if it needs none.
func (s *Providers) newSAMLKey(ctx context.Context, p *cognate.IdentityProvider) (*cognate.SAMLKey, error) {
	if p.Type != api.IdentityProviderTypeTypeSaml {
		return nil, nil
	}
	return s.Keys.first(ctx, p.PoolID)
}

// ProviderChange is a change of an identity provider. A nil member stays as it is; an empty mapping or list removes all.
type ProviderChange struct {
	Details, AttributeMapping, AcrMapping map[string]string
	Identifiers                           []string
}

// Change checks and stores a change of an identity provider, and returns the changed provider. lockPool is as for Create.
// Errors: ResourceNotFoundException, InvalidParameterException, ConcurrentModificationException.
func (s *Providers) Change(ctx context.Context, pool *cognate.UserPool, name string, c ProviderChange, lockPool func(*store.Tx) error) (*cognate.IdentityProvider, error) {
	p, err := s.Store.IdentityProvider(ctx, pool.ID, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrProviderNotFound(name)
	}
	if err != nil {
		return nil, err
	}
	c.apply(p)
	if err := s.check(pool, p); err != nil {
		return nil, err
	}
	if c.Details != nil {
		if err := s.read(ctx, p); err != nil {
			return nil, err
		}
	}
	p.ModifiedAt = s.Now()
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockPool(tx); err != nil {
			return err
		}
		if err := lockUnchanged(ctx, tx, p); err != nil {
			return err
		}
		if err := tx.SaveIdentityProvider(ctx, p); err != nil {
			return err
		}
		return saveIdentifiers(ctx, tx, p)
	})
	return p, err
}

// apply changes p.
func (c ProviderChange) apply(p *cognate.IdentityProvider) {
	if c.Details != nil {
		p.Details = merged(p.Type, p.Details, c.Details)
	}
	if c.AttributeMapping != nil {
		p.AttributeMapping = c.AttributeMapping
	}
	if c.AcrMapping != nil {
		p.AcrMapping = c.AcrMapping
	}
	if c.Identifiers != nil {
		p.Identifiers = c.Identifiers
	}
}

// check checks the settings of a provider, by themselves and with the schema of the pool. Attributes never leave a schema, so
// the result stays true.
func (s *Providers) check(pool *cognate.UserPool, p *cognate.IdentityProvider) error {
	if err := checkDetails(p.Type, p.Details, s.PlainHTTP); err != nil {
		return err
	}
	if err := checkMapping(pool, p.AttributeMapping); err != nil {
		return err
	}
	if err := cognate.RequireDistinct("IdpIdentifiers", p.Identifiers); err != nil {
		return err
	}
	return checkAcrMapping(p.Type, p.AcrMapping)
}

// read reads what a provider says about itself: the discovery document, or the metadata document. It sets SAML and RefreshAt.
func (s *Providers) read(ctx context.Context, p *cognate.IdentityProvider) error {
	var err error
	switch {
	case p.Type == api.IdentityProviderTypeTypeOidc && !hasEndpoints(p.Details):
		return checkDiscovery(ctx, s.Client, p.Details[keyIssuer], s.PlainHTTP)
	case p.Type != api.IdentityProviderTypeTypeSaml:
		return nil
	case p.Details[keyMetadataURL] != "":
		p.SAML, err = fetchMetadata(ctx, s.Client, p.Details[keyMetadataURL], s.Now())
		p.RefreshAt = s.Now().Add(refreshEvery)
	default:
		p.SAML, err = readMetadata(p.Details[keyMetadataFile], s.Now())
		p.RefreshAt = time.Time{}
	}
	return err
}

// lockUnchanged locks a provider, and returns an error if it is not as the caller has read it.
func lockUnchanged(ctx context.Context, tx *store.Tx, p *cognate.IdentityProvider) error {
	locked, err := tx.LockIdentityProvider(ctx, p.PoolID, p.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrProviderNotFound(p.Name)
	case err != nil:
		return err
	case locked.Version != p.Version+1: // the lock adds one
		return errConcurrent
	default:
		return nil
	}
}

// saveIdentifiers stores the identifiers of a provider.
// Assumed: the text for an identifier that another provider of the pool has.
func saveIdentifiers(ctx context.Context, tx *store.Tx, p *cognate.IdentityProvider) error {
	return orExists(tx.SaveProviderIdentifiers(ctx, p),
		api.InvalidParameterException("An identifier in IdpIdentifiers belongs to another identity provider."))
}

// orExists returns refusal if err is store.ErrExists, and err otherwise.
func orExists(err, refusal error) error {
	if errors.Is(err, store.ErrExists) {
		return refusal
	}
	return err
}

// Delete deletes an identity provider and removes it from the clients that support it. lockPool is as for Create.
// Errors: ResourceNotFoundException.
//
// Assumed: links to a deleted provider stay, and act again if a provider with its name is created. Users keep their accounts
// if an administrator replaces the provider.
func (s *Providers) Delete(ctx context.Context, poolID, name string, lockPool func(*store.Tx) error) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockPool(tx); err != nil {
			return err
		}
		err := tx.DeleteIdentityProvider(ctx, poolID, name)
		if errors.Is(err, store.ErrNotFound) {
			return ErrProviderNotFound(name)
		}
		if err != nil {
			return err
		}
		return s.removeFromClients(ctx, tx, poolID, name)
	})
}

func (s *Providers) removeFromClients(ctx context.Context, tx *store.Tx, poolID, name string) error {
	clients, err := tx.AppClients(ctx, poolID)
	if err != nil {
		return err
	}
	for _, c := range clients {
		if !slices.Contains(c.SupportedIdentityProviders, name) {
			continue
		}
		client, err := tx.LockAppClient(ctx, poolID, c.ID)
		if err != nil {
			return err
		}
		client.SupportedIdentityProviders = slices.DeleteFunc(client.SupportedIdentityProviders, func(p string) bool { return p == name })
		client.ModifiedAt = s.Now()
		if err := tx.SaveAppClient(ctx, client); err != nil {
			return err
		}
	}
	return nil
}
