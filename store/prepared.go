package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"cognate/internal/lazyregexp"
	"cognate/store/gen"
)

// prepared runs the statements of SQLite on a database or in a transaction. It prepares a statement when it first runs it, and keeps it:
// parsing would be a fifth of a transaction's time. It is safe for concurrent use.
type prepared struct {
	on gen.DBTX

	mu         sync.RWMutex
	statements map[string]*sql.Stmt // by their texts
}

var _ gen.DBTX = (*prepared)(nil)

func newPrepared(on gen.DBTX) *prepared {
	return &prepared{on: on, statements: make(map[string]*sql.Stmt)}
}

// isReused reports whether a statement runs often with the same text: sqlc puts the name of a query before it. The texts that the
// program makes itself are not kept.
func isReused(text string) bool {
	return strings.HasPrefix(text, "-- name: ") || text == savepoint || text == keep || text == undo
}

// existing returns the statement of a text, or nil if it is not prepared.
func (p *prepared) existing(text string) *sql.Stmt {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.statements[text]
}

// statement returns the statement of a text. It prepares it if necessary.
func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s := p.existing(text); s != nil {
		return s, nil
	}
	s, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if first := p.statements[text]; first != nil { // another goroutine has prepared it meanwhile
		return first, s.Close()
	}
	p.statements[text] = s
	return s, nil
}

var limitValue = lazyregexp.New(`\bLIMIT (\$[0-9]+)`)

// PrepareContext prepares a statement that SQLite plans once. If a value is the whole LIMIT, SQLite plans the statement again for each
// value, which takes longer than reading a page.
func (p *prepared) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	if strings.Contains(text, "LIMIT $") { // looking for the pattern takes longer
		text = limitValue.ReplaceAllString(text, "LIMIT $1 + 0")
	}
	return p.on.PrepareContext(ctx, text)
}

// ExecContext runs a statement.
func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext runs a query.
func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row.
func (p *prepared) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	s, err := p.statement(ctx, text)
	if err != nil {
		return p.on.QueryRowContext(ctx, text, args...) // fails in the same way, and its Row has the error
	}
	return s.QueryRowContext(ctx, args...)
}
