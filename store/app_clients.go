package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var appClientTables = []table{
	{name: "app_clients", role: roleConfig, key: []string{"pool_id", "client_id"}, sealed: []string{"sealed"}},
}

// AppClient returns the client with that ID, in any pool. The result is shared: callers must not change it.
// Errors: ErrNotFound.
func (s *Store) AppClient(ctx context.Context, id string) (*cognate.AppClient, error) {
	row, err := s.reader.GetAppClient(ctx, id)
	if err != nil {
		return nil, found("get app client", err)
	}
	return s.clientFromRow(row)
}

// AppClientWithPool returns the client with that ID and its pool, in one read. The results are shared: callers must not
// change them. Errors: ErrNotFound.
func (s *Store) AppClientWithPool(ctx context.Context, id string) (*cognate.AppClient, *cognate.UserPool, error) {
	row, err := s.reader.GetAppClientWithPool(ctx, id)
	if err != nil {
		return nil, nil, found("get app client", err)
	}
	client, err := s.clientFromRow(row.AppClient)
	if err != nil {
		return nil, nil, err
	}
	pool, err := s.poolFromRow(row.UserPool)
	return client, pool, err
}

// AppClients returns up to limit clients of a pool whose IDs are after the given one, in order of their IDs.
func (s *Store) AppClients(ctx context.Context, poolID, after string, limit int) ([]*cognate.AppClient, error) {
	rows, err := s.reader.ListAppClients(ctx, gen.ListAppClientsParams{PoolID: poolID, AfterID: after, PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list app clients: %w", err)
	}
	clients := make([]*cognate.AppClient, 0, len(rows))
	for _, row := range rows {
		c, err := s.clientFromRow(row)
		if err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// CreateAppClient adds a client. Errors: ErrExists.
func (t *Tx) CreateAppClient(ctx context.Context, c *cognate.AppClient) error {
	document, sealed, err := t.s.clientColumns(c)
	if err != nil {
		return err
	}
	n, err := t.q.CreateAppClient(ctx, gen.CreateAppClientParams{
		PoolID: c.PoolID, ClientID: c.ID, Name: c.Name, Document: document, Sealed: sealed, Version: newVersion(),
		CreatedAt: millis(c.CreatedAt), ModifiedAt: millis(c.ModifiedAt),
	})
	return changed("create app client", ErrExists, n, err)
}

// LockAppClient returns a client that the caller can change, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockAppClient(ctx context.Context, poolID, id string) (*cognate.AppClient, error) {
	row, err := t.q.LockAppClient(ctx, gen.LockAppClientParams{PoolID: poolID, ClientID: id})
	if err != nil {
		return nil, found("lock app client", err)
	}
	return t.s.decodeClient(row)
}

// SaveAppClient stores a client that the transaction has locked.
func (t *Tx) SaveAppClient(ctx context.Context, c *cognate.AppClient) error {
	document, sealed, err := t.s.clientColumns(c)
	if err != nil {
		return err
	}
	err = t.q.SaveAppClient(ctx, gen.SaveAppClientParams{
		Name: c.Name, Document: document, Sealed: sealed, ModifiedAt: millis(c.ModifiedAt), PoolID: c.PoolID, ClientID: c.ID,
	})
	if err != nil {
		return fmt.Errorf("save app client: %w", err)
	}
	return nil
}

// DeleteAppClient deletes a client with its grants. Errors: ErrNotFound.
func (t *Tx) DeleteAppClient(ctx context.Context, poolID, id string) error {
	n, err := t.q.DeleteAppClient(ctx, gen.DeleteAppClientParams{PoolID: poolID, ClientID: id})
	if err := changed("delete app client", ErrNotFound, n, err); err != nil {
		return err
	}
	if err := t.q.DeleteClientGrants(ctx, gen.DeleteClientGrantsParams{PoolID: poolID, ClientID: id}); err != nil {
		return fmt.Errorf("delete app client: %w", err)
	}
	return nil
}

func (s *Store) clientColumns(c *cognate.AppClient) (document string, sealed []byte, err error) {
	if document, err = encode("app client", fromAppClient(c)); err != nil {
		return "", nil, err
	}
	sealed, err = s.sealOptional([]byte(c.Secret), clientSecretAAD(c.PoolID, c.ID))
	return document, sealed, err
}

func (s *Store) clientFromRow(row gen.AppClient) (*cognate.AppClient, error) {
	return s.clients.decoded(row.ClientID, row.Version, func() (*cognate.AppClient, error) { return s.decodeClient(row) })
}

func (s *Store) decodeClient(row gen.AppClient) (*cognate.AppClient, error) {
	secret, err := s.unsealOptional(row.Sealed, clientSecretAAD(row.PoolID, row.ClientID))
	if err != nil {
		return nil, fmt.Errorf("app client %s: %w", row.ClientID, err)
	}
	c := &cognate.AppClient{
		PoolID: row.PoolID, ID: row.ClientID, Name: row.Name, Secret: string(secret),
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt),
	}
	var d appClientDocument
	if err := decode("app client "+row.ClientID, row.Document, &d); err != nil {
		return nil, err
	}
	d.toAppClient(c)
	return c, nil
}

func clientSecretAAD(poolID, id string) string { return aadOf("app_clients", poolID, id, "sealed") }
