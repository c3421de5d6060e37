package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var uiCustomizationTables = []table{
	{
		name: "ui_customizations", role: roleConfig, inTrash: true, key: []string{"pool_id", "client_id"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteUICustomization(ctx, gen.DeleteUICustomizationParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// UICustomization returns the look of the classic hosted UI of an app client, or of cognate.AllClients. Errors: ErrNotFound.
func (s *Store) UICustomization(ctx context.Context, poolID, clientID string) (*cognate.UICustomization, error) {
	return uiCustomization(ctx, s.reader, poolID, clientID)
}

// UICustomization is the same, as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) UICustomization(ctx context.Context, poolID, clientID string) (*cognate.UICustomization, error) {
	return uiCustomization(ctx, t.q, poolID, clientID)
}

func uiCustomization(ctx context.Context, q *gen.Queries, poolID, clientID string) (*cognate.UICustomization, error) {
	row, err := q.GetUICustomization(ctx, gen.GetUICustomizationParams{PoolID: poolID, ClientID: clientID})
	if err != nil {
		return nil, found("get UI customization", err)
	}
	return uiCustomizationFromRow(row.UiCustomization)
}

// SaveUICustomization adds or replaces a UI customization. The transaction has locked the pool.
func (t *Tx) SaveUICustomization(ctx context.Context, c *cognate.UICustomization) error {
	document, err := encode("save UI customization", &uiCustomizationDocument{CSS: c.CSS, ImageID: c.ImageID})
	if err != nil {
		return err
	}
	err = t.q.SaveUICustomization(ctx, gen.SaveUICustomizationParams{
		PoolID: c.PoolID, ClientID: c.ClientID, Document: document,
		CreatedAt: millis(c.CreatedAt), ModifiedAt: millis(c.ModifiedAt),
	})
	if err != nil {
		return fmt.Errorf("save UI customization: %w", err)
	}
	return nil
}

// DeleteUICustomization deletes the UI customization of an app client, or of cognate.AllClients, if there is one.
func (t *Tx) DeleteUICustomization(ctx context.Context, poolID, clientID string) error {
	err := t.q.DeleteUICustomization(ctx, gen.DeleteUICustomizationParams{PoolID: poolID, ClientID: clientID})
	if err != nil {
		return fmt.Errorf("delete UI customization: %w", err)
	}
	return nil
}

func uiCustomizationFromRow(row gen.UiCustomization) (*cognate.UICustomization, error) {
	var d uiCustomizationDocument
	if err := decode("UI customization of "+row.PoolID, row.Document, &d); err != nil {
		return nil, err
	}
	return &cognate.UICustomization{
		PoolID: row.PoolID, ClientID: row.ClientID, CSS: d.CSS, ImageID: d.ImageID,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}, nil
}
