// Package appclient has the operations on app clients: it converts between the wire and cognate.AppClient, and sets defaults.
// cognate.AppClient has the rules for the settings of a client.
//
// A change locks the client's pool first, because a client is checked against the pool's schema, and because no client may be
// added to a pool that another request deletes.
package appclient

import (
	"context"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/trash"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Quotas cognate.Quotas
	Trash  trash.Bin
	Now    func() time.Time
	// ChooseID returns the ID of a new app client, or "" for a random one. Nil makes all IDs random.
	ChooseID func(ctx context.Context, in *api.CreateUserPoolClientInput) (string, error)
}
