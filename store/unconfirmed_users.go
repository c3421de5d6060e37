package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

// UnconfirmedUsers returns the keys of up to limit users who signed up until a time and have not confirmed, the oldest first. The users
// have only their keys.
func (s *Store) UnconfirmedUsers(ctx context.Context, before time.Time, limit int) ([]cognate.User, error) {
	rows, err := s.reader.ListUnconfirmedUsers(ctx, gen.ListUnconfirmedUsersParams{Before: millis(before), PageSize: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("list unconfirmed users: %w", err)
	}
	users := make([]cognate.User, 0, len(rows))
	for _, row := range rows {
		users = append(users, cognate.User{PoolID: row.PoolID, Sub: row.Sub})
	}
	return users, nil
}
