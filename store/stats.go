package store

import (
	"database/sql"
	"time"
)

// Stats are counts since the store was opened.
type Stats struct {
	// Transactions is the number of transactions, without those that import users. Repeated counts their repetitions after a
	// serialization failure, and Conflicted those that failed because of too many.
	Transactions, Repeated, Conflicted int64
	// WritersWaiting is how many transactions wait for the one connection that writes to SQLite.
	WritersWaiting int
	// Pools are the pools of connections.
	Pools []PoolStats
	// Caches are the caches of decoded rows.
	Caches []CacheUse
}

// PoolStats is the use of a pool of connections.
type PoolStats struct {
	Name              string // read or write with SQLite, all with PostgreSQL
	InUse, Idle, Most int
	Waits             int64 // how often a caller has waited for a connection
	Waited            time.Duration
}

// CacheUse is the use of a cache.
type CacheUse struct {
	Name         string
	Entries      int
	Hits, Misses int64
}

// Stats returns the counts.
func (s *Store) Stats() Stats {
	st := Stats{
		Transactions: s.transactions.Load(), Repeated: s.retries.Load(), Conflicted: s.conflicted.Load(),
		Caches: []CacheUse{s.pools.use("user_pools"), s.clients.use("app_clients")},
	}
	if s.groups != nil {
		st.WritersWaiting = int(s.groups.waiting.Load())
	}
	if !s.dialect.isSQLite {
		st.Pools = []PoolStats{poolStats("all", s.write)}
		return st
	}
	st.Pools = []PoolStats{poolStats("read", s.read), poolStats("write", s.write)}
	return st
}

func poolStats(name string, db *sql.DB) PoolStats {
	s := db.Stats()
	return PoolStats{Name: name, InUse: s.InUse, Idle: s.Idle, Most: s.MaxOpenConnections, Waits: s.WaitCount, Waited: s.WaitDuration}
}
