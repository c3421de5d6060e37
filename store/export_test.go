package store

import (
	"context"
	"slices"
)

// Column is a column of a table in the schema.
type Column struct {
	Table, Name, Type string
	PrimaryKey        int // place in the primary key, from 1; 0 outside
}

// Schema returns the columns of all tables of a SQLite store.
func (s *Store) Schema(ctx context.Context) (columns []Column, err error) {
	rows, err := s.write.QueryContext(ctx, `SELECT t.name, c.name, c.type, c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'goose_%'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Table, &c.Name, &c.Type, &c.PrimaryKey); err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, rows.Err()
}

// Known returns what poolTables says of a table: its key, and the columns with bytes.
func Known(name string) (key, bytes []string, ok bool) {
	i := slices.IndexFunc(poolTables[:], func(t table) bool { return t.name == name })
	if i < 0 {
		return nil, nil, false
	}
	return poolTables[i].key, slices.Concat(poolTables[i].sealed, poolTables[i].plain), true
}
