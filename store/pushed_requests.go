package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var pushedRequestTables = []table{
	{
		name: "pushed_requests", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "request_hash"}, sealed: []string{"sealed"},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientPushedRequests(ctx, gen.DeleteClientPushedRequestsParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// PushedRequest returns a request by its hash. Errors: ErrNotFound.
func (s *Store) PushedRequest(ctx context.Context, poolID, hash string) (*cognate.PushedRequest, error) {
	row, err := s.reader.GetPushedRequest(ctx, gen.GetPushedRequestParams{PoolID: poolID, RequestHash: hash})
	if err != nil {
		return nil, found("get pushed request", err)
	}
	return s.pushedRequestFromRow(row)
}

// CreatePushedRequest adds a request.
func (t *Tx) CreatePushedRequest(ctx context.Context, r *cognate.PushedRequest) error {
	sealed, err := t.s.seal([]byte(r.Query), pushedRequestAAD(r.PoolID, r.Hash))
	if err != nil {
		return err
	}
	err = t.q.CreatePushedRequest(ctx, gen.CreatePushedRequestParams{
		PoolID: r.PoolID, RequestHash: r.Hash, ClientID: r.ClientID, Sealed: sealed, Browser: r.Browser, IsSpent: bit(r.Spent),
		ExpiresAt: millis(r.Expires),
	})
	if err != nil {
		return fmt.Errorf("create pushed request: %w", err)
	}
	return nil
}

// LockPushedRequest returns a request by its hash, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockPushedRequest(ctx context.Context, poolID, hash string) (*cognate.PushedRequest, error) {
	row, err := t.q.LockPushedRequest(ctx, gen.LockPushedRequestParams{PoolID: poolID, RequestHash: hash})
	if err != nil {
		return nil, found("lock pushed request", err)
	}
	return t.s.pushedRequestFromRow(row)
}

// SavePushedRequest stores the browser, the end and the use of a request that the transaction has locked. Its other fields never
// change.
func (t *Tx) SavePushedRequest(ctx context.Context, r *cognate.PushedRequest) error {
	err := t.q.SavePushedRequest(ctx, gen.SavePushedRequestParams{
		Browser: r.Browser, IsSpent: bit(r.Spent), ExpiresAt: millis(r.Expires), PoolID: r.PoolID, RequestHash: r.Hash,
	})
	if err != nil {
		return fmt.Errorf("save pushed request: %w", err)
	}
	return nil
}

func (s *Store) pushedRequestFromRow(row gen.PushedRequest) (*cognate.PushedRequest, error) {
	query, err := s.unseal(row.Sealed, pushedRequestAAD(row.PoolID, row.RequestHash))
	if err != nil {
		return nil, err
	}
	return &cognate.PushedRequest{
		PoolID: row.PoolID, ClientID: row.ClientID, Hash: row.RequestHash, Query: string(query), Browser: row.Browser,
		Spent: row.IsSpent == 1, Expires: fromMillis(row.ExpiresAt),
	}, nil
}

func pushedRequestAAD(poolID, hash string) string {
	return aadOf("pushed_requests", poolID, hash, "sealed")
}
