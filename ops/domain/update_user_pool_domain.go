package domain

import (
	"cmp"
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

var (
	errCustomToPrefix = api.InvalidParameterException("Cannot convert custom domain to prefix domain.")
	// Assumed: the text for CustomDomainConfig in an update of a prefix domain.
	errPrefixToCustom = api.InvalidParameterException("Cannot convert prefix domain to custom domain.")
)

// UpdateUserPoolDomain changes the settings of a domain. Its name, kind, pool and CloudFront name stay.
// Source: docs/behaviour.md §5.8.
// Assumed: an update of a domain keeps ManagedLoginVersion, SecurityPolicy and Routing if the request leaves them out.
func (s *Service) UpdateUserPoolDomain(ctx context.Context, in *api.UpdateUserPoolDomainInput) (*api.UpdateUserPoolDomainOutput, error) {
	var updated *cognate.Domain
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		d, err := tx.LockDomain(ctx, pool.ID, in.Domain)
		if errors.Is(err, store.ErrNotFound) {
			return cognate.ErrDomainNotFound
		}
		if err != nil {
			return err
		}
		version := d.ManagedLoginVersion
		if err := update(d, in); err != nil {
			return err
		}
		if err := d.Check(pool); err != nil {
			return err
		}
		d.ModifiedAt = s.Now()
		updated = d
		if d.ManagedLoginVersion != version { // no sign-in on the earlier pages counts on the new ones
			if err := tx.DeletePoolSSOSessions(ctx, pool.ID); err != nil {
				return err
			}
		}
		return tx.SaveDomain(ctx, d)
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserPoolDomainOutput{
		ManagedLoginVersion: in.ManagedLoginVersion, CloudFrontDomain: cloudFrontName(updated), Routing: routingToWire(updated),
	}, nil
}

func update(d *cognate.Domain, in *api.UpdateUserPoolDomainInput) error {
	switch c := in.CustomDomainConfig; {
	case c == nil && d.Kind == cognate.CustomDomain:
		return errCustomToPrefix
	case c != nil && d.Kind != cognate.CustomDomain:
		return errPrefixToCustom
	case c != nil:
		d.CertificateARN, d.SecurityPolicy = c.CertificateArn, cmp.Or(c.SecurityPolicy, d.SecurityPolicy)
	}
	if in.ManagedLoginVersion != nil {
		d.ManagedLoginVersion = *in.ManagedLoginVersion
	}
	setRouting(d, in.Routing)
	return nil
}
