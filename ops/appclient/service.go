// Package appclient has the operations on app clients. The rules that a client's settings keep, among one another and with
// its pool's, are on cognate.AppClient; here is the wire, and what a request leaves to the defaults.
//
// A change locks the client's pool first: a client is checked against the pool's schema, and must not come to be in a pool
// that is being deleted.
package appclient

import (
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
	Now   func() time.Time
	// ChooseID returns the ID of a new app client, or "" for a random one. Nil makes all IDs random.
	ChooseID func(ctx context.Context, in *api.CreateUserPoolClientInput) (string, error)
}
