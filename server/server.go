// Package server assembles all services into one HTTP handler: the API at POST /, the domains of pools, the discovery documents, the
// images of login pages and the health checks. It dispatches, logs and counts requests, and it runs the background work. Metrics have a
// separate handler. The services are listed in assembly.go.
//
// The package does not listen on a port and does not read the configuration; cmd/cognate does. It has no rules of the API.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/certificates"
	"cognate/devapi"
	"cognate/federation"
	"cognate/iam"
	"cognate/lease"
	"cognate/logdelivery"
	"cognate/notify"
	"cognate/notify/outbox"
	"cognate/oauth"
	"cognate/ratelimit"
	"cognate/risk"
	"cognate/store"
	"cognate/tokens"
	"cognate/trace"
	"cognate/trash"
	"cognate/trigger"
	"cognate/userimport"
	"cognate/web/login"
)

// Config has the dependencies and settings of a server. A field is required unless its comment says otherwise.
type Config struct {
	Store *store.Store
	// PublicURL is the URL at which clients reach the server, without a slash at the end. The issuer of a pool is
	// PublicURL + "/" + pool ID, unless AWSIssuer is set.
	PublicURL string
	// AWSIssuer gives pools the issuers that they have in the service.
	AWSIssuer bool
	// HostNames are further host names and addresses at which clients reach the server, without a port and in lower case.
	HostNames []string
	// TrustedProxies are the addresses of reverse proxies whose X-Forwarded-For, -Host and -Proto headers, or
	// Forwarded headers, count.
	TrustedProxies []netip.Prefix
	// LoginPages are the files of the login pages; nil for those of the program.
	LoginPages *login.Files
	// DefaultLoginStyle shows managed login for clients without a login style, with the default one.
	DefaultLoginStyle bool
	Access            iam.Access
	// Audit says what is recorded, and where copies go.
	Audit Audit
	// SigningKeys creates the signing keys of pools.
	SigningKeys tokens.KeySource
	// SigningKeyAge is how long a signing key signs tokens before the next one does; 0 means without an end.
	SigningKeyAge time.Duration
	// Sender gets the messages to users: a *notify.Mailbox stores them for tests, an *outbox.Outbox sends them, notify.None
	// rejects them.
	Sender notify.Sender
	// Outbox, if set, delivers its messages while the server runs.
	Outbox *outbox.Outbox
	// ServeMetrics, if set, serves /metrics on the same handler as the API. Set it only if every client may see the metrics,
	// which show what the server does for other clients. Otherwise serve Server.Metrics on a separate listener.
	ServeMetrics bool
	// Dev, if set, opens /_cognate/ to every client. It is for `cognate dev` and tests only.
	Dev *devapi.Options
	// Functions invokes the functions of triggers. With trigger.None{}, every request that needs a function fails.
	Functions trigger.Invoker
	// TriggerLimit is how long a function of a trigger may take; 0 means trigger.DefaultLimit.
	TriggerLimit time.Duration
	// Quotas says whether the quotas on resources are enforced.
	Quotas cognate.Quotas
	// Events says how long events of threat protection are kept; the zero value means the defaults.
	Events risk.Retention
	// CompromisedPasswords is the list of compromised passwords. Nil means that none is known.
	CompromisedPasswords risk.PasswordList
	// Places finds the places of addresses. Nil means that all are unknown.
	Places risk.Locator
	// Logs delivers the records of user pools to their destinations. Run closes it.
	Logs *logdelivery.Queue
	// AddressLimits are the limits on unsigned requests.
	AddressLimits AddressLimits
	// RateLimits are the limits on the rates of operations.
	RateLimits cognate.RateLimits
	// UnconfirmedRetention is how long users are kept who have signed up and not confirmed; 0 means forever.
	UnconfirmedRetention time.Duration
	// DeletedRetention is how long deleted users, app clients and user pools can be restored; 0 means never.
	DeletedRetention time.Duration
	// LimitMaximum is the highest rate that an account can choose for a category of operations, in requests per second.
	LimitMaximum int
	// ReplicaRegions are the Regions in which user pools can have replicas.
	ReplicaRegions []cognate.ReplicaRegion
	// SameAccountOnly rejects functions of other AWS accounts than the pool's.
	SameAccountOnly bool
	// CodeSealer encrypts the codes for the functions of custom senders. trigger.None{} returns an error.
	CodeSealer trigger.CodeSealer
	// Certificates gets TLS certificates while the server runs. Nil without ACME.
	Certificates *certificates.Manager
	// Outgoing sends requests to identity providers and applications. It allows only the addresses to which API input may
	// lead the server.
	Outgoing *http.Client
	// Traces makes traces of requests and tasks; nil for none.
	Traces *trace.Tracer
	Now    func() time.Time
	Log    *slog.Logger
}

// Server answers requests. Create it with New.
type Server struct {
	config   Config
	proxies  *proxies
	mux      *http.ServeMux
	sites    *sites
	metrics  *metrics
	limits   *limits
	servers  *ratelimit.Servers
	leases   *lease.Leases
	draining atomic.Bool
	traced   http.Handler // serveHTTP, with a span for each request
	began    time.Time    // in real time
	// dev is the API of `cognate dev`, and devHandler serves it and its page. Both are nil unless Config.Dev is set.
	dev        *devapi.API
	devHandler http.Handler
	records    *audit.Recorder
	notify     *notify.Service
	providers  *federation.Providers
	samlKeys   *federation.SAMLKeys
	keys       *tokens.Keyring
	rotator    *tokens.Rotator
	trash      trash.Bin
	clients    *oauth.Registrations
	imports    *userimport.Service
	users      *account.Service
	logouts    *oauth.LogoutSender
}

// New assembles a server.
func New(c Config) *Server {
	p := newServices(c)
	s := &Server{
		config: c, began: time.Now(), //nolint:forbidigo // real time: how long the server runs
		proxies: &proxies{networks: c.TrustedProxies}, mux: http.NewServeMux(), metrics: p.metrics, limits: p.limits, servers: p.servers,
		leases: lease.New(c.Store, nil), users: p.users, notify: p.notify, providers: p.providers, samlKeys: p.samlKeys,
		keys: p.keys, rotator: p.rotator, trash: p.trash, clients: p.clients, imports: p.imports, records: p.records,
		logouts: &oauth.LogoutSender{Store: c.Store, Tokens: p.tokens, Client: c.Outgoing, Observe: p.metrics.countLogout, Now: c.Now, Log: c.Log},
	}
	operations := api.Bind(p.families()...)
	if c.Dev != nil {
		operations = devapi.WithCustomNames(operations)
		s.dev = p.devAPI(operations)
		s.devHandler = s.dev.Handler()
	}
	s.mux.Handle("/{$}", &dispatcher{
		endpoints: operations, access: c.Access, tokens: p.tokens, bodies: p.bodies, replicas: p.replicas,
		pools: c.Store, now: c.Now, audit: audit.Log{Logger: c.Log}, records: p.records, log: c.Log, metrics: s.metrics, limits: s.limits,
		details: devSecret(c.Dev, s.dev.RequestDetails),
	})
	endpoints, discovery := p.endpoints()
	s.sites = &sites{
		hosts: p.hosts, endpoints: endpoints, bodies: p.bodies.everyone, audit: audit.Log{Logger: c.Log}, records: p.records,
		now: c.Now, log: c.Log, metrics: s.metrics, limits: s.limits,
	}
	discovery.Mount(s.mux)
	s.mux.HandleFunc(userimport.UploadRoute, func(w http.ResponseWriter, r *http.Request) {
		p.imports.PutFile(w, r.WithContext(cognate.WithOrigin(r.Context(), originOf(r))))
	})
	if reserve, ok := c.SigningKeys.(interface{ Ready() int }); ok {
		s.metrics.watchReserve(reserve.Ready)
	}
	if c.Outbox != nil {
		c.Outbox.Observe(s.metrics.countMessage)
		s.metrics.watchOutbox(c.Outbox.Waiting)
	}
	s.metrics.watchLogs(c.Logs)
	s.metrics.watchProxies(s.proxies)
	s.metrics.watchServers(s.servers)
	s.metrics.addTasks(s.periodic().Tasks)
	s.traced = c.Traces.Handler(http.HandlerFunc(s.serveHTTP))
	s.mux.Handle(imagesPattern, newImages(c.Store, c.Log))
	s.mux.HandleFunc("GET /healthz", healthy)
	s.mux.HandleFunc("GET /readyz", s.ready)
	if c.ServeMetrics {
		s.mux.Handle(metricsPattern, s.metrics.handler())
	}
	return s
}

func (c *Config) issuer() tokens.Issuer {
	return tokens.Issuer{PublicURL: c.PublicURL, AWS: c.AWSIssuer}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.traced.ServeHTTP(w, r) }

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.proxies.resolve(r)
	if s.sites.serve(w, r) {
		return
	}
	if s.dev != nil && (strings.HasPrefix(r.URL.Path, devapi.Prefix) || devapi.IsPage(r)) {
		s.devHandler.ServeHTTP(w, r)
		return
	}
	if !isCountedLater(r) {
		if wait, ok := s.limits.takeRequest(r.Context(), originOf(r)); !ok {
			tooMany(w, wait)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

// isCountedLater reports whether the dispatcher counts a request. It is also true for requests without a limit: the checks of load
// balancers and the metrics.
func isCountedLater(r *http.Request) bool {
	switch r.URL.Path {
	case "/":
		return !isVisit(r)
	case "/healthz", "/readyz", "/metrics":
		return true
	default:
		return false
	}
}

// Dev returns the API of `cognate dev`; nil unless Config.Dev is set.
func (s *Server) Dev() *devapi.API { return s.dev }

// Panics returns how many requests ended in a panic. Tests fail if it is not zero.
func (s *Server) Panics() int64 { return s.metrics.panics.Load() }

const metricsPattern = "GET /metrics"

// Drain makes /readyz report that the server is not ready, so that a load balancer stops sending it new requests.
func (s *Server) Drain() { s.draining.Store(true) }

// pingLimit is how long the answer of the database to a check of the server may take.
const pingLimit = 3 * time.Second

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// ready answers 200 while the server accepts requests and its database answers. It does not say why the server is not ready,
// because every client can call it.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ok := !s.draining.Load()
	if ok {
		ctx, stop := context.WithTimeout(r.Context(), pingLimit)
		defer stop()
		if err := s.config.Store.Ping(ctx); err != nil {
			s.config.Log.Warn("the database does not answer", "error", err)
			ok = false
		}
	}
	if !ok {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	healthy(w, r)
}
