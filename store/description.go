package store

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
)

// Description says which database a store uses, for the log.
type Description struct {
	Engine string // such as "SQLite 3.50.4" or "PostgreSQL 16.2"
	Schema int64  // the newest migration
}

// Describe returns the description of the database.
func (s *Store) Describe(ctx context.Context) (Description, error) {
	engine, err := engineOf(ctx, s.dialect, s.read)
	if err != nil {
		return Description{}, err
	}
	d := Description{Engine: engine.Version}
	if err := s.read.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename).Scan(&d.Schema); err != nil {
		return Description{}, fmt.Errorf("read the newest migration: %w", err)
	}
	return d, nil
}
