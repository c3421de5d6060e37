package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var termsTables = []table{
	{
		name: "terms", role: roleConfig, inTrash: true, key: []string{"pool_id", "terms_id"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientTerms(ctx, gen.DeleteClientTermsParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// Terms returns terms of a pool by their ID. Errors: ErrNotFound.
func (s *Store) Terms(ctx context.Context, poolID, id string) (*cognate.Terms, error) {
	return terms(ctx, s.reader, poolID, id)
}

// Terms is the same, as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) Terms(ctx context.Context, poolID, id string) (*cognate.Terms, error) {
	return terms(ctx, t.q, poolID, id)
}

// ClientTerms returns the terms of an app client with a name. Errors: ErrNotFound.
func (s *Store) ClientTerms(ctx context.Context, poolID, clientID, name string) (*cognate.Terms, error) {
	return clientTerms(ctx, s.reader, poolID, clientID, name)
}

// ClientTerms is the same, as this transaction sees it. Errors: ErrNotFound.
func (t *Tx) ClientTerms(ctx context.Context, poolID, clientID, name string) (*cognate.Terms, error) {
	return clientTerms(ctx, t.q, poolID, clientID, name)
}

// ListTerms returns up to limit terms of a pool whose IDs are after the given one, in order of their IDs.
func (s *Store) ListTerms(ctx context.Context, poolID, after string, limit int) ([]*cognate.Terms, error) {
	rows, err := s.reader.ListTerms(ctx, gen.ListTermsParams{PoolID: poolID, AfterID: after, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list terms: %w", err)
	}
	list := make([]*cognate.Terms, 0, len(rows))
	for _, row := range rows {
		t, err := termsFromRow(row.Term)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// CountTerms returns the number of terms of a pool that the transaction has locked.
func (t *Tx) CountTerms(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountTerms(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count terms: %w", err)
	}
	return int(n), nil
}

// CreateTerms adds terms. Errors: ErrExists if the client has terms with the name.
func (t *Tx) CreateTerms(ctx context.Context, c *cognate.Terms) error {
	document, err := encode("create terms", fromTerms(c))
	if err != nil {
		return err
	}
	n, err := t.q.CreateTerms(ctx, gen.CreateTermsParams{
		PoolID: c.PoolID, TermsID: c.ID, ClientID: c.ClientID, Name: c.Name, Document: document,
		CreatedAt: millis(c.CreatedAt), ModifiedAt: millis(c.ModifiedAt),
	})
	return changed("create terms", ErrExists, n, err)
}

// SaveTerms stores terms of a pool that the transaction has locked. The name must be free.
func (t *Tx) SaveTerms(ctx context.Context, c *cognate.Terms) error {
	document, err := encode("save terms", fromTerms(c))
	if err != nil {
		return err
	}
	err = t.q.SaveTerms(ctx, gen.SaveTermsParams{
		Name: c.Name, Document: document, ModifiedAt: millis(c.ModifiedAt), PoolID: c.PoolID, TermsID: c.ID,
	})
	if err != nil {
		return fmt.Errorf("save terms: %w", err)
	}
	return nil
}

// DeleteTerms deletes terms of a pool. Errors: ErrNotFound.
func (t *Tx) DeleteTerms(ctx context.Context, poolID, id string) error {
	n, err := t.q.DeleteTerms(ctx, gen.DeleteTermsParams{PoolID: poolID, TermsID: id})
	return changed("delete terms", ErrNotFound, n, err)
}

func terms(ctx context.Context, q *gen.Queries, poolID, id string) (*cognate.Terms, error) {
	row, err := q.GetTerms(ctx, gen.GetTermsParams{PoolID: poolID, TermsID: id})
	if err != nil {
		return nil, found("get terms", err)
	}
	return termsFromRow(row.Term)
}

func clientTerms(ctx context.Context, q *gen.Queries, poolID, clientID, name string) (*cognate.Terms, error) {
	row, err := q.GetClientTerms(ctx, gen.GetClientTermsParams{PoolID: poolID, ClientID: clientID, Name: name})
	if err != nil {
		return nil, found("get terms", err)
	}
	return termsFromRow(row.Term)
}

func fromTerms(t *cognate.Terms) *termsDocument {
	return &termsDocument{Source: t.Source, Enforcement: t.Enforcement, Links: t.Links}
}

func termsFromRow(row gen.Term) (*cognate.Terms, error) {
	var d termsDocument
	if err := decode("terms "+row.TermsID, row.Document, &d); err != nil {
		return nil, err
	}
	return &cognate.Terms{
		PoolID: row.PoolID, ID: row.TermsID, ClientID: row.ClientID, Name: row.Name,
		Source: d.Source, Enforcement: d.Enforcement, Links: d.Links,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}, nil
}
