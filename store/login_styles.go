package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var loginStyleTables = []table{
	{
		name: "login_styles", role: roleConfig, inTrash: true, key: []string{"pool_id", "style_id"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientLoginStyle(ctx, gen.DeleteClientLoginStyleParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// LoginStyle returns a login style of a pool by its ID. Errors: ErrNotFound.
func (s *Store) LoginStyle(ctx context.Context, poolID, id string) (*cognate.LoginStyle, error) {
	return loginStyle(ctx, s.reader, poolID, id)
}

// LoginStyle is the same, as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) LoginStyle(ctx context.Context, poolID, id string) (*cognate.LoginStyle, error) {
	return loginStyle(ctx, t.q, poolID, id)
}

// ClientLoginStyle returns the login style of an app client. Errors: ErrNotFound.
func (s *Store) ClientLoginStyle(ctx context.Context, poolID, clientID string) (*cognate.LoginStyle, error) {
	row, err := s.reader.GetClientLoginStyle(ctx, gen.GetClientLoginStyleParams{PoolID: poolID, ClientID: clientID})
	if err != nil {
		return nil, found("get login style", err)
	}
	return loginStyleFromRow(row.LoginStyle)
}

// CountLoginStyles returns the number of login styles of a pool that the transaction has locked.
func (t *Tx) CountLoginStyles(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountLoginStyles(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count login styles: %w", err)
	}
	return int(n), nil
}

// CreateLoginStyle adds a login style. Errors: ErrExists if the client has one.
func (t *Tx) CreateLoginStyle(ctx context.Context, l *cognate.LoginStyle) error {
	document, err := encode("create login style", fromLoginStyle(l))
	if err != nil {
		return err
	}
	n, err := t.q.CreateLoginStyle(ctx, gen.CreateLoginStyleParams{
		PoolID: l.PoolID, StyleID: l.ID, ClientID: l.ClientID, Document: document,
		CreatedAt: millis(l.CreatedAt), ModifiedAt: millis(l.ModifiedAt),
	})
	return changed("create login style", ErrExists, n, err)
}

// SaveLoginStyle stores a login style of a pool that the transaction has locked.
func (t *Tx) SaveLoginStyle(ctx context.Context, l *cognate.LoginStyle) error {
	document, err := encode("save login style", fromLoginStyle(l))
	if err != nil {
		return err
	}
	err = t.q.SaveLoginStyle(ctx, gen.SaveLoginStyleParams{
		Document: document, ModifiedAt: millis(l.ModifiedAt), PoolID: l.PoolID, StyleID: l.ID,
	})
	if err != nil {
		return fmt.Errorf("save login style: %w", err)
	}
	return nil
}

// DeleteLoginStyle deletes a login style with its images.
func (t *Tx) DeleteLoginStyle(ctx context.Context, l *cognate.LoginStyle) error {
	for _, a := range l.Assets {
		if err := t.DeleteImage(ctx, l.PoolID, a.ImageID); err != nil {
			return err
		}
	}
	if err := t.q.DeleteLoginStyle(ctx, gen.DeleteLoginStyleParams{PoolID: l.PoolID, StyleID: l.ID}); err != nil {
		return fmt.Errorf("delete login style: %w", err)
	}
	return nil
}

func loginStyle(ctx context.Context, q *gen.Queries, poolID, id string) (*cognate.LoginStyle, error) {
	row, err := q.GetLoginStyle(ctx, gen.GetLoginStyleParams{PoolID: poolID, StyleID: id})
	if err != nil {
		return nil, found("get login style", err)
	}
	return loginStyleFromRow(row.LoginStyle)
}

func loginStyleFromRow(row gen.LoginStyle) (*cognate.LoginStyle, error) {
	var d loginStyleDocument
	if err := decode("login style "+row.StyleID, row.Document, &d); err != nil {
		return nil, err
	}
	l := &cognate.LoginStyle{
		PoolID: row.PoolID, ID: row.StyleID, ClientID: row.ClientID,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}
	d.toLoginStyle(l)
	return l, nil
}
