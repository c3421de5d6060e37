package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var spentIDTables = []table{{name: "spent_ids", role: roleTransient, restoring: restoreKeeps, inTrash: true, key: []string{"pool_id", "id_hash"}}}

// SpendID stores that an ID was used. It returns false if it was used before: of two concurrent requests, one gets true.
func (t *Tx) SpendID(ctx context.Context, id cognate.SpentID) (bool, error) {
	n, err := t.q.SpendID(ctx, gen.SpendIDParams{PoolID: id.PoolID, IDHash: id.Hash, ExpiresAt: millis(id.Expires)})
	if err != nil {
		return false, fmt.Errorf("spend ID: %w", err)
	}
	return n == 1, nil
}
