package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Create returns the postgres:// URL of a new, empty database for a program that is not a test, and a function that drops it.
// Errors: ErrNoServer if EnvURL is not set.
func Create(ctx context.Context, name string) (database string, remove func() error, err error) {
	env := os.Getenv(EnvURL)
	if env == "" {
		return "", nil, ErrNoServer
	}
	base, err := url.Parse(env)
	if err != nil {
		return "", nil, fmt.Errorf("%s is not a URL", EnvURL)
	}
	db, err := sql.Open("pgx", env)
	if err != nil {
		return "", nil, fmt.Errorf("open %s: %w", EnvURL, err)
	}
	s := &server{base: base, db: db}
	name = process + name
	if _, err := db.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		return "", nil, errors.Join(fmt.Errorf("create database: %w", err), db.Close())
	}
	return s.url(name), func() error {
		return errors.Join(drop(context.WithoutCancel(ctx), db, name), db.Close())
	}, nil
}

// Size returns the size of a database in bytes.
func Size(ctx context.Context, database string) (size int64, err error) {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	return size, err
}

// ErrNoServer says that EnvURL is not set.
var ErrNoServer = errors.New(EnvURL + " is not set")
