// Package devapi is what `cognate dev` offers to the tests of applications, under /_cognate/: a clock that can be moved,
// the messages that were sent, what an authenticator would show, resetting,
// copying and restoring data, and data from a seed file. Its methods are the same for Go tests.
//
// `cognate serve` has none of it. It has no rules about users and pools: what it makes goes through the API's operations,
// or through the packages under them.
package devapi

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/notify"
	"cognate/passwords"
	"cognate/store"
	"cognate/tokens"
)

// Options are what whoever starts a server for development decides.
type Options struct {
	// Clock is the server's own; server.Config.Now must be its Now.
	Clock *Clock
	// Mailbox keeps what the server sends; it must be server.Config.Sender.
	Mailbox *notify.Mailbox
	// Caller owns the pools of a seed file.
	Caller cognate.Caller
}

// API is a server's surface for tests. Every field is required. It is safe for concurrent use, and must not be copied.
type API struct {
	Options   Options
	Store     *store.Store
	Keys      *tokens.Keyring
	Passwords *passwords.Service
	Users     *account.Service
	Endpoints map[string]api.Endpoint // of all operations
	// PublicURL is where clients reach the server: a page from there may use the surface.
	PublicURL string
	Log       *slog.Logger

	mu        sync.Mutex
	snapshots []snapshot // the oldest first
	taken     int        // snapshots ever
	seed      *Seed      // applied again after a reset; nil without one
}

// Prefix begins the path of every route.
const Prefix = "/_cognate/"

// Routes returns the patterns of all routes, as package net/http writes them.
func Routes() []string { return slices.Sorted(maps.Keys(new(API).routes())) }

// Handler answers requests whose path begins with Prefix.
func (s *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range s.routes() {
		mux.Handle(pattern, answering(s.Log, h))
	}
	mux.Handle(Prefix, answering(s.Log, func(*http.Request) (any, error) { return nil, errNoRoute }))
	return s.guard(mux)
}

func (s *API) routes() map[string]handler {
	return map[string]handler{
		"GET /_cognate/clock":                s.getClock,
		"PUT /_cognate/clock":                s.putClock,
		"POST /_cognate/clock/freeze":        s.freezeClock,
		"POST /_cognate/clock/advance":       s.advanceClock,
		"POST /_cognate/clock/resume":        s.resumeClock,
		"GET /_cognate/messages":             s.getMessages,
		"GET /_cognate/messages/next":        s.getNextMessage,
		"DELETE /_cognate/messages":          s.deleteMessages,
		"POST /_cognate/messages/failures":   s.postFailures,
		"DELETE /_cognate/messages/failures": s.deleteFailures,
		"GET /_cognate/authenticator":        s.getAuthenticator,

		"POST /_cognate/reset":                  s.postReset,
		"POST /_cognate/seed":                   s.postSeed,
		"POST /_cognate/pools/{pool}/reset":     s.postPoolReset,
		"POST /_cognate/pools/{pool}/fork":      s.postFork,
		"DELETE /_cognate/pools/{pool}":         s.deletePool,
		"GET /_cognate/snapshots":               s.getSnapshots,
		"POST /_cognate/snapshots":              s.postSnapshot,
		"POST /_cognate/snapshots/{id}/restore": s.postRestore,
		"DELETE /_cognate/snapshots/{id}":       s.deleteSnapshot,
	}
}
