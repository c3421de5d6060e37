package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate"
	"cognate/audit"
	"cognate/authn/rs256"
	"cognate/certificates"
	"cognate/config"
	"cognate/devapi"
	"cognate/iam"
	"cognate/notify"
	"cognate/notify/outbox"
	"cognate/risk"
	"cognate/sealing"
	"cognate/server"
	"cognate/store"
	"cognate/tokens"
	"cognate/trace"
)

// Limits of a connection. The largest request is a branding of 2 MB. The slowest answer is to a password that
// is stored as argon2id and waits for a slot.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	// writeTimeout is long enough for a sign-in with four triggers and a code that a KMS encrypts, each with three attempts of
	// five seconds.
	writeTimeout   = 90 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// A client with HTTP/2 may send receiveBuffer bytes before the server reads them, in frames of maxFrame bytes, and have
	// maxStreams requests on one connection. It opens further connections for more. Without these limits, a connection could take
	// several megabytes.
	receiveBuffer = 64 << 10
	maxFrame      = 16 << 10
	maxStreams    = 8

	// shutdownTimeout is how long running requests may take after the server stops.
	shutdownTimeout = 10 * time.Second

	// keyReserve is how many RSA keys are made in advance. A new pool needs two.
	keyReserve = 32
)

// node is one running server: a database, listeners and background work.
type node struct {
	config *config.Config
	// masterKeys returns the master keys of the settings. The first one seals.
	masterKeys func() ([]sealing.MasterKey, error)
	access     iam.Access
	// keys are the access keys of serve, whose settings loadKeys reads again; nil in dev, which accepts every key.
	keys     *iam.Keys
	loadKeys func() (config.ListedKeys, error)
	// reloads replaces the certificate, the access keys and the files of threat protection. hangups receives SIGHUP, which requests
	// a reload.
	reloads *reloader
	hangups <-chan os.Signal
	// dev holds the development API, whose mailbox stores messages to users. Nil means none.
	dev *devapi.Options
	now func() time.Time
	log *slog.Logger
	// ready is called once, with the listener's URL, when connections are accepted.
	ready func(url string)
	// welcome, if not nil, is called after ready, for a developer who reads the output.
	welcome func(context.Context, *devapi.API) error
}

// run serves until ctx ends, and then until the server has shut down. If ctx ends during the start, the start ends, which is not an
// error.
func (n *node) run(ctx context.Context) (err error) {
	started := false
	defer func() {
		if err != nil && !started && ctx.Err() != nil {
			n.log.Info("stopped during the start", "error", err)
			err = nil
		}
	}()
	caches := int64(n.config.SQLiteCache) << 20
	limitMemory(os.DirFS("/"), caches)
	if library, err := rs256.Library(); err != nil {
		n.log.Warn("libcrypto cannot be used to sign tokens", "instead", library, "error", err)
	}
	with, err := n.makeParts(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, with.removeCertificate()) }()
	wait := &databaseWait{log: n.log, limit: databasePatience}
	if err := wait.do(ctx, func() error { return n.requireKey(ctx, with.keys) }); err != nil {
		return err
	}
	if n.config.Data != "" {
		if err := os.MkdirAll(n.config.Data, 0o700); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		unlock, locked := lockFolder(ctx, n.config.Data, lockWait)
		if locked != nil {
			return locked
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	var db *store.Store
	err = wait.do(ctx, func() (err error) {
		db, err = n.openStore(ctx, with.masterKeys, caches)
		return err
	})
	if err != nil {
		return explained(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if with.acme != nil {
		with.acme.Store = db
		if err := with.acme.Load(ctx); err != nil {
			return err
		}
		n.log.Info("certificates from a certificate authority", "directory", with.acme.Directory, "in_use", with.acme.Describe())
	}
	if n.keys != nil {
		n.keys.Store = db
		n.reloads.watchKeys(n.keys, with.keys, n.loadKeys)
	}
	on, err := n.listen(ctx, with.certificate)
	if err != nil {
		return err
	}
	url := n.url(on.clients.Addr())
	traces, err := n.newTraces(ctx)
	if err != nil {
		return errors.Join(err, on.close())
	}
	s := n.newServer(with, db, traces, url, on)
	if with.seed != nil {
		if err := s.Dev().Reseed(ctx, with.seed); err != nil {
			return errors.Join(fmt.Errorf("seed %s:\n%w", n.config.Seed, err), on.close())
		}
	}
	if err := n.logStart(ctx, db, url, on); err != nil {
		return errors.Join(err, on.close())
	}
	n.ready(url)
	notifySystemd(n.log, "READY=1\nSTATUS=Listening on "+url)
	if n.welcome != nil {
		if err := n.welcome(ctx, s.Dev()); err != nil {
			return errors.Join(err, on.close())
		}
	}
	started = true
	err = n.serve(ctx, s, on, with.acme)
	n.closeTraces(traces)
	if err != nil {
		n.log.Error("stopped", "error", err)
		return err
	}
	n.log.Info("stopped")
	return nil
}

// newServer returns the server of the settings, whose clients reach it at url.
func (n *node) newServer(with *parts, db *store.Store, traces *trace.Tracer, url string, on listeners) *server.Server {
	box := outbox.New(outbox.Config{
		Store: db, Transports: with.transports, Failures: &notify.Failures{Logs: with.logs, Now: n.now, Log: n.log}, Now: n.now, Log: n.log,
	})
	keys := tokens.NewReserve(keyReserve)
	keys.Filled = returnStartMemory
	return server.New(server.Config{
		Store: db, PublicURL: n.publicURL(url), AWSIssuer: n.config.Issuer == config.IssuerAWS,
		HostNames: hostNames(n.config), TrustedProxies: n.config.TrustedProxies.Prefixes(), ReplicaRegions: replicaRegions(n.config), LimitMaximum: n.config.LimitMaximum,
		UnconfirmedRetention: n.config.UnconfirmedRetention, DeletedRetention: n.config.DeletedRetention,
		AddressLimits: addressLimits(n.config), RateLimits: cognate.RateLimits{Off: n.config.RateLimits.Off(), Rates: n.config.RateLimits.Rates()},
		Access: n.access, Audit: with.audit, SigningKeys: keys, SigningKeyAge: n.config.SigningKeyAge,
		Sender: n.sender(box), Outbox: box, Dev: n.dev, Functions: with.functions, SameAccountOnly: n.config.Mode == config.Serve,
		Quotas: cognate.Quotas{Off: n.config.ResourceQuotas == config.QuotasOff}, CodeSealer: with.codeKeys, Outgoing: outgoingRules(n.config).Client(),
		Events:               risk.Retention{Age: n.config.AuthEventRetention, PerUser: n.config.AuthEventsPerUser},
		CompromisedPasswords: with.compromised, Places: with.places, Logs: with.logs,
		LoginPages: with.pages, DefaultLoginStyle: n.config.DefaultLoginStyle, Certificates: with.acme, Traces: traces,
		ServeMetrics: n.config.Mode == config.Dev && on.metrics == nil, Now: n.now, Log: n.log,
	})
}

// openStore opens the database of the settings.
func (n *node) openStore(ctx context.Context, masterKeys []sealing.MasterKey, cacheBytes int64) (*store.Store, error) {
	return store.Open(ctx, store.Config{
		URL: n.config.StoreURL(), MasterKeys: masterKeys, CacheBytes: cacheBytes, Connections: n.config.DatabaseConnections,
		ManualMigrations: n.config.ManualMigrations(),
	})
}

// explained adds to an error of openStore what the operator can do.
func explained(err error) error {
	switch {
	case errors.Is(err, store.ErrPending):
		return fmt.Errorf("%w. Make a backup and run cognate migrate up, or set migrate to %s", err, config.MigrateAuto)
	case errors.Is(err, sealing.ErrWrongMasterKey):
		return fmt.Errorf("%w. Start with the master key that this database had before. To replace it, name the old key in "+
			"old_master_keys_file", err)
	default:
		return err
	}
}

// closeTraces sends the spans that wait. A collector that does not answer is no error of the server.
func (n *node) closeTraces(t *trace.Tracer) {
	const limit = 5 * time.Second
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	if err := t.Close(ctx); err != nil {
		n.log.Warn("traces were not sent", "error", err)
	}
}

// newTraces returns the tracer of the settings; nil without one.
func (n *node) newTraces(ctx context.Context) (*trace.Tracer, error) {
	if n.config.OTLPEndpoint == "" {
		return nil, nil //nolint:nilnil // a nil tracer makes no traces
	}
	return trace.New(ctx, trace.Config{
		Endpoint: n.config.OTLPEndpoint, Version: thisBuild().version, Node: audit.Node(n.config.Listen),
		Trusted: n.config.TrustedProxies.Prefixes(), Log: n.log,
	})
}

// logStart logs what an operator asks about a server that has started.
func (n *node) logStart(ctx context.Context, db *store.Store, url string, on listeners) error {
	d, err := db.Describe(ctx)
	if err != nil {
		return err
	}
	build := thisBuild()
	signer, _ := rs256.Library() // run logs the error
	n.log.Info("started", "version", build.version, "commit", build.commit, "database", n.config.DatabaseName(), "engine", d.Engine,
		"schema", d.Schema, "url", url, "public_url", n.publicURL(url), "audit", n.config.Audit, "traces", n.config.OTLPEndpoint != "",
		"signer", signer)
	if on.metrics != nil {
		n.log.Info("metrics", "url", "http://"+on.metrics.Addr().String()+"/metrics")
	}
	return nil
}

func addressLimits(c *config.Config) server.AddressLimits {
	return server.AddressLimits{
		Off: c.AddressLimits == config.LimitsOff, Exempt: c.AddressLimitsExempt.Prefixes(),
		Requests: c.AddressRequests, Burst: c.AddressBurst, SignUps: c.AddressSignUps, Failures: c.AddressFailures,
		Names: c.AddressNames, Pool: c.PoolLimit,
	}
}

func replicaRegions(c *config.Config) []cognate.ReplicaRegion {
	var regions []cognate.ReplicaRegion
	for region, host := range c.ReplicaRegions.Hosts() {
		regions = append(regions, cognate.ReplicaRegion{Region: region, Host: host})
	}
	return regions
}

// sender returns the sender of messages. In development it is the mailbox, which stores all messages and sends those that
// the outbox can send. Otherwise it is the outbox, which rejects messages without a transport.
func (n *node) sender(box *outbox.Outbox) notify.Sender {
	if n.dev != nil {
		return &notify.Copies{Mailbox: n.dev.Mailbox, Next: box, Sends: box.Sends}
	}
	return box
}

// listeners are the open listeners of a node.
type listeners struct {
	clients net.Listener
	metrics net.Listener // nil if there is no separate one
	acme    net.Listener // for acme_http_listen; nil without it
}

func (l listeners) close() error {
	err := l.clients.Close()
	for _, other := range []net.Listener{l.metrics, l.acme} {
		if other != nil {
			err = errors.Join(err, other.Close())
		}
	}
	return err
}

// listen opens the listeners. With a certificate the one for clients uses TLS.
func (n *node) listen(ctx context.Context, certificate certificateFunc) (listeners, error) {
	clients, err := n.listenClients(ctx, certificate)
	if err != nil {
		return listeners{}, err
	}
	on := listeners{clients: clients}
	var how net.ListenConfig
	for _, other := range []struct {
		setting, address string
		listener         *net.Listener
	}{
		{"metrics_listen", n.config.MetricsListen, &on.metrics},
		{"acme_http_listen", n.config.ACMEHTTPListen, &on.acme},
	} {
		if other.address == "" {
			continue
		}
		*other.listener, err = how.Listen(ctx, "tcp", other.address)
		if err != nil {
			return listeners{}, errors.Join(unusable(other.setting, err), on.close())
		}
	}
	if on.acme != nil && n.config.ProxyProtocol {
		on.acme = acceptProxyProtocol(on.acme, n.config.TrustedProxies.Prefixes())
	}
	return on, nil
}

// unusable returns the error of a listen address. If another program listens there, it says how to go on.
func unusable(setting string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s: %w: another program listens there. Stop it, or set another address with --%s (port 0 takes a free port)",
			setting, err, strings.ReplaceAll(setting, "_", "-"))
	}
	return fmt.Errorf("%s: %w", setting, err)
}

// certificate returns the certificate of the listener for clients, or none for HTTP. remove deletes what only a running server
// needs.
func (n *node) certificate(acme *certificates.Manager) (certificate certificateFunc, remove func() error, err error) {
	if acme != nil {
		certificate, remove = acme.GetCertificate, func() error { return nil }
	} else {
		certificate, remove, err = n.ownCertificate()
	}
	if n.config.TLSDomains == "" {
		return certificate, remove, err
	}
	if domains := n.reloads.loadDomains(); domains != nil {
		if err == nil {
			err = remove()
		}
		return nil, nil, errors.Join(err, domains)
	}
	return n.reloads.certificateOf(certificate), remove, err
}

// ownCertificate returns the certificate for all host names that have none of their own.
func (n *node) ownCertificate() (certificate certificateFunc, remove func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case n.config.TLSSelfSigned:
		pair, path, remove, err := n.selfSigned(time.Now())
		if err != nil {
			return nil, nil, fmt.Errorf("make TLS certificate: %w", err)
		}
		n.log.Info("certificate", "file", path)
		return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }, remove, nil
	case n.config.TLSCert != "":
		if err := n.reloads.loadCertificate(); err != nil {
			return nil, nil, err
		}
		return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return n.reloads.certificate.Load(), nil }, nothing, nil
	default:
		return nil, nothing, nil
	}
}

// listenClients opens the listener for clients.
func (n *node) listenClients(ctx context.Context, certificate certificateFunc) (net.Listener, error) {
	var how net.ListenConfig
	listener, err := how.Listen(ctx, "tcp", n.config.Listen)
	if err != nil {
		return nil, unusable("listen", err)
	}
	if n.config.ProxyProtocol {
		listener = acceptProxyProtocol(listener, n.config.TrustedProxies.Prefixes())
	}
	if certificate == nil {
		return listener, nil
	}
	protocols := []string{"h2", "http/1.1"}
	if n.config.ACME() {
		protocols = append(protocols, certificates.Protocol)
	}
	return tls.NewListener(listener, &tls.Config{
		GetCertificate: certificate, MinVersion: tls.VersionTLS12, NextProtos: protocols,
	}), nil
}

func (n *node) url(address net.Addr) string {
	scheme := "http"
	if n.config.TLSCert != "" || n.config.TLSSelfSigned || n.config.ACME() {
		scheme = "https"
	}
	return scheme + "://" + address.String()
}

// publicURL returns the URL at which clients reach the server. If the server listens on every address and has no public
// URL, it is a developer's machine, so the URL is localhost.
func (n *node) publicURL(url string) string {
	if n.config.PublicURL != "" {
		return n.config.PublicURL
	}
	scheme, address, _ := strings.Cut(url, "://")
	host, port, err := net.SplitHostPort(address)
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return scheme + "://" + net.JoinHostPort("localhost", port)
	}
	return url
}

// serve answers requests and runs the background work until ctx ends. Then the server reports that it is not ready,
// finishes the running requests, and stops the background work. Metrics are answered until the requests are finished.
func (n *node) serve(ctx context.Context, s *server.Server, on listeners, acme *certificates.Manager) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, end := errgroup.WithContext(ctx) // ends when ctx ends or a function here fails
	clients := n.httpServer(s)
	connections := newConnections(n.config.MaxConnections, s.CountConnection, collectFor)
	clients.ConnState = connections.changed
	s.WatchConnections(connections.open)
	s.WatchCertificates(n.reloads.expiries)
	servers := []*http.Server{clients}
	g.Go(func() error { return accept(clients, on.clients) })
	if on.metrics != nil {
		metrics := n.httpServer(s.Metrics(server.Operator{Version: thisBuild().version, Pprof: n.config.Pprof}))
		servers = append(servers, metrics)
		g.Go(func() error { return accept(metrics, on.metrics) })
	}
	if on.acme != nil {
		redirects := n.httpServer(acme.Handler())
		redirects.ConnState = newConnections(n.config.MaxConnections, func(bool) {}, func(int) {}).changed
		servers = append(servers, redirects)
		g.Go(func() error { return accept(redirects, on.acme) })
	}
	g.Go(func() error { return s.Run(work) })
	g.Go(func() error { return n.reloads.run(work, n.hangups, reloadPeriod) })
	g.Go(func() error {
		returnHeap()
		return nil
	})
	g.Go(func() error {
		<-end.Done()
		defer stopWork()
		notifySystemd(n.log, "STOPPING=1")
		s.Drain()
		if ctx.Err() != nil {
			n.log.Info("draining: /readyz reports that the server is not ready", "for", n.config.Drain.String(), "connections", connections.open())
			time.Sleep(n.config.Drain)
		}
		n.log.Info("stopping: no new connections are accepted", "connections", connections.open())
		return shutdown(servers)
	})
	return g.Wait()
}

func (n *node) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: log.New(serverErrors{n.log}, "", 0),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, MaxReadFrameSize: maxFrame,
			MaxReceiveBufferPerConnection: receiveBuffer, MaxReceiveBufferPerStream: receiveBuffer,
		},
	}
}

// serverErrors logs the errors of an HTTP server. Refused handshakes are at the level debug: anyone can cause them, without a limit.
type serverErrors struct{ log *slog.Logger }

func (e serverErrors) Write(line []byte) (int, error) {
	level, text := slog.LevelWarn, strings.TrimSuffix(string(line), "\n")
	if strings.HasPrefix(text, "http: TLS handshake error ") {
		level = slog.LevelDebug
	}
	e.log.Log(context.Background(), level, text) //nolint:sloglint // the server has no constant texts
	return len(line), nil
}

// accept serves connections until the server is shut down.
func accept(h *http.Server, listener net.Listener) error {
	if err := h.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shutdown ends the servers one after another. Together they have shutdownTimeout.
func shutdown(servers []*http.Server) error {
	ctx, stop := context.WithTimeout(context.Background(), shutdownTimeout)
	defer stop()
	var all error
	for _, h := range servers {
		if err := h.Shutdown(ctx); err != nil {
			all = errors.Join(all, fmt.Errorf("requests did not end within %v: %w", shutdownTimeout, err), h.Close())
		}
	}
	return all
}

// announce prints the line that reports that the server is ready, for people and for programs that start it.
func announce(stdout io.Writer) func(url string) {
	return func(url string) { fmt.Fprintln(stdout, "cognate: listening on", url) }
}
