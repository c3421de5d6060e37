package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

var outboxTables = []table{
	{
		name: "outbox", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "message_id"}, sealed: []string{"sealed"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserOutgoing(ctx, gen.DeleteUserOutgoingParams{PoolID: poolID, Sub: sub})
		},
	},
}

// Outgoing is a message that waits for a mail server or SMS service.
type Outgoing struct {
	OutgoingKey
	Sub     string // of the recipient
	Medium  string
	Body    []byte // sealed in the database
	Due     time.Time
	Expires time.Time // after this time the message is not sent
}

// OutgoingKey identifies a message.
type OutgoingKey struct{ PoolID, ID string }

// Claimed is a message that one server has claimed for an attempt.
type Claimed struct {
	OutgoingKey
	Sub, Medium string
	Attempts    int // including this one
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

// DueOutgoing returns up to limit messages of a medium that are due at now, the longest due first. Another server may claim
// them before the caller does.
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

// ClaimOutgoing claims a message that is due at now, until the lease ends. Of several servers one gets it. If the message
// still exists when the lease ends, it is due again. Errors: ErrNotFound if the message was deleted or is not due.
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

// OutgoingBody returns the unsealed body of a message.
func (s *Store) OutgoingBody(c Claimed) ([]byte, error) {
	return s.unseal(c.sealed, outgoingAAD(c.OutgoingKey))
}

// PostponeOutgoing ends a lease and sets the time of the next attempt. If the message has another lease or was deleted, it does
// nothing.
func (t *Tx) PostponeOutgoing(ctx context.Context, key OutgoingKey, lease string, due time.Time) error {
	err := t.q.PostponeOutgoing(ctx, gen.PostponeOutgoingParams{
		DueAt: millis(due), PoolID: key.PoolID, MessageID: key.ID, Lease: lease,
	})
	if err != nil {
		return fmt.Errorf("postpone outgoing message: %w", err)
	}
	return nil
}

// DeleteOutgoing deletes a message with or without a lease. Without the message it does nothing.
func (t *Tx) DeleteOutgoing(ctx context.Context, key OutgoingKey) error {
	err := t.q.DeleteOutgoing(ctx, gen.DeleteOutgoingParams{PoolID: key.PoolID, MessageID: key.ID})
	if err != nil {
		return fmt.Errorf("delete outgoing message: %w", err)
	}
	return nil
}

// CountOutgoing returns the number of waiting messages by medium.
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
