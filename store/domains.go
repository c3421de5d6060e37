package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var domainTables = []table{{name: "domains", role: roleUnique, key: []string{"pool_id", "kind"}}}

// Domain returns the domain with a name, in any pool. Errors: ErrNotFound.
func (s *Store) Domain(ctx context.Context, name string) (*cognate.Domain, error) {
	row, err := s.reader.GetDomain(ctx, name)
	if err != nil {
		return nil, found("get domain", err)
	}
	return domainFromRow(row.Domain)
}

// DomainAndPool returns the domain with a name, and its pool, which is shared as that of UserPool. It is one read.
// Errors: ErrNotFound.
func (s *Store) DomainAndPool(ctx context.Context, name string) (*cognate.Domain, *cognate.UserPool, error) {
	row, err := s.reader.GetDomainAndPool(ctx, name)
	if err != nil {
		return nil, nil, found("get domain", err)
	}
	d, err := domainFromRow(row.Domain)
	if err != nil {
		return nil, nil, err
	}
	pool, err := s.poolFromRow(row.UserPool)
	return d, pool, err
}

// Domains returns the domains of a pool by their kinds.
func (s *Store) Domains(ctx context.Context, poolID string) (map[cognate.DomainKind]*cognate.Domain, error) {
	return domains(ctx, s.reader, poolID)
}

// Domains returns the domains of a pool by their kinds, as this transaction sees them.
func (t *Tx) Domains(ctx context.Context, poolID string) (map[cognate.DomainKind]*cognate.Domain, error) {
	return domains(ctx, t.q, poolID)
}

// CreateDomain adds a domain. Errors: ErrExists if the name is taken, or if the pool has a domain of the kind.
func (t *Tx) CreateDomain(ctx context.Context, d *cognate.Domain) error {
	document, err := encode("create domain", fromDomain(d))
	if err != nil {
		return err
	}
	n, err := t.q.CreateDomain(ctx, gen.CreateDomainParams{
		PoolID: d.PoolID, Kind: string(d.Kind), Name: d.Name, Document: document, Version: newVersion(),
		CreatedAt: millis(d.CreatedAt), ModifiedAt: millis(d.ModifiedAt),
	})
	return changed("create domain", ErrExists, n, err)
}

// LockDomain returns a domain of a pool that the caller can change, and locks it until the transaction ends.
// Errors: ErrNotFound.
func (t *Tx) LockDomain(ctx context.Context, poolID, name string) (*cognate.Domain, error) {
	row, err := t.q.LockDomain(ctx, gen.LockDomainParams{PoolID: poolID, Name: name})
	if err != nil {
		return nil, found("lock domain", err)
	}
	return domainFromRow(row)
}

// SaveDomain stores a domain that the transaction has locked.
func (t *Tx) SaveDomain(ctx context.Context, d *cognate.Domain) error {
	document, err := encode("save domain", fromDomain(d))
	if err != nil {
		return err
	}
	err = t.q.SaveDomain(ctx, gen.SaveDomainParams{
		Document: document, ModifiedAt: millis(d.ModifiedAt), PoolID: d.PoolID, Kind: string(d.Kind),
	})
	if err != nil {
		return fmt.Errorf("save domain: %w", err)
	}
	return nil
}

// DeleteDomain deletes a domain of a pool. Errors: ErrNotFound.
func (t *Tx) DeleteDomain(ctx context.Context, poolID, name string) error {
	n, err := t.q.DeleteDomain(ctx, gen.DeleteDomainParams{PoolID: poolID, Name: name})
	return changed("delete domain", ErrNotFound, n, err)
}

// CountDomains returns the number of domains of a kind that the pools of an account in a region have. The transaction has
// locked the account.
func (t *Tx) CountDomains(ctx context.Context, kind cognate.DomainKind, accountID, region string) (int, error) {
	after, before := poolIDs(region)
	n, err := t.q.CountDomains(ctx, gen.CountDomainsParams{
		Kind: string(kind), AccountID: accountID, AfterID: after, BeforeID: before,
	})
	if err != nil {
		return 0, fmt.Errorf("count domains: %w", err)
	}
	return int(n), nil
}

func domains(ctx context.Context, q *gen.Queries, poolID string) (map[cognate.DomainKind]*cognate.Domain, error) {
	rows, err := q.ListDomains(ctx, poolID)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	byKind := make(map[cognate.DomainKind]*cognate.Domain)
	for _, row := range rows {
		d, err := domainFromRow(row.Domain)
		if err != nil {
			return nil, err
		}
		byKind[d.Kind] = d
	}
	return byKind, nil
}

func domainFromRow(row gen.Domain) (*cognate.Domain, error) {
	d := &cognate.Domain{
		PoolID: row.PoolID, Kind: cognate.DomainKind(row.Kind), Name: row.Name,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}
	var document domainDocument
	if err := decode("domain "+row.Name, row.Document, &document); err != nil {
		return nil, err
	}
	document.toDomain(d)
	return d, nil
}
