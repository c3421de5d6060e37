package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store/gen"
)

var identityProviderTables = []table{
	{name: "identity_providers", role: roleConfig, inTrash: true, key: []string{"pool_id", "name_key"}, sealed: []string{"sealed"}},
	{name: "idp_identifiers", role: roleConfig, inTrash: true, key: []string{"pool_id", "identifier"}},
}

// IdentityProvider returns an identity provider by its exact name. Errors: ErrNotFound.
func (s *Store) IdentityProvider(ctx context.Context, poolID, name string) (*cognate.IdentityProvider, error) {
	return s.identityProvider(ctx, s.reader, poolID, name)
}

// IdentityProvider is Store.IdentityProvider in a transaction.
func (t *Tx) IdentityProvider(ctx context.Context, poolID, name string) (*cognate.IdentityProvider, error) {
	return t.s.identityProvider(ctx, t.q, poolID, name)
}

func (s *Store) identityProvider(ctx context.Context, q *gen.Queries, poolID, name string) (*cognate.IdentityProvider, error) {
	row, err := q.GetIdentityProvider(ctx, gen.GetIdentityProviderParams{
		PoolID: poolID, NameKey: cognate.ProviderKey(name), Name: name,
	})
	if err != nil {
		return nil, found("get identity provider", err)
	}
	return s.providerFromRow(row.IdentityProvider)
}

// HasIdentityProvider reports whether a pool has an identity provider whose name differs from the given one at most by case.
func (s *Store) HasIdentityProvider(ctx context.Context, poolID, name string) (bool, error) {
	n, err := s.reader.CountIdentityProvidersByKey(ctx, gen.CountIdentityProvidersByKeyParams{
		PoolID: poolID, NameKey: cognate.ProviderKey(name),
	})
	if err != nil {
		return false, fmt.Errorf("find identity provider: %w", err)
	}
	return n > 0, nil
}

// IdentityProviderByIdentifier returns the identity provider of a pool that has an identifier. Errors: ErrNotFound.
func (s *Store) IdentityProviderByIdentifier(ctx context.Context, poolID, identifier string) (*cognate.IdentityProvider, error) {
	row, err := s.reader.GetIdentityProviderByIdentifier(ctx, gen.GetIdentityProviderByIdentifierParams{
		PoolID: poolID, Identifier: identifier,
	})
	if err != nil {
		return nil, found("get identity provider by identifier", err)
	}
	return s.providerFromRow(row.IdentityProvider)
}

// IdentityProviders returns up to limit identity providers of a pool whose keys are after the given one, in order of their
// keys. They have only names, types and times.
func (s *Store) IdentityProviders(ctx context.Context, poolID, after string, limit int) ([]*cognate.IdentityProvider, error) {
	return identityProviders(ctx, s.reader, poolID, after, limit)
}

// ProviderNames returns the names of all identity providers of a pool that the transaction has locked.
func (t *Tx) ProviderNames(ctx context.Context, poolID string) ([]string, error) {
	var names []string
	for after := ""; ; {
		page, err := identityProviders(ctx, t.q, poolID, after, pageOfAll)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			names = append(names, p.Name)
			after = p.Key()
		}
		if len(page) < pageOfAll {
			return names, nil
		}
	}
}

// pageOfAll is how many rows a method reads at a time that returns all of them.
const pageOfAll = 300

func identityProviders(ctx context.Context, q *gen.Queries, poolID, after string, limit int) ([]*cognate.IdentityProvider, error) {
	rows, err := q.ListIdentityProviders(ctx, gen.ListIdentityProvidersParams{
		PoolID: poolID, AfterKey: after, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list identity providers: %w", err)
	}
	providers := make([]*cognate.IdentityProvider, 0, len(rows))
	for _, row := range rows {
		providers = append(providers, &cognate.IdentityProvider{
			PoolID: poolID, Name: row.Name, Type: api.IdentityProviderTypeType(row.ProviderType),
			CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
		})
	}
	return providers, nil
}

// DueIdentityProviders returns up to limit identity providers of all pools whose metadata document is due to be fetched at
// that time, those first that have been due for longest.
func (s *Store) DueIdentityProviders(ctx context.Context, at time.Time, limit int) ([]*cognate.IdentityProvider, error) {
	rows, err := s.reader.ListDueIdentityProviders(ctx, gen.ListDueIdentityProvidersParams{
		DueAt: millis(at), PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list due identity providers: %w", err)
	}
	providers := make([]*cognate.IdentityProvider, 0, len(rows))
	for _, row := range rows {
		p, err := s.providerFromRow(row.IdentityProvider)
		if err != nil {
			return nil, err
		}
		providers = append(providers, p)
	}
	return providers, nil
}

// CreateIdentityProvider adds an identity provider to a pool that the transaction has locked, without its identifiers.
// Errors: ErrExists.
func (t *Tx) CreateIdentityProvider(ctx context.Context, p *cognate.IdentityProvider) error {
	document, sealed, err := t.s.providerColumns(p)
	if err != nil {
		return err
	}
	n, err := t.q.CreateIdentityProvider(ctx, gen.CreateIdentityProviderParams{
		PoolID: p.PoolID, NameKey: p.Key(), Name: p.Name, ProviderType: string(p.Type), Document: document, Sealed: sealed,
		RefreshAt: millis(p.RefreshAt), Version: newVersion(), CreatedAt: millis(p.CreatedAt), ModifiedAt: millis(p.ModifiedAt),
	})
	return changed("create identity provider", ErrExists, n, err)
}

// CountIdentityProviders returns the number of identity providers of a pool that the transaction has locked.
func (t *Tx) CountIdentityProviders(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountIdentityProviders(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count identity providers: %w", err)
	}
	return int(n), nil
}

// LockIdentityProvider returns an identity provider that the caller can change, and locks it until the transaction ends. Its
// Version is one more than in an earlier read, unless it was changed since. Errors: ErrNotFound.
func (t *Tx) LockIdentityProvider(ctx context.Context, poolID, name string) (*cognate.IdentityProvider, error) {
	row, err := t.q.LockIdentityProvider(ctx, gen.LockIdentityProviderParams{
		PoolID: poolID, NameKey: cognate.ProviderKey(name), Name: name,
	})
	if err != nil {
		return nil, found("lock identity provider", err)
	}
	return t.s.providerFromRow(row)
}

// SaveIdentityProvider stores an identity provider that the transaction has locked, without its identifiers.
func (t *Tx) SaveIdentityProvider(ctx context.Context, p *cognate.IdentityProvider) error {
	document, sealed, err := t.s.providerColumns(p)
	if err != nil {
		return err
	}
	err = t.q.SaveIdentityProvider(ctx, gen.SaveIdentityProviderParams{
		Document: document, Sealed: sealed, RefreshAt: millis(p.RefreshAt), ModifiedAt: millis(p.ModifiedAt),
		PoolID: p.PoolID, NameKey: p.Key(),
	})
	if err != nil {
		return fmt.Errorf("save identity provider: %w", err)
	}
	return nil
}

// SaveProviderIdentifiers stores the identifiers of an identity provider, instead of those that it had. The transaction has
// locked the pool. Errors: ErrExists if another provider has one of them.
func (t *Tx) SaveProviderIdentifiers(ctx context.Context, p *cognate.IdentityProvider) error {
	if err := t.deleteProviderIdentifiers(ctx, p.PoolID, p.Key()); err != nil {
		return err
	}
	for _, identifier := range p.Identifiers {
		n, err := t.q.CreateIdpIdentifier(ctx, gen.CreateIdpIdentifierParams{
			PoolID: p.PoolID, Identifier: identifier, NameKey: p.Key(),
		})
		if err := changed("save provider identifiers", ErrExists, n, err); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) deleteProviderIdentifiers(ctx context.Context, poolID, key string) error {
	if err := t.q.DeleteIdpIdentifiers(ctx, gen.DeleteIdpIdentifiersParams{PoolID: poolID, NameKey: key}); err != nil {
		return fmt.Errorf("delete provider identifiers: %w", err)
	}
	return nil
}

// DeleteIdentityProvider deletes an identity provider with its identifiers. Errors: ErrNotFound.
func (t *Tx) DeleteIdentityProvider(ctx context.Context, poolID, name string) error {
	key := cognate.ProviderKey(name)
	n, err := t.q.DeleteIdentityProvider(ctx, gen.DeleteIdentityProviderParams{PoolID: poolID, NameKey: key, Name: name})
	if err := changed("delete identity provider", ErrNotFound, n, err); err != nil {
		return err
	}
	return t.deleteProviderIdentifiers(ctx, poolID, key)
}

func (s *Store) providerColumns(p *cognate.IdentityProvider) (document string, sealed []byte, err error) {
	open, secret := fromIdentityProvider(p)
	if document, err = encode("identity provider", open); err != nil {
		return "", nil, err
	}
	sealed, err = s.sealDocument(secret, true, providerAAD(p.PoolID, p.Key()))
	return document, sealed, err
}

func (s *Store) providerFromRow(row gen.IdentityProvider) (*cognate.IdentityProvider, error) {
	p := &cognate.IdentityProvider{
		PoolID: row.PoolID, Name: row.Name, Type: api.IdentityProviderTypeType(row.ProviderType),
		RefreshAt: fromMillis(row.RefreshAt), CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
		Version: row.Version,
	}
	var document identityProviderDocument
	if err := decode("identity provider "+row.Name, row.Document, &document); err != nil {
		return nil, err
	}
	var details providerDetailsDocument
	if err := s.unsealDocument(row.Sealed, providerAAD(row.PoolID, row.NameKey), &details); err != nil {
		return nil, err
	}
	document.toIdentityProvider(&details, p)
	return p, nil
}

func providerAAD(poolID, key string) string {
	return aadOf("identity_providers", poolID, key, "sealed")
}
