package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cognate"
	"cognate/audit"
	"cognate/iam"
	"cognate/sealing"
	"cognate/store"
)

// The limits above which a check warns.
const (
	slowAnswer = 100 * time.Millisecond
	// behind is how much of the WAL a standby may have to replay.
	behind = 64 << 20 // bytes
	// soon is how long before its expiry an access key or a certificate is reported.
	soon = 14 * 24 * time.Hour
)

// Database checks whether the database answers, and reports whether it does.
func (r *Report) Database(ctx context.Context, db *store.Inspection) (answers bool) {
	o := r.on("database")
	began := time.Now() //nolint:forbidigo // real time: how long the database takes
	engine, err := db.Engine(ctx)
	if err == nil {
		_, err = db.Engine(ctx) // the first answer also took the time to connect
	}
	took := time.Since(began) / 2 //nolint:forbidigo // as above
	if err != nil {
		o.fail("check data or database_url, and whether the database runs", "the database does not answer: %v", err)
		return false
	}
	isNew, err := db.IsNew(ctx)
	switch {
	case err != nil:
		o.fail("", "the database cannot be read: %v", err)
		return false
	case isNew:
		o.warn("start a server, which creates it, or run cognate init", "the database does not exist, or is empty")
		return false
	case took > slowAnswer:
		o.warn("move the servers and the database closer together", "%s took %v to answer", engine.Version, took.Round(time.Millisecond))
	default:
		o.ok("%s answers in %v", engine.Version, took.Round(10*time.Microsecond))
	}
	return true
}

// Schema checks whether this version of the program can use the database.
func (r *Report) Schema(ctx context.Context, db *store.Inspection) {
	o := r.on("schema")
	pending, err := db.Pending(ctx)
	switch {
	case err != nil:
		o.fail("", "%v", err)
	case len(pending) > 0:
		o.warn("the next start of a server runs them; cognate migrate --dry-run lists them", "%d migrations are pending", len(pending))
	default:
		o.ok("the schema is that of this version")
	}
}

// Replication checks whether a lost database server loses data.
func (r *Report) Replication(ctx context.Context, db *store.Inspection) {
	o := r.on("replication")
	engine, err := db.Engine(ctx)
	if err != nil {
		o.fail("", "%v", err)
		return
	}
	if engine.IsSQLite {
		o.skip("SQLite has no replication; backups are the only copies")
		return
	}
	isStandby, err := db.IsStandby(ctx)
	if err != nil {
		o.skip("%s does not report the state of its replication: %v", engine.Version, err)
		return
	}
	if isStandby {
		o.fail("set database_url to the primary, or to several hosts with target_session_attrs=read-write", "the database is a standby, which accepts no changes")
		return
	}
	o.durability(ctx, db)
	standbys, err := db.Standbys(ctx)
	if err != nil {
		o.skip("the standbys cannot be listed: %v", err)
		return
	}
	o.standbys(standbys)
}

func (o *on) durability(ctx context.Context, db *store.Inspection) {
	d, err := db.Durability(ctx)
	if err != nil {
		o.skip("%v", err)
		return
	}
	if d.Fsync == "off" || d.FullPageWrites == "off" {
		o.fail("set fsync and full_page_writes to on", "a crash can destroy the database: fsync is %s, full_page_writes is %s", d.Fsync, d.FullPageWrites)
	}
	if d.SynchronousCommit == "off" {
		o.warn("set synchronous_commit to on", "a crash can lose the last answered requests: synchronous_commit is off")
	}
}

func (o *on) standbys(standbys []store.Standby) {
	if len(standbys) == 0 {
		o.warn("add a standby, or check that the provider of your database has one", "no standby is connected: if the database is lost, everything since the last backup is lost")
		return
	}
	synchronous := false
	var names []string
	for _, s := range standbys {
		synchronous = synchronous || s.IsSynchronous
		names = append(names, s.Name)
		switch {
		case s.State == "":
			o.skip("the user of the database may not see the state of standby %s; grant pg_monitor to see it", s.Name)
		case s.State != "streaming":
			o.warn("read the log of the standby", "the standby %s is in the state %s", s.Name, s.State)
		case s.Behind > behind:
			o.warn("check the load of the standby", "the standby %s is %d MB behind", s.Name, s.Behind>>20)
		}
	}
	if synchronous {
		o.ok("a commit waits for a synchronous standby (%s)", strings.Join(names, ", "))
		return
	}
	o.warn("set synchronous_standby_names", "no standby is synchronous: if the primary is lost, the last answered requests are lost")
}

// Keys are what the settings say about keys.
type Keys struct {
	Masters []sealing.MasterKey
	// Configured are the access keys of the settings.
	Configured []iam.AccessKey
	Now        time.Time
}

// Keys checks the master key and the access keys. db is nil if the database does not answer.
func (r *Report) Keys(ctx context.Context, db *store.Inspection, k Keys) {
	r.masterKey(ctx, db, k.Masters)
	o := r.on("access keys")
	var stored []cognate.AccessKey
	if db != nil {
		var err error
		if stored, err = db.AccessKeys(ctx); err != nil {
			o.fail("", "%v", err)
			return
		}
	}
	if len(stored)+len(k.Configured) == 0 {
		o.fail("create one with cognate keys create --name administrator --policy administrator --out administrator.key",
			"there is no access key, so a server does not start")
		return
	}
	isAdministered := false
	for _, key := range k.Configured {
		isAdministered = isAdministered || key.Policy.IsAdministrator()
	}
	for _, key := range stored {
		isAdministered = o.accessKey(&key, k.Now) || isAdministered
	}
	if !isAdministered {
		o.warn("create one with cognate keys create --name administrator --policy administrator --out administrator.key",
			"none of the access keys may do everything")
	}
	if !o.found() {
		o.ok("at least one access key may do everything (access keys: %d)", len(stored)+len(k.Configured))
	}
}

func (r *Report) masterKey(ctx context.Context, db *store.Inspection, masters []sealing.MasterKey) {
	o := r.on("master key")
	if len(masters) == 0 {
		o.fail("set master_key_file; cognate master-key makes a key for a new database", "there is no valid master key")
		return
	}
	if db == nil {
		o.skip("the master key was not tried, because the database does not answer")
		return
	}
	n, err := db.SealedBy(ctx, masters)
	switch {
	case errors.Is(err, store.ErrNotFound):
		o.skip("the database has no data key yet")
	case errors.Is(err, sealing.ErrRemote):
		o.fail("check that the key management service or the program answers, and that the server may use the key; running servers continue to "+
			"work, but none can start", "%v", err)
	case err != nil:
		o.fail("set the master key that this database had before", "the master key does not open the secrets in the database: %v", err)
	case n > 0:
		o.warn("run cognate master-key rotate, which seals the data key with the new master key", "the data key is still sealed with an old master key (%s)", masters[n].ID())
	default:
		o.ok("the master key %s opens the secrets in the database", masters[0].ID())
	}
}

// accessKey reports what is wrong with a stored key, and returns whether it may do everything now.
func (o *on) accessKey(k *cognate.AccessKey, now time.Time) (isAdministrator bool) {
	policy, err := iam.ParsePolicy(k.Policy)
	switch {
	case err != nil:
		o.fail("set another policy with cognate keys set-policy "+k.ID+" --policy FILE",
			"the policy of the access key %s (%s) is invalid, so the key may do nothing: %v", k.ID, k.Name, err)
		return false
	case k.Disabled:
		return false
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		o.warn("delete it with cognate keys delete "+k.ID, "the access key %s (%s) expired on %s", k.ID, k.Name, day(k.ExpiresAt))
		return false
	case !k.ExpiresAt.IsZero() && k.ExpiresAt.Sub(now) < soon:
		o.warn("create another key, and delete this one", "the access key %s (%s) expires on %s", k.ID, k.Name, day(k.ExpiresAt))
	}
	return policy.IsAdministrator()
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Backups are what the check of backups needs.
type Backups struct {
	// IsRecorded says that the server makes audit records.
	IsRecorded bool
	// MaxAge is how old the last backup may be; 0 means that another program makes the backups.
	MaxAge time.Duration
	Now    time.Time
}

// backupEvent is the name of the event that cognate backup records.
const backupEvent = "CognateBackupCreated"

// Backup checks when the last backup was made. The command that makes backups records them.
func (r *Report) Backup(ctx context.Context, db *store.Inspection, b Backups) {
	o := r.on("backup")
	if b.MaxAge == 0 {
		o.skip("the age of the last backup was not checked (--max-backup-age 0)")
		return
	}
	var at time.Time
	_, err := db.FindAuditEvent(ctx, fmt.Sprintf("%q:%q", "eventName", backupEvent), func(text string) bool {
		record, err := audit.Decode(text)
		if err != nil || record.EventName != backupEvent || record.ErrorCode != "" {
			return false
		}
		at, err = time.Parse(time.RFC3339, record.EventTime)
		return err == nil
	})
	const remedy = "run cognate backup --out FILE, and test its result with cognate backup verify; if another program makes the backups, use --max-backup-age 0"
	switch {
	case errors.Is(err, store.ErrNotFound) && !b.IsRecorded:
		o.skip("the audit records are off, so the last backup is unknown")
	case errors.Is(err, store.ErrNotFound):
		o.warn(remedy, "the audit records have no backup")
	case err != nil:
		o.fail("", "%v", err)
	case b.Now.Sub(at) > b.MaxAge:
		o.warn(remedy, "the last backup is from %s, older than %v", at.Format(time.RFC3339), b.MaxAge)
	default:
		o.ok("the last backup is from %s", at.Format(time.RFC3339))
	}
}
