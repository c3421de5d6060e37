package store

import (
	"context"
	"fmt"
	"strings"

	"cognate"
	"cognate/store/gen"
)

var consentTables = []table{
	{
		name: "consents", role: roleUser, inTrash: true, key: []string{"pool_id", "sub", "client_id", "redirect_host"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserConsents(ctx, gen.DeleteUserConsentsParams{PoolID: poolID, Sub: sub})
		},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientConsents(ctx, gen.DeleteClientConsentsParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// Consent returns what a user has permitted to a client at a redirect host. Errors: ErrNotFound.
func (s *Store) Consent(ctx context.Context, poolID, sub, clientID, redirectHost string) (*cognate.Consent, error) {
	row, err := s.reader.GetConsent(ctx, gen.GetConsentParams{PoolID: poolID, Sub: sub, ClientID: clientID, RedirectHost: redirectHost})
	if err != nil {
		return nil, found("get consent", err)
	}
	return consentFromRow(row), nil
}

// Consent is Store.Consent as the transaction sees it. Errors: ErrNotFound.
func (t *Tx) Consent(ctx context.Context, poolID, sub, clientID, redirectHost string) (*cognate.Consent, error) {
	row, err := t.q.GetConsent(ctx, gen.GetConsentParams{PoolID: poolID, Sub: sub, ClientID: clientID, RedirectHost: redirectHost})
	if err != nil {
		return nil, found("get consent", err)
	}
	return consentFromRow(row), nil
}

// SaveConsent stores what a user has permitted. It replaces an earlier permission for the same client and host.
func (t *Tx) SaveConsent(ctx context.Context, c *cognate.Consent) error {
	err := t.q.SaveConsent(ctx, gen.SaveConsentParams{
		PoolID: c.PoolID, Sub: c.Sub, ClientID: c.ClientID, RedirectHost: c.RedirectHost, Scopes: strings.Join(c.Scopes, " "),
		GivenAt: millis(c.Given),
	})
	if err != nil {
		return fmt.Errorf("save consent: %w", err)
	}
	return nil
}

func consentFromRow(row gen.Consent) *cognate.Consent {
	return &cognate.Consent{
		PoolID: row.PoolID, Sub: row.Sub, ClientID: row.ClientID, RedirectHost: row.RedirectHost, Scopes: splitScopes(row.Scopes),
		Given: fromMillis(row.GivenAt),
	}
}
