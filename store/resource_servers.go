package store

import (
	"context"
	"fmt"
	"math"

	"cognate"
	"cognate/store/gen"
)

var resourceServerTables = []table{{name: "resource_servers", role: roleConfig, inTrash: true, key: []string{"pool_id", "identifier"}}}

// ResourceServer returns a resource server of a pool. Errors: ErrNotFound.
func (s *Store) ResourceServer(ctx context.Context, poolID, identifier string) (*cognate.ResourceServer, error) {
	row, err := s.reader.GetResourceServer(ctx, gen.GetResourceServerParams{PoolID: poolID, Identifier: identifier})
	if err != nil {
		return nil, found("get resource server", err)
	}
	return resourceServerFromRow(row.ResourceServer)
}

// ResourceServers returns up to limit resource servers of a pool whose identifiers are after the given one, in order of their
// identifiers.
func (s *Store) ResourceServers(ctx context.Context, poolID, after string, limit int) ([]*cognate.ResourceServer, error) {
	return resourceServers(ctx, s.reader, poolID, after, limit)
}

// CustomScopes returns the custom scopes that a pool has.
func (s *Store) CustomScopes(ctx context.Context, poolID string) (cognate.CustomScopes, error) {
	return customScopes(ctx, s.reader, poolID)
}

// CustomScopes returns the custom scopes that a pool has, as this transaction sees them.
func (t *Tx) CustomScopes(ctx context.Context, poolID string) (cognate.CustomScopes, error) {
	return customScopes(ctx, t.q, poolID)
}

// CreateResourceServer adds a resource server. Errors: ErrExists.
func (t *Tx) CreateResourceServer(ctx context.Context, r *cognate.ResourceServer) error {
	document, err := encode("create resource server", fromResourceServer(r))
	if err != nil {
		return err
	}
	n, err := t.q.CreateResourceServer(ctx, gen.CreateResourceServerParams{
		PoolID: r.PoolID, Identifier: r.Identifier, Name: r.Name, Document: document, Version: newVersion(),
		CreatedAt: millis(r.CreatedAt), ModifiedAt: millis(r.ModifiedAt),
	})
	return changed("create resource server", ErrExists, n, err)
}

// CountResourceServers returns the number of resource servers of a pool that the transaction has locked.
func (t *Tx) CountResourceServers(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountResourceServers(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count resource servers: %w", err)
	}
	return int(n), nil
}

// LockResourceServer returns a resource server that the caller can change, and locks it until the transaction ends.
// Errors: ErrNotFound.
func (t *Tx) LockResourceServer(ctx context.Context, poolID, identifier string) (*cognate.ResourceServer, error) {
	row, err := t.q.LockResourceServer(ctx, gen.LockResourceServerParams{PoolID: poolID, Identifier: identifier})
	if err != nil {
		return nil, found("lock resource server", err)
	}
	return resourceServerFromRow(row)
}

// SaveResourceServer stores a resource server that the transaction has locked.
func (t *Tx) SaveResourceServer(ctx context.Context, r *cognate.ResourceServer) error {
	document, err := encode("save resource server", fromResourceServer(r))
	if err != nil {
		return err
	}
	err = t.q.SaveResourceServer(ctx, gen.SaveResourceServerParams{
		Name: r.Name, Document: document, ModifiedAt: millis(r.ModifiedAt), PoolID: r.PoolID, Identifier: r.Identifier,
	})
	if err != nil {
		return fmt.Errorf("save resource server: %w", err)
	}
	return nil
}

// DeleteResourceServer deletes a resource server with its scopes. Errors: ErrNotFound.
func (t *Tx) DeleteResourceServer(ctx context.Context, poolID, identifier string) error {
	n, err := t.q.DeleteResourceServer(ctx, gen.DeleteResourceServerParams{PoolID: poolID, Identifier: identifier})
	return changed("delete resource server", ErrNotFound, n, err)
}

func customScopes(ctx context.Context, q *gen.Queries, poolID string) (cognate.CustomScopes, error) {
	servers, err := resourceServers(ctx, q, poolID, "", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	scopes := make(cognate.CustomScopes)
	for _, r := range servers {
		scopes.Add(r)
	}
	return scopes, nil
}

func resourceServers(ctx context.Context, q *gen.Queries, poolID, after string, limit int) ([]*cognate.ResourceServer, error) {
	rows, err := q.ListResourceServers(ctx, gen.ListResourceServersParams{
		PoolID: poolID, AfterIdentifier: after, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	servers := make([]*cognate.ResourceServer, 0, len(rows))
	for _, row := range rows {
		r, err := resourceServerFromRow(row.ResourceServer)
		if err != nil {
			return nil, err
		}
		servers = append(servers, r)
	}
	return servers, nil
}

func resourceServerFromRow(row gen.ResourceServer) (*cognate.ResourceServer, error) {
	var d resourceServerDocument
	if err := decode("resource server "+row.Identifier, row.Document, &d); err != nil {
		return nil, err
	}
	return &cognate.ResourceServer{
		PoolID: row.PoolID, Identifier: row.Identifier, Name: row.Name, Scopes: d.toScopes(),
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}, nil
}
