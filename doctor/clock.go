package doctor

import (
	"context"
	"time"

	"cognate/store"
)

// How far clocks may be apart. A code of a software token is valid for 30 seconds, and a signature of a request for minutes.
const (
	clockWarning = 2 * time.Second
	clockFailure = 30 * time.Second
)

// Clock compares the clock of this machine with that of the database and those of the servers. isSynchronized reports what the
// operating system knows about its own clock; an error means that it knows nothing. db is nil if the database does not answer.
func (r *Report) Clock(ctx context.Context, db *store.Inspection, now func() time.Time, isSynchronized func() (bool, error)) {
	o := r.on("clock")
	if synchronized, err := isSynchronized(); err == nil && !synchronized {
		o.warn("run a time service such as chrony or systemd-timesyncd", "the operating system reports that no time service sets its clock")
	}
	if db != nil {
		o.databaseClock(ctx, db, now)
		o.serverClocks(ctx, db, now)
	}
	if !o.found() {
		o.ok("the clocks agree")
	}
}

func (o *on) databaseClock(ctx context.Context, db *store.Inspection, now func() time.Time) {
	engine, err := db.Engine(ctx)
	if err != nil || engine.IsSQLite {
		return
	}
	before := now()
	at, err := db.Now(ctx)
	after := now()
	if err != nil {
		o.fail("", "%v", err)
		return
	}
	const remedy = "set both clocks with a time service (NTP)"
	// The database has read its clock between before and after.
	apart := max(before.Sub(at), at.Sub(after))
	switch {
	case apart > clockFailure:
		o.fail(remedy, "the clock of the database differs by %v from that of this machine", apart.Round(time.Second))
	case apart > clockWarning:
		o.warn(remedy, "the clock of the database differs by %v from that of this machine", apart.Round(100*time.Millisecond))
	}
}

// serverClocks reports servers whose last heartbeat is in the future. It does not see slow clocks: it cannot tell them from servers
// that have stopped.
func (o *on) serverClocks(ctx context.Context, db *store.Inspection, now func() time.Time) {
	nodes, err := db.Nodes(ctx)
	if err != nil {
		o.fail("", "%v", err)
		return
	}
	for _, n := range nodes {
		if ahead := n.Beat.Sub(now()); ahead > clockWarning {
			o.warn("set the clocks of all servers with a time service (NTP)", "the clock of server %s is %v ahead of that of this machine", n.ID, ahead.Round(100*time.Millisecond))
		}
	}
}
