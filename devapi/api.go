// Package devapi is the API of `cognate dev` for the tests of applications, under /_cognate/: a clock that tests can move,
// the sent messages, the codes of users' authenticators, reset, copy and restore of data, and data from a seed file. Go
// tests call the same methods directly.
//
// `cognate serve` has none of it. The package has no rules about users and pools: it creates them through the API's
// operations or the packages that the operations use.
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
	"cognate/internal/bodies"
	"cognate/notify"
	"cognate/passwords"
	"cognate/store"
	"cognate/tokens"
)

// Options are the choices of the program that starts a development server.
type Options struct {
	// Clock is the server's clock; server.Config.Now must be its Now.
	Clock *Clock
	// Mailbox stores the messages that the server sends; it must be server.Config.Sender.
	Mailbox *notify.Mailbox
	// Caller owns the pools of a seed file.
	Caller cognate.Caller
	// LogSecrets adds to the log what helps a developer and does not belong in the log of a production server: usernames, sent
	// codes, and what functions return.
	LogSecrets bool
}

// API holds the dependencies of the routes. Every field is required. It is safe for concurrent use, and must not be copied.
type API struct {
	Options   Options
	Store     *store.Store
	Keys      *tokens.Keyring
	Passwords *passwords.Service
	Users     *account.Service
	Groups    *account.Groups
	Bodies    *bodies.Reader
	Endpoints map[string]api.Endpoint // of all operations
	// PublicURL is the URL at which clients reach the server. Pages of its origin may use the API.
	PublicURL string
	// HostNames are further hosts that requests may name. None is needed.
	HostNames []string
	Log       *slog.Logger

	mu        sync.Mutex
	snapshots []snapshot // oldest first
	taken     int        // number of snapshots taken so far
	seed      *Seed      // restored by a reset; nil if there is none
	// seeded is a copy of the pools of seed as the seed created them. It is nil until they have been created without
	// finding an older pool of the same ID.
	seeded *store.Snapshot
}

// Prefix is the prefix of every route's path.
const Prefix = "/_cognate/"

const seedPath = Prefix + "seed"

// Routes returns the patterns of all routes, in the form of package net/http.
func Routes() []string { return slices.Sorted(maps.Keys(new(API).routes())) }

// Handler returns the handler for requests whose path starts with Prefix, and those of IsPage.
func (s *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range s.routes() {
		mux.Handle(pattern, toHTTP(s.Log, h))
	}
	mux.HandleFunc("GET /{$}", s.getPage)
	mux.Handle(Prefix, toHTTP(s.Log, func(*http.Request) (any, error) { return nil, errNoRoute }))
	return s.guard(s.readBodies(mux))
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
		"POST " + seedPath:                      s.postSeed,
		"POST /_cognate/pools/{pool}/reset":     s.postPoolReset,
		"POST /_cognate/pools/{pool}/fork":      s.postFork,
		"DELETE /_cognate/pools/{pool}":         s.deletePool,
		"GET /_cognate/snapshots":               s.getSnapshots,
		"POST /_cognate/snapshots":              s.postSnapshot,
		"POST /_cognate/snapshots/{id}/restore": s.postRestore,
		"DELETE /_cognate/snapshots/{id}":       s.deleteSnapshot,
	}
}
