package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"cognate/archive"
	"cognate/internal/pause"
	"cognate/sealing"
	"cognate/store"
)

// heartbeat is a little longer than the time between two heartbeats of a server.
const heartbeat = 6 * time.Second

// Refusal is the error for a database that cannot be restored. Nothing was changed.
type Refusal struct {
	// Problems are all reasons, each with what to do.
	Problems []string
}

// Error returns a line for each problem.
func (r *Refusal) Error() string { return strings.Join(r.Problems, "\n") }

// Restore restores a database from a backup.
type Restore struct {
	File
	URL        string // of the database, as in store.Config
	MasterKeys []sealing.MasterKey
	// EndsSessions revokes all tokens and ends all sessions, so all users have to sign in again.
	EndsSessions bool
	Now          func() time.Time

	stopped []store.Node // found by Check
}

// Check reads the whole backup and looks at the database. Errors: *Refusal, with everything that prevents the restore.
func (r *Restore) Check(ctx context.Context) (*Manifest, error) {
	refusal := new(Refusal)
	keys := dataKeys{}
	m, err := r.read(keys.add)
	var schema []int64
	switch {
	case errors.Is(err, context.Canceled):
		return nil, err
	case err != nil:
		refusal.Problems = append(refusal.Problems, Explain(r.Path, err))
	default:
		schema = m.Schema
		if problem := keys.check(ctx, m, r.MasterKeys); problem != "" {
			refusal.Problems = append(refusal.Problems, problem)
		}
	}
	filling := store.Filling{URL: r.URL, Schema: schema}
	problems, err := filling.Check(ctx)
	if err != nil {
		return nil, err
	}
	refusal.Problems = append(refusal.Problems, problems...)
	var problem string
	if problem, r.stopped, err = findServers(ctx, r.URL); err != nil {
		return nil, err
	}
	if problem != "" {
		refusal.Problems = append(refusal.Problems, problem)
	}
	if len(refusal.Problems) > 0 {
		return nil, refusal
	}
	return m, nil
}

// Explain says what is wrong with a backup, and what to do.
func Explain(path string, err error) string {
	remedy := ""
	switch {
	case errors.Is(err, archive.ErrEncrypted):
		remedy = "; give the file of the identity (--identity-file) or of the passphrase (--passphrase-file)"
	case errors.Is(err, archive.ErrNotEncrypted):
		remedy = "; if it is the right file, leave out --identity-file and --passphrase-file"
	case errors.Is(err, archive.ErrWrongKey):
		remedy = "; give the identity of a recipient of the backup, or its passphrase"
	case errors.Is(err, archive.ErrDamaged), errors.Is(err, errFormat):
		remedy = "; use another backup, or another copy of this one"
	}
	return fmt.Sprintf("%s: %v%s", path, err, remedy)
}

// findServers returns a problem if servers use a database, "" if none do, and the servers that were killed.
func findServers(ctx context.Context, url string) (problem string, stopped []store.Node, err error) {
	running, stopped, err := store.FindServers(ctx, url, func(ctx context.Context) error { return pause.For(ctx, heartbeat) })
	if err != nil || len(running) == 0 {
		return "", stopped, err
	}
	return fmt.Sprintf("the database is in use; stop all servers on it (%d)", len(running)), nil, nil
}

// dataKeys has the rows of the data keys in a backup.
type dataKeys map[string][]byte

// The table of data keys, and the row of it that a master key opens.
const (
	keysTable = "data_keys"
	keyset    = "data"
)

func (k dataKeys) add(table string, r rows) error {
	if table != keysTable {
		return nil
	}
	for _, values := range r.values {
		var id string
		var wrapped []byte
		for i, column := range r.columns {
			switch value := values[i].(type) {
			case string:
				if column == "key_id" {
					id = value
				}
			case []byte:
				if column == "wrapped" {
					wrapped = value
				}
			}
		}
		k[id] = wrapped
	}
	return nil
}

// check returns a problem if none of the master keys opens the data keys; "" if one does.
func (k dataKeys) check(ctx context.Context, m *Manifest, masters []sealing.MasterKey) string {
	_, err := sealing.Open(ctx, k[keyset], masters...)
	switch {
	case errors.Is(err, sealing.ErrWrongMasterKey):
		return fmt.Sprintf("the master key %s opens the backup, and the settings have another one; set master_key_file to the key that the "+
			"servers had when the backup was made, or name that key in old_master_keys_file", m.MasterKeyID)
	case err != nil:
		return fmt.Sprintf("the data keys in the backup cannot be opened (%v); use another backup", err)
	default:
		return ""
	}
}

// Run restores the database. Call Check before. After an error the database is empty as before, unless the error is a
// *store.MigrationError. Errors: *store.MigrationError, store.ErrInUse.
func (r *Restore) Run(ctx context.Context, checked *Manifest) error {
	filling := store.Filling{URL: r.URL, Schema: checked.Schema}
	return filling.Fill(ctx, options(r.Now(), r.EndsSessions, r.stopped), func(f *store.Filler) error {
		m, err := r.read(func(table string, found rows) error {
			return f.Insert(ctx, table, found.columns, found.values)
		})
		if err == nil && m.Time != checked.Time {
			err = fmt.Errorf("%s has changed meanwhile", r.Path)
		}
		return err
	})
}

// options returns what a restored database gets.
func options(now time.Time, endsSessions bool, stopped []store.Node) store.RestoreOptions {
	return store.RestoreOptions{ID: rand.Text(), At: now, EndsSessions: endsSessions, Stopped: stopped}
}

// RequireStopped returns an error if servers use a database. Otherwise it returns the servers that were killed. Errors: *Refusal.
func RequireStopped(ctx context.Context, url string) (stopped []store.Node, err error) {
	problem, stopped, err := findServers(ctx, url)
	if err == nil && problem != "" {
		err = &Refusal{[]string{problem}}
	}
	return stopped, err
}

// Restored does what Run does after the copy, for a database that was restored by other means: codes and tokens that were used after the
// backup do not work again. If endsSessions is true, it revokes all tokens and ends all sessions. RequireStopped has returned stopped.
// Errors: store.ErrInUse.
func Restored(ctx context.Context, st *store.Store, now time.Time, endsSessions bool, stopped []store.Node) error {
	return st.Write(ctx, func(tx *store.Tx) error { return tx.Restored(ctx, options(now, endsSessions, stopped)) })
}
