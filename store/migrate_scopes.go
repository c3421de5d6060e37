package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/pressly/goose/v3"

	"cognate"
)

// scopesMigration is the number of the migration that creates resource servers for the scopes of stored app clients.
const scopesMigration = 20261127072500

// goMigrations returns the migrations that need Go: those that read documents.
func goMigrations() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(scopesMigration, &goose.GoFunc{RunTx: createServersOfScopes}, &goose.GoFunc{RunTx: unmarkScopes}),
	}
}

// namesInGo has the migrations of goMigrations by their numbers, because they have no file that tells name and mark.
var namesInGo = map[int64]Migration{scopesMigration: {Name: "20261127072500_servers_of_scopes", Additive: true}}

// createServersOfScopes creates the resource servers whose scopes the stored app clients have. Before, a client could have any
// scope in the form of a custom scope. Without the servers these scopes would be inactive.
func createServersOfScopes(ctx context.Context, tx *sql.Tx) error {
	servers, err := serversOfScopes(ctx, tx)
	if err != nil {
		return fmt.Errorf("create resource servers: %w", err)
	}
	for _, r := range servers {
		document, err := encode("create resource server", fromResourceServer(r))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO resource_servers (pool_id, identifier, name, document, version, created_at, modified_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			r.PoolID, r.Identifier, r.Name, document, newVersion(), millis(r.CreatedAt), millis(r.ModifiedAt))
		if err != nil {
			return fmt.Errorf("create resource server: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO additive_migrations (version) VALUES ($1)", scopesMigration)
	return err
}

func unmarkScopes(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM additive_migrations WHERE version = $1", scopesMigration)
	return err
}

// serversOfScopes returns a resource server for each identifier in the scopes of app clients. It is as old as the first of
// these clients.
func serversOfScopes(ctx context.Context, tx *sql.Tx) (servers []*cognate.ResourceServer, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT pool_id, client_id, document, created_at FROM app_clients ORDER BY pool_id, created_at, client_id")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	byName := make(map[[2]string]*cognate.ResourceServer)
	for rows.Next() {
		var poolID, clientID, text string
		var created int64
		if err := rows.Scan(&poolID, &clientID, &text, &created); err != nil {
			return nil, err
		}
		var d appClientDocument
		if err := decode("app client "+clientID, text, &d); err != nil {
			return nil, err
		}
		for _, scope := range d.toOAuthSettings().Scopes {
			identifier, name, ok := cognate.SplitScope(scope)
			if !ok {
				continue
			}
			r := byName[[2]string{poolID, identifier}]
			if r == nil {
				r = &cognate.ResourceServer{
					PoolID: poolID, Identifier: identifier, Name: "Scopes of app clients",
					CreatedAt: fromMillis(created), ModifiedAt: fromMillis(created),
				}
				byName[[2]string{poolID, identifier}] = r
				servers = append(servers, r)
			}
			if !slices.ContainsFunc(r.Scopes, func(s cognate.Scope) bool { return s.Name == name }) {
				r.Scopes = append(r.Scopes, cognate.Scope{Name: name, Description: "Scope of an app client"})
			}
		}
	}
	return servers, rows.Err()
}
