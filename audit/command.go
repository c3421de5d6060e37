package audit

import (
	"context"
	"log/slog"
	"os"
	"os/user"

	"cognate/store"
)

// Command returns a context with which the transactions of a command store its record, and a function to call with the error of
// the command. The name is that of the event, such as CognateKeyCreated. The details are pairs of a name and a value, such as
// "name", "ci"; they must not be secrets. A command without a transaction gets its record when it ends.
func Command(ctx context.Context, st *store.Store, name string, details ...string) (context.Context, func(error)) {
	pairs := make(map[string]string)
	for i := 0; i+1 < len(details); i += 2 {
		pairs[details[i]] = details[i+1]
	}
	r := &Recorder{Store: st, Level: LevelChanges, Node: Node(""), Log: slog.Default()}
	e := r.newOwnEvent(command, name, pairs)
	e.PoolID = pairs["pool"]
	e.UserAgent = serviceName
	if u, err := user.Current(); err == nil {
		e.CallerName = u.Username
	}
	return r.Begin(ctx, e), func(err error) {
		e.end(err)
		ctx := context.WithoutCancel(ctx)
		err = r.Record(ctx, e)
		if err == nil {
			err = r.Close(ctx)
		}
		if err != nil {
			r.Log.ErrorContext(ctx, "the audit event was not stored", "error", err)
		}
	}
}

// Node returns the name of a server in records: its host name, and the address that it listens on, because a host can have several
// servers.
func Node(listen string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if listen == "" {
		return host
	}
	return host + " " + listen
}
