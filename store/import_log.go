package store

import (
	"context"
	"errors"
	"fmt"
)

// ImportLog calls fn with the log of an import job, in parts of several lines. It opens the database for reading only, changes
// nothing and needs no master key. Errors: ErrNotFound, if no pool has a job with that ID; those of fn.
func ImportLog(ctx context.Context, url, jobID string, fn func(entries string) error) (err error) {
	db, err := dialectOf(url).openUnchanged(url)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var jobs int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM import_jobs WHERE job_id = $1", jobID).Scan(&jobs); err != nil {
		return fmt.Errorf("find import job: %w", err)
	}
	if jobs == 0 {
		return ErrNotFound
	}
	rows, err := db.QueryContext(ctx, "SELECT entries FROM import_log WHERE job_id = $1 ORDER BY pool_id, line", jobID)
	if err != nil {
		return fmt.Errorf("read import log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var entries string
		if err := rows.Scan(&entries); err != nil {
			return fmt.Errorf("read import log: %w", err)
		}
		if err := fn(entries); err != nil {
			return err
		}
	}
	return rows.Err()
}
