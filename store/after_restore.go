package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"cognate"
	"cognate/authn/totp"
	"cognate/store/gen"
)

// RestoreOptions says what a restored database gets besides the rows of a backup.
type RestoreOptions struct {
	ID string    // random
	At time.Time // when the database is restored
	// EndsSessions says that all grants are revoked, and all SSO sessions end.
	EndsSessions bool
	// Stopped are the servers that were killed, from FindServers. Any other server on the database is running.
	Stopped []Node
}

// Errors of restores.
var (
	// ErrInUse: a server was started on the database during the restore, which has changed nothing.
	ErrInUse = errors.New("a server was started on the database meanwhile, so nothing was restored; stop all servers and run the command again")
	// ErrRestored: the database was restored after the store was opened. The store has the data key of before.
	ErrRestored = errors.New("the database was restored from a backup after this process opened it; start the process again")
)

// spendCodes makes servers refuse the codes of software tokens up to a TOTP step.
const spendCodes = "UPDATE users SET last_step = $1 WHERE last_step < $1 AND length(software_token) > 0"

// SpendCodes makes servers refuse the codes of the software tokens of a pool's users up to a TOTP step.
func (t *Tx) SpendCodes(ctx context.Context, poolID string, lastStep int64) error {
	_, err := t.raw.ExecContext(ctx, spendCodes+" AND pool_id = $2", lastStep, poolID)
	return wrapped("spend codes of software tokens", err)
}

// Restored changes a database that was restored by other means. No other server may use it.
func (t *Tx) Restored(ctx context.Context, o RestoreOptions) error {
	t.AfterCommit(func() { t.s.restored.Store(&restore{o.ID, o.At}) })
	return o.invalidateUsed(ctx, t.raw, func(string) bool { return true })
}

// invalidateUsed makes sure that what was used once after the backup is not accepted again: codes, authorization codes and their like are
// deleted, codes of software tokens and rotated refresh tokens are spent. The ID of the restore makes earlier Sessions invalid.
func (o RestoreOptions) invalidateUsed(ctx context.Context, on gen.DBTX, has func(table string) bool) error {
	run := func(doing, statement string, args ...any) error {
		if _, err := on.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		return nil
	}
	for i := range allTables {
		if tb := &allTables[i]; tb.dropsOnRestore() && has(tb.name) {
			if err := run("delete "+tb.name, "DELETE FROM "+tb.name); err != nil {
				return err
			}
		}
	}
	if err := run("spend codes of software tokens", spendCodes, totp.LastStep(o.At)); err != nil {
		return err
	}
	if err := o.revokeGrants(ctx, on, run); err != nil {
		return err
	}
	if err := run("store restore", "INSERT INTO restores (restore_id, restored_at) VALUES ($1, $2)", o.ID, millis(o.At)); err != nil {
		return err
	}
	if !has(nodesTable) {
		return nil
	}
	return o.requireStopped(ctx, on) // last, because a restore takes minutes
}

// requireStopped returns ErrInUse if the database has a server that is not known as stopped. It does not see a server whose first
// heartbeat comes after it and before the commit. Such a server stops at its next heartbeat.
func (o RestoreOptions) requireStopped(ctx context.Context, on gen.DBTX) error {
	nodes, err := gen.New(on).ListNodes(ctx)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	for _, row := range nodes {
		if !slices.Contains(o.Stopped, toNode(row)) {
			return ErrInUse
		}
	}
	return nil
}

// revokeGrants revokes the grants whose refresh tokens rotate: a token that was replaced after the backup would be the newest one again.
// With EndsSessions it revokes all.
func (o RestoreOptions) revokeGrants(ctx context.Context, on gen.DBTX, run func(doing, statement string, args ...any) error) error {
	if o.EndsSessions {
		if err := run("end SSO sessions", "DELETE FROM sso_sessions"); err != nil {
			return err
		}
		return run("revoke grants", "UPDATE grants SET revoked = 1 WHERE revoked = 0")
	}
	if err := run("revoke grants", "UPDATE grants SET revoked = 1 WHERE revoked = 0 AND generation > 0"); err != nil {
		return err
	}
	rotating, err := rotatingClients(ctx, on)
	if err != nil {
		return err
	}
	for _, c := range rotating {
		err := run("revoke grants", "UPDATE grants SET revoked = 1 WHERE revoked = 0 AND pool_id = $1 AND client_id = $2", c.poolID, c.clientID)
		if err != nil {
			return err
		}
	}
	return nil
}

type clientKey struct{ poolID, clientID string }

// rotatingClients returns the clients whose refresh tokens rotate.
func rotatingClients(ctx context.Context, on gen.DBTX) (clients []clientKey, err error) {
	rows, err := on.QueryContext(ctx, "SELECT pool_id, client_id, document FROM app_clients ORDER BY pool_id, client_id")
	if err != nil {
		return nil, fmt.Errorf("list app clients: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var key clientKey
		var text string
		if err := rows.Scan(&key.poolID, &key.clientID, &text); err != nil {
			return nil, fmt.Errorf("list app clients: %w", err)
		}
		var d appClientDocument
		if err := decode("app client", text, &d); err != nil {
			return nil, err
		}
		var client cognate.AppClient
		d.toAppClient(&client)
		if client.RotatesRefreshTokens() {
			clients = append(clients, key)
		}
	}
	return clients, rows.Err()
}

// restore is the last restore of the database. The zero value means that there was none.
type restore struct {
	id string
	at time.Time
}

// readRestore reads the last restore, which must be that of the data key.
func (s *Store) readRestore(ctx context.Context, opened *dataKey) error {
	last, err := lastRestore(ctx, s.writer)
	if err != nil {
		return err
	}
	if last.id != opened.restoreID {
		return ErrRestored
	}
	s.restored.Store(&last)
	return nil
}

// restoreOf returns the ID of the last restore of a database that may be older than the table of restores; empty if there was none.
func restoreOf(ctx context.Context, d dialect, db *sql.DB) (id string, err error) {
	var exists bool
	if err := db.QueryRowContext(ctx, d.tableExists, "restores").Scan(&exists); err != nil || !exists {
		return "", err
	}
	last, err := lastRestore(ctx, gen.New(db))
	return last.id, err
}

func lastRestore(ctx context.Context, q *gen.Queries) (restore, error) {
	row, err := q.LastRestore(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return restore{}, nil
	}
	if err != nil {
		return restore{}, fmt.Errorf("read restores: %w", err)
	}
	return restore{row.RestoreID, fromMillis(row.RestoredAt)}, nil
}

// RequireNotRestored returns ErrRestored if the database was restored after the store was opened.
func (s *Store) RequireNotRestored(ctx context.Context) error {
	last, err := lastRestore(ctx, s.reader)
	if err == nil && last.id != s.RestoreID() {
		err = ErrRestored
	}
	return err
}

// RestoreID identifies the last restore of the database from a backup; empty if there was none. Sessions are bound to it.
func (s *Store) RestoreID() string { return s.restored.Load().id }

// RestoredAt returns when the database was last restored from a backup. The zero time means never.
func (s *Store) RestoredAt() time.Time { return s.restored.Load().at }
