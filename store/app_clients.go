package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

var appClientTables = []table{
	{name: "app_clients", role: roleConfig, inTrash: true, key: []string{"pool_id", "client_id"}, sealed: []string{"sealed", "secrets"}},
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
	return s.appClients(ctx, s.reader, poolID, after, limit)
}

// AppClients returns all clients of a pool that the transaction has locked. The results are shared: callers must not change
// them.
func (t *Tx) AppClients(ctx context.Context, poolID string) ([]*cognate.AppClient, error) {
	var clients []*cognate.AppClient
	for after := ""; ; {
		page, err := t.s.appClients(ctx, t.q, poolID, after, pageOfAll)
		if err != nil {
			return nil, err
		}
		clients = append(clients, page...)
		if len(page) < pageOfAll {
			return clients, nil
		}
		after = page[len(page)-1].ID
	}
}

func (s *Store) appClients(ctx context.Context, q *gen.Queries, poolID, after string, limit int) ([]*cognate.AppClient, error) {
	rows, err := q.ListAppClients(ctx, gen.ListAppClientsParams{PoolID: poolID, AfterID: after, PageSize: int32(limit)})
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

// UnusedClients returns the keys of up to limit clients that registered themselves until a time and were never used. The clients have
// only their keys.
func (s *Store) UnusedClients(ctx context.Context, before time.Time, limit int) ([]cognate.AppClient, error) {
	rows, err := s.reader.ListUnusedClients(ctx, gen.ListUnusedClientsParams{Before: millis(before), PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list unused app clients: %w", err)
	}
	clients := make([]cognate.AppClient, 0, len(rows))
	for _, row := range rows {
		clients = append(clients, cognate.AppClient{PoolID: row.PoolID, ID: row.ClientID})
	}
	return clients, nil
}

// unusedSince returns the column that finds clients that registered themselves and were never used.
func unusedSince(c *cognate.AppClient) int64 {
	if !c.IsRegistered() || c.Registration.IsUsed {
		return 0
	}
	return millis(c.CreatedAt)
}

// CreateAppClient adds a client. Errors: ErrExists.
func (t *Tx) CreateAppClient(ctx context.Context, c *cognate.AppClient) error {
	columns, err := t.s.clientColumns(c)
	if err != nil {
		return err
	}
	n, err := t.q.CreateAppClient(ctx, gen.CreateAppClientParams{
		PoolID: c.PoolID, ClientID: c.ID, Name: c.Name, Document: columns.document, Sealed: columns.sealed, Secrets: columns.secrets,
		Version:   newVersion(),
		CreatedAt: millis(c.CreatedAt), ModifiedAt: millis(c.ModifiedAt), UnusedSince: unusedSince(c),
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
	columns, err := t.s.clientColumns(c)
	if err != nil {
		return err
	}
	err = t.q.SaveAppClient(ctx, gen.SaveAppClientParams{
		Name: c.Name, Document: columns.document, Sealed: columns.sealed, Secrets: columns.secrets,
		ModifiedAt: millis(c.ModifiedAt), UnusedSince: unusedSince(c), PoolID: c.PoolID, ClientID: c.ID,
	})
	if err != nil {
		return fmt.Errorf("save app client: %w", err)
	}
	return nil
}

// DeleteAppClient deletes a client with what belongs to it: its grants, and what its login pages show. Errors: ErrNotFound.
func (t *Tx) DeleteAppClient(ctx context.Context, poolID, id string) error {
	n, err := t.q.DeleteAppClient(ctx, gen.DeleteAppClientParams{PoolID: poolID, ClientID: id})
	if err := changed("delete app client", ErrNotFound, n, err); err != nil {
		return err
	}
	for i := range poolTables {
		if poolTables[i].deleteOfClient == nil {
			continue
		}
		if err := poolTables[i].deleteOfClient(ctx, t.q, poolID, id); err != nil {
			return fmt.Errorf("delete app client: %w", err)
		}
	}
	return nil
}

// clientColumns are the columns of a client that need encoding. sealed has the oldest secret, as earlier builds wrote it. secrets
// has all secrets, unless there is only one that was made with the client.
type clientColumns struct {
	document        string
	sealed, secrets []byte
}

func (s *Store) clientColumns(c *cognate.AppClient) (columns clientColumns, err error) {
	if columns.document, err = encode("app client", fromAppClient(c)); err != nil {
		return clientColumns{}, err
	}
	var first []byte
	if c.HasSecret() {
		first = []byte(c.Secrets[0].Value)
	}
	if columns.sealed, err = s.sealOptional(first, clientSecretAAD(c.PoolID, c.ID)); err != nil {
		return clientColumns{}, err
	}
	needed := len(c.Secrets) > 1 || c.HasSecret() && c.Secrets[0] != firstSecret(string(first), c.CreatedAt)
	columns.secrets, err = s.sealDocument(fromClientSecrets(c.Secrets), needed, clientSecretsAAD(c.PoolID, c.ID))
	return columns, err
}

// firstSecret returns the secret that a client was created with.
func firstSecret(value string, created time.Time) cognate.ClientSecret {
	return cognate.ClientSecret{Value: value, Created: fromMillis(millis(created))}
}

func (s *Store) clientFromRow(row gen.AppClient) (*cognate.AppClient, error) {
	return s.clients.decoded(row.ClientID, row.Version, func() (*cognate.AppClient, error) { return s.decodeClient(row) })
}

func (s *Store) decodeClient(row gen.AppClient) (*cognate.AppClient, error) {
	secrets, err := s.clientSecrets(row)
	if err != nil {
		return nil, fmt.Errorf("app client %s: %w", row.ClientID, err)
	}
	c := &cognate.AppClient{
		PoolID: row.PoolID, ID: row.ClientID, Name: row.Name, Secrets: secrets,
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

func clientSecretsAAD(poolID, id string) string { return aadOf("app_clients", poolID, id, "secrets") }

// clientSecrets returns the secrets in a row of a client.
func (s *Store) clientSecrets(row gen.AppClient) ([]cognate.ClientSecret, error) {
	first, err := s.unsealOptional(row.Sealed, clientSecretAAD(row.PoolID, row.ClientID))
	if err != nil || first == nil {
		return nil, err
	}
	if len(row.Secrets) == 0 {
		return []cognate.ClientSecret{firstSecret(string(first), fromMillis(row.CreatedAt))}, nil
	}
	var d clientSecretsDocument
	if err := s.unsealDocument(row.Secrets, clientSecretsAAD(row.PoolID, row.ClientID), &d); err != nil {
		return nil, err
	}
	return d.toClientSecrets(), nil
}
