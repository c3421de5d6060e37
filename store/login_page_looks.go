package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

// Looks are what administrators have changed about the login pages of an app client.
type Looks struct {
	// Customization is the look of the classic hosted UI: the client's own, else that of all clients; nil without both.
	Customization *cognate.UICustomization
	Style         *cognate.LoginStyle // nil without one
	Terms         []*cognate.Terms    // at most one document of each name
}

// Looks returns the looks of an app client, in one read.
func (s *Store) Looks(ctx context.Context, poolID, clientID string) (*Looks, error) {
	rows, err := s.reader.ListLooks(ctx, gen.ListLooksParams{PoolID: poolID, ClientID: clientID})
	if err != nil {
		return nil, fmt.Errorf("list looks: %w", err)
	}
	looks := new(Looks)
	for _, row := range rows {
		if err := looks.add(poolID, row); err != nil {
			return nil, err
		}
	}
	return looks, nil
}

func (l *Looks) add(poolID string, row gen.ListLooksRow) error {
	switch row.Kind {
	case "customization":
		if row.ClientID == cognate.AllClients && l.Customization != nil {
			return nil
		}
		c, err := uiCustomizationFromRow(gen.UiCustomization{
			PoolID: poolID, ClientID: row.ClientID, Document: row.Document, CreatedAt: row.CreatedAt, ModifiedAt: row.ModifiedAt,
		})
		l.Customization = c
		return err
	case "style":
		style, err := loginStyleFromRow(gen.LoginStyle{
			PoolID: poolID, StyleID: row.ID, ClientID: row.ClientID, Document: row.Document, CreatedAt: row.CreatedAt, ModifiedAt: row.ModifiedAt,
		})
		l.Style = style
		return err
	default:
		t, err := termsFromRow(gen.Term{
			PoolID: poolID, TermsID: row.ID, ClientID: row.ClientID, Name: row.Name, Document: row.Document,
			CreatedAt: row.CreatedAt, ModifiedAt: row.ModifiedAt,
		})
		l.Terms = append(l.Terms, t)
		return err
	}
}
