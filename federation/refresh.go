package federation

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate"
	"cognate/audit"
	"cognate/store"
)

const (
	// refreshEvery is how often a metadata document is fetched. Source: docs/behaviour.md §5.9.
	refreshEvery = 24 * time.Hour
	// retryAfter is when a fetch that failed is tried again.
	retryAfter = time.Hour

	refreshBatch   = 20
	refreshersOnce = 4
)

// RefreshMetadata fetches the metadata documents of all SAML providers that are due. If that fails, the provider keeps the
// document that it has.
func (s *Providers) RefreshMetadata(ctx context.Context) error {
	for {
		due, err := s.Store.DueIdentityProviders(ctx, s.Now(), refreshBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		// One after another, because the transactions share the audit event of ctx.
		for _, f := range s.fetchAll(ctx, due) {
			if err := s.storeFetched(ctx, f); err != nil {
				return err
			}
		}
	}
}

// fetched is the metadata document of a provider, or the reason why it could not be read.
type fetched struct {
	provider *cognate.IdentityProvider
	metadata cognate.SAMLMetadata
	failure  error
}

// fetchAll fetches the metadata documents of providers, several at the same time.
func (s *Providers) fetchAll(ctx context.Context, due []*cognate.IdentityProvider) []fetched {
	all := make([]fetched, len(due))
	var g errgroup.Group
	g.SetLimit(refreshersOnce)
	for i, p := range due {
		g.Go(func() error {
			metadata, err := fetchMetadata(ctx, s.Client, p.Details[keyMetadataURL], s.Now())
			all[i] = fetched{p, metadata, err}
			return nil
		})
	}
	_ = g.Wait() // no function returns an error
	return all
}

// storeFetched stores the metadata document of a provider. The provider is not due afterwards, so one that cannot be reached does
// not delay the others.
func (s *Providers) storeFetched(ctx context.Context, f fetched) error {
	p := f.provider
	if f.failure != nil {
		s.Log.WarnContext(ctx, "the metadata of a SAML provider could not be read; the previous metadata stays in use", "pool", p.PoolID, "provider", p.Name, "error", f.failure)
	}
	audit.SetClient(ctx, p.PoolID, "")
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockUnchanged(ctx, tx, p); err != nil {
			return err
		}
		refreshed := *p
		if f.failure == nil {
			refreshed.SAML, refreshed.RefreshAt = f.metadata, s.Now().Add(refreshEvery)
		} else {
			refreshed.RefreshAt = s.Now().Add(retryAfter)
		}
		return tx.SaveIdentityProvider(ctx, &refreshed)
	})
	if errors.Is(err, errConcurrent) || errors.Is(err, ErrProviderNotFound(p.Name)) { // the request that changed it has read the metadata
		return nil
	}
	return err
}
