package server

import (
	"context"
	"maps"
	"time"

	"cognate/audit"
	"cognate/authn/argon2id"
	"cognate/store"
	"cognate/tokens"
)

// watchStore adds the metrics of the database and of the caches.
func (m *metrics) watchStore(st *store.Store, keys *tokens.Keyring) {
	m.counterFunc("cognate_database_transactions_total", "Transactions of this server, without those that import users.",
		func() float64 { return float64(st.Stats().Transactions) })
	m.counterFunc("cognate_database_retries_total", "Transactions that were repeated after a conflict with another one.",
		func() float64 { return float64(st.Stats().Repeated) })
	m.counterFunc("cognate_database_conflicts_total", "Transactions that failed because of too many conflicts.",
		func() float64 { return float64(st.Stats().Conflicted) })
	m.gaugeFunc("cognate_database_writers_waiting", "Transactions that wait for the one connection that writes to SQLite.",
		func() float64 { return float64(st.Stats().WritersWaiting) })
	pools := func(kind, name, help string, value func(store.PoolStats) float64) {
		m.sample(kind, name, help, []string{"pool"}, func(_ context.Context, emit func(float64, ...string)) error {
			for _, p := range st.Stats().Pools {
				emit(value(p), p.Name)
			}
			return nil
		})
	}
	pools(typeGauge, "cognate_database_connections_in_use", "Connections to the database that are in use. The pool is all with PostgreSQL, and read or write with SQLite.",
		func(p store.PoolStats) float64 { return float64(p.InUse) })
	pools(typeGauge, "cognate_database_connections_idle", "Open connections to the database that are not in use.",
		func(p store.PoolStats) float64 { return float64(p.Idle) })
	pools(typeGauge, "cognate_database_connections_max", "Greatest number of connections to the database.",
		func(p store.PoolStats) float64 { return float64(p.Most) })
	pools(typeCounter, "cognate_database_connection_waits_total", "How often a request has waited for a connection to the database.",
		func(p store.PoolStats) float64 { return float64(p.Waits) })
	pools(typeCounter, "cognate_database_connection_wait_seconds_total", "Time that requests have waited for connections to the database.",
		func(p store.PoolStats) float64 { return p.Waited.Seconds() })
	caches := func(kind, name, help string, value func(store.CacheUse) float64) {
		m.sample(kind, name, help, []string{"cache"}, func(_ context.Context, emit func(float64, ...string)) error {
			for _, c := range append(st.Stats().Caches, keys.CacheUse()) {
				emit(value(c), c.Name)
			}
			return nil
		})
	}
	caches(typeGauge, "cognate_cache_entries", "Entries of a cache.", func(c store.CacheUse) float64 { return float64(c.Entries) })
	caches(typeCounter, "cognate_cache_hits_total", "Look-ups that found a current entry in a cache.", func(c store.CacheUse) float64 { return float64(c.Hits) })
	caches(typeCounter, "cognate_cache_misses_total", "Look-ups that found no current entry in a cache.", func(c store.CacheUse) float64 { return float64(c.Misses) })
	m.gaugeFunc("cognate_pools_without_keys", "User pools that this server has created and whose signing keys it still makes.",
		func() float64 { return float64(keys.Waiting()) })
	m.sample(typeGauge, "cognate_user_imports_running", "User import jobs that run, on all servers of the database together.", nil,
		func(ctx context.Context, emit func(float64, ...string)) error {
			jobs, err := st.RunningImportJobs(ctx)
			emit(float64(len(jobs)))
			return err
		})
}

// watchHasher adds the queue of password hashes.
func (m *metrics) watchHasher(load func() argon2id.Load) {
	m.gaugeFunc("cognate_password_hashes_running", "Costly hashes of passwords (argon2id and imported hashes) that are computed now.",
		func() float64 { return float64(load().Running) })
	m.gaugeFunc("cognate_password_hashes_max", "Greatest number of costly hashes of passwords at the same time.", func() float64 { return float64(load().Slots) })
	m.gaugeFunc("cognate_password_hashes_waiting", "Requests that wait to compute a costly hash of a password.", func() float64 { return float64(load().Waiting) })
	m.counterFunc("cognate_password_hashes_refused_total", "Requests that were refused because they had waited two seconds to compute a costly hash of a password.",
		func() float64 { return float64(load().Busy) })
}

// watchAudit adds how far the chain and the copies of the audit records are behind.
func (m *metrics) watchAudit(a *Audit, st *store.Store) {
	if !a.isOn() {
		return
	}
	m.sample(typeGauge, "cognate_audit_lag_seconds", "Age of the oldest complete audit record that is not in the chain of hashes yet; 0 without one.", nil,
		func(ctx context.Context, emit func(float64, ...string)) error {
			lag, err := audit.Lag(ctx, st, time.Now()) //nolint:forbidigo // records have the real time
			emit(lag.Seconds())
			return err
		})
	m.sample(typeGauge, "cognate_audit_copy_behind", "Audit records in the chain that are not copied yet. The target is file (of this server) or webhook.", []string{"target"},
		func(ctx context.Context, emit func(float64, ...string)) error {
			for target, name := range a.copies() {
				behind, err := audit.Behind(ctx, st, name)
				if err != nil {
					return err
				}
				emit(float64(behind), target)
			}
			return nil
		})
}

// WatchConnections adds the number of open connections of clients.
func (s *Server) WatchConnections(open func() int) {
	s.metrics.gaugeFunc("cognate_connections_open", "Open connections of clients.", func() float64 { return float64(open()) })
}

// WatchCertificates adds the ends of the certificates in use: those that inUse returns by name, and those of the certificate authority.
func (s *Server) WatchCertificates(inUse func() map[string]time.Time) {
	s.metrics.sample(typeGauge, "cognate_certificate_expiry_seconds", "Expiry of the certificate in use for a host name, in Unix seconds.", []string{"name"},
		func(_ context.Context, emit func(float64, ...string)) error {
			ends := inUse()
			if s.config.Certificates != nil {
				maps.Copy(ends, s.config.Certificates.Expiries())
			}
			for name, end := range ends {
				emit(float64(end.Unix()), name)
			}
			return nil
		})
}
