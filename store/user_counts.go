package store

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"cognate/store/gen"
)

// The number of users of a pool is the sum of the pool's rows in user_counts.
var userCountTables = []table{{name: "user_counts", role: roleUser, key: []string{"pool_id", "shard"}}}

// shards is the number of rows that count the users of a pool. A transaction that creates a user holds one of them until its
// commit.
const shards = 16

// shard is one of the rows.
type shard struct {
	poolID string
	number int64
}

func shardOf(poolID, sub string) shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sub)) // never fails
	return shard{poolID, int64(h.Sum32() % shards)}
}

// count adds a user of the pool to the count, or with -1 removes one, when the transaction commits.
func (t *Tx) count(poolID, sub string, added int64) {
	if t.counts == nil {
		t.counts = make(map[shard]int64)
	}
	t.counts[shardOf(poolID, sub)] += added
}

// saveCounts stores what the transaction has counted. In all but forks it is the last step before the commit and goes through the
// rows in order, so that transactions hold the rows for a short time and do not deadlock.
func (t *Tx) saveCounts(ctx context.Context) error {
	order := func(a, b shard) int { return cmp.Or(cmp.Compare(a.poolID, b.poolID), cmp.Compare(a.number, b.number)) }
	for _, row := range slices.SortedFunc(maps.Keys(t.counts), order) {
		if t.counts[row] == 0 {
			continue
		}
		err := t.q.AddToUserCount(ctx, gen.AddToUserCountParams{PoolID: row.poolID, Shard: row.number, Added: t.counts[row]})
		if err != nil {
			return fmt.Errorf("count users: %w", err)
		}
	}
	t.counts = nil
	return nil
}
