package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

var outboxTables = []table{
	{
		name: "outbox", role: roleTransient, key: []string{"pool_id", "message_id"}, sealed: []string{"sealed"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserOutgoing(ctx, gen.DeleteUserOutgoingParams{PoolID: poolID, Sub: sub})
		},
	},
}

// Outgoing is a message that waits to be handed to a mail server or SMS service.
type Outgoing struct {
	OutgoingKey
	Sub     string // whom it is for
	Medium  string
	Body    []byte // the message itself; it is sealed in the database
	Due     time.Time
	Expires time.Time // after which it need not be sent any more
}

// OutgoingKey names a message.
type OutgoingKey struct{ PoolID, ID string }

// Claimed is a message that one server has taken for an attempt.
type Claimed struct {
	OutgoingKey
	Sub, Medium string
	Attempts    int // this one included
	Expires     time.Time
	sealed      []byte
}

// CreateOutgoing adds a message.
func (t *Tx) CreateOutgoing(ctx context.Context, o Outgoing) error {
	sealed, err := t.s.seal(o.Body, outgoingAAD(o.OutgoingKey))
	if err != nil {
		return err
	}
	err = t.q.CreateOutgoing(ctx, gen.CreateOutgoingParams{
		PoolID: o.PoolID, MessageID: o.ID, Sub: o.Sub, Medium: o.Medium, Sealed: sealed,
		DueAt: millis(o.Due), ExpiresAt: millis(o.Expires),
	})
	if err != nil {
		return fmt.Errorf("create outgoing message: %w", err)
	}
	return nil
}

// DueOutgoing returns up to limit messages of a medium whose time has come, the one that waits longest first. Others may
// claim them meanwhile.
func (s *Store) DueOutgoing(ctx context.Context, medium string, now time.Time, limit int) ([]OutgoingKey, error) {
	rows, err := s.reader.DueOutgoing(ctx, gen.DueOutgoingParams{Medium: medium, Now: millis(now), PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list outgoing messages: %w", err)
	}
	keys := make([]OutgoingKey, 0, len(rows))
	for _, row := range rows {
		keys = append(keys, OutgoingKey{row.PoolID, row.MessageID})
	}
	return keys, nil
}

// ClaimOutgoing takes a message that is due at now for an attempt, under the name of a lease, until the lease ends: of
// racing servers one gets it. When the lease ends and the message is still there it is due again.
// Errors: ErrNotFound, when it is gone, or not due any more.
func (t *Tx) ClaimOutgoing(ctx context.Context, key OutgoingKey, lease string, now, ends time.Time) (Claimed, error) {
	row, err := t.q.ClaimOutgoing(ctx, gen.ClaimOutgoingParams{
		Lease: lease, LeaseEnds: millis(ends), PoolID: key.PoolID, MessageID: key.ID, Now: millis(now),
	})
	if err != nil {
		return Claimed{}, found("claim outgoing message", err)
	}
	return Claimed{
		OutgoingKey: key, Sub: row.Sub, Medium: row.Medium, Attempts: int(row.Attempts),
		Expires: fromMillis(row.ExpiresAt), sealed: row.Sealed,
	}, nil
}

// OutgoingBody opens the message itself.
func (s *Store) OutgoingBody(c Claimed) ([]byte, error) {
	return s.unseal(c.sealed, outgoingAAD(c.OutgoingKey))
}

// PostponeOutgoing ends a lease and sets the time of the next attempt. A message whose lease is another's by now, or that
// is gone, stays as it is.
func (t *Tx) PostponeOutgoing(ctx context.Context, key OutgoingKey, lease string, due time.Time) error {
	err := t.q.PostponeOutgoing(ctx, gen.PostponeOutgoingParams{
		DueAt: millis(due), PoolID: key.PoolID, MessageID: key.ID, Lease: lease,
	})
	if err != nil {
		return fmt.Errorf("postpone outgoing message: %w", err)
	}
	return nil
}

// DeleteOutgoing forgets a message, whoever holds it. Forgetting one that is not there is no error.
func (t *Tx) DeleteOutgoing(ctx context.Context, key OutgoingKey) error {
	err := t.q.DeleteOutgoing(ctx, gen.DeleteOutgoingParams{PoolID: key.PoolID, MessageID: key.ID})
	if err != nil {
		return fmt.Errorf("delete outgoing message: %w", err)
	}
	return nil
}

// CountOutgoing returns how many messages wait, by medium.
func (s *Store) CountOutgoing(ctx context.Context) (map[string]int, error) {
	rows, err := s.reader.CountOutgoing(ctx)
	if err != nil {
		return nil, fmt.Errorf("count outgoing messages: %w", err)
	}
	waiting := make(map[string]int)
	for _, row := range rows {
		waiting[row.Medium] = int(row.Waiting)
	}
	return waiting, nil
}

func outgoingAAD(key OutgoingKey) string { return aadOf("outbox", key.PoolID, key.ID, "sealed") }
