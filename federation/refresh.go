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
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(refreshersOnce)
		for _, p := range due {
			g.Go(func() error { return s.refresh(ctx, p) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
}

// refresh fetches the metadata document of a provider. The provider is not due afterwards, so one that cannot be reached does
// not delay the others.
func (s *Providers) refresh(ctx context.Context, p *cognate.IdentityProvider) error {
	metadata, failure := fetchMetadata(ctx, s.Client, p.Details[keyMetadataURL], s.Now())
	if failure != nil {
		s.Log.WarnContext(ctx, "the metadata of a SAML provider could not be read; the previous metadata stays in use", "pool", p.PoolID, "provider", p.Name, "error", failure)
	}
	audit.SetClient(ctx, p.PoolID, "")
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := lockUnchanged(ctx, tx, p); err != nil {
			return err
		}
		refreshed := *p
		if failure == nil {
			refreshed.SAML, refreshed.RefreshAt = metadata, s.Now().Add(refreshEvery)
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
