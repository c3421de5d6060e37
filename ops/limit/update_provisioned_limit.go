package limit

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// UpdateProvisionedLimit sets the rate of the account of the caller in the Region, for all its user pools.
// Assumed: a user pool with a domain uses managed login.
func (s *Service) UpdateProvisionedLimit(ctx context.Context, in *api.UpdateProvisionedLimitInput) (*api.UpdateProvisionedLimitOutput, error) {
	l, err := s.Rates.Named(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	rate := *in.RequestedLimitValue
	if err := l.Check(rate, s.Maximum); err != nil {
		return nil, err
	}
	caller := cognate.CallerFrom(ctx)
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockAccount(ctx, caller.AccountID, caller.Region); err != nil {
			return err
		}
		if l.FixedByLogin {
			if err := requireNoDomain(ctx, tx, caller); err != nil {
				return err
			}
		}
		return tx.SetProvisionedLimit(ctx, caller.AccountID, caller.Region, l.Category, rate)
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateProvisionedLimitOutput{Limit: toWire(in.LimitDefinition, l, rate)}, nil
}

// requireNoDomain returns an error if a pool of the account has a domain. The transaction has locked the account.
func requireNoDomain(ctx context.Context, tx *store.Tx, caller cognate.Caller) error {
	for _, kind := range []cognate.DomainKind{cognate.PrefixDomain, cognate.CustomDomain} {
		n, err := tx.CountDomains(ctx, kind, caller.AccountID, caller.Region)
		if err != nil {
			return err
		}
		if n > 0 {
			return cognate.ErrFixedByLogin
		}
	}
	return nil
}
