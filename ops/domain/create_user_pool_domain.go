package domain

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// CreateUserPoolDomain adds a domain to a pool. The domain is active immediately. With CustomDomainConfig it is a custom domain.
// Source: docs/behaviour.md §5.8.
// Assumed: a domain that is created without ManagedLoginVersion has version 1.
func (s *Service) CreateUserPoolDomain(ctx context.Context, in *api.CreateUserPoolDomainInput) (*api.CreateUserPoolDomainOutput, error) {
	now := s.Now()
	d := &cognate.Domain{
		PoolID: in.UserPoolId, Name: in.Domain, Kind: cognate.PrefixDomain, ManagedLoginVersion: cognate.HostedUI,
		Distribution: cognate.NewDistribution(), CreatedAt: now, ModifiedAt: now,
	}
	if in.ManagedLoginVersion != nil {
		d.ManagedLoginVersion = *in.ManagedLoginVersion
	}
	if c := in.CustomDomainConfig; c != nil {
		d.Kind, d.CertificateARN, d.SecurityPolicy = cognate.CustomDomain, c.CertificateArn, c.SecurityPolicy
	}
	setRouting(d, in.Routing)
	if err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.add(ctx, tx, d) }); err != nil {
		return nil, err
	}
	return &api.CreateUserPoolDomainOutput{
		ManagedLoginVersion: in.ManagedLoginVersion, CloudFrontDomain: cloudFrontName(d), Routing: routingToWire(d),
	}, nil
}

func (s *Service) add(ctx context.Context, tx *store.Tx, d *cognate.Domain) error {
	pool, err := ops.LockPool(ctx, tx, d.PoolID)
	if err != nil {
		return err
	}
	if err := d.Check(pool); err != nil {
		return err
	}
	domains, err := tx.Domains(ctx, pool.ID)
	switch {
	case err != nil:
		return err
	case domains[d.Kind] != nil:
		return cognate.ErrPoolHasDomain
	case s.isOwn(d.Name):
		return d.ErrTaken()
	}
	if err := tx.LockAccount(ctx, pool.AccountID, pool.Region()); err != nil {
		return err
	}
	if err := tx.CreateDomain(ctx, d); err != nil {
		if errors.Is(err, store.ErrExists) {
			return d.ErrTaken()
		}
		return err
	}
	if d.Kind != cognate.CustomDomain {
		return nil
	}
	return s.Quotas.Require(cognate.QuotaCustomDomains, func() (int, error) {
		n, err := tx.CountDomains(ctx, d.Kind, pool.AccountID, pool.Region())
		return n - 1, err // without the new one
	})
}
