// Package appclient has the operations on app clients. The rules that a client's settings keep, among one another and with
// its pool's, are on cognate.AppClient; here is the wire, and what a request leaves to the defaults.
//
// A change locks the client's pool first: a client is checked against the pool's schema, and must not come to be in a pool
// that is being deleted.
package appclient

import (
	"time"

	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
	Now   func() time.Time
	// ChosenIDs lets a new client's name choose its id (ops.CustomID). In a server for real that is a name like any other.
	ChosenIDs bool
}
