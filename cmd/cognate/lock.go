package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	lockName = "server.lock"
	// lockWait is how long a server waits for the one before it to stop, for example after a restart.
	lockWait  = 10 * time.Second
	lockPause = 100 * time.Millisecond
)

// errLocked says that another process has the lock.
var errLocked = errors.New("locked")

// lockFolder locks the folder of an SQLite database for this server: each server has its own caches, counts and background work, and
// two would overwrite each other's work. Commands that read or change the database beside a server do not take the lock. The
// operating system releases the lock of a process that ends, also after SIGKILL. unlock releases it. If ctx ends while another
// server has the lock, the error is that of ctx.
func lockFolder(ctx context.Context, folder string, wait time.Duration) (unlock func() error, err error) {
	unlock, err = lockPath(ctx, filepath.Join(folder, lockName), wait)
	if errors.Is(err, errLocked) {
		err = fmt.Errorf("data: another server uses the folder %s, and only one can. Stop it, or set another folder "+
			"with --data. Several servers need PostgreSQL (database_url)", folder)
	}
	return unlock, err
}

// lockPath locks a file, which it creates if necessary, and waits for another process that has locked it. Errors: errLocked; that of ctx.
func lockPath(ctx context.Context, path string, wait time.Duration) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	retry := time.NewTicker(lockPause)
	defer retry.Stop()
	for {
		err := lockFile(file)
		if err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-limit.C:
			return nil, errors.Join(errLocked, file.Close())
		case <-retry.C:
		}
	}
}
