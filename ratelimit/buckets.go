package ratelimit

import (
	"container/heap"
	"context"
	"hash/maphash"
	"sync"
	"time"
)

const (
	// maxKeys is the number of keys that one limiter remembers.
	maxKeys = 100_000
	shards  = 16
)

// buckets holds the state of a limiter, by key: the time from which the whole limit is available to the key again. It holds at most
// maxKeys keys. A full shard forgets the key that has used least of its limit. So an attacker who sends requests with many keys makes
// it forget those keys. It keeps the key that limits the attacker, unless each of the many keys uses as much.
//
// It implements throttled.GCRAStoreCtx.
type buckets struct {
	now    func() time.Time
	seed   maphash.Seed // unknown to clients, who cannot choose the shard of a key
	shards [shards]shard
	most   int // keys of a shard
}

type shard struct {
	mu   sync.Mutex
	keys map[string]*bucket
	heap byUse
}

// bucket is the state of one key.
type bucket struct {
	key   string
	until int64 // when the whole limit is available again, in Unix nanoseconds
	index int   // in the heap
}

func newBuckets(now func() time.Time, most int) *buckets {
	b := &buckets{now: now, seed: maphash.MakeSeed(), most: most / shards}
	for i := range b.shards {
		b.shards[i].keys = make(map[string]*bucket)
	}
	return b
}

func (b *buckets) shard(key string) *shard { return &b.shards[maphash.String(b.seed, key)%shards] }

// GetWithTime returns the state of a key, or -1 if it has used nothing.
func (b *buckets) GetWithTime(_ context.Context, key string) (int64, time.Time, error) {
	now := b.now()
	s := b.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.keys[key]; k != nil && k.until > now.UnixNano() {
		return k.until, now, nil
	}
	return -1, now, nil
}

// SetIfNotExistsWithTTL sets the state of a key that has used nothing.
func (b *buckets) SetIfNotExistsWithTTL(_ context.Context, key string, value int64, _ time.Duration) (bool, error) {
	now := b.now().UnixNano()
	s := b.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.keys[key]; k != nil {
		if k.until > now {
			return false, nil
		}
		s.set(k, value)
		return true, nil
	}
	s.forget(now, b.most-1)
	k := &bucket{key: key, until: value}
	s.keys[key] = k
	heap.Push(&s.heap, k)
	return true, nil
}

// CompareAndSwapWithTTL replaces the state of a key.
func (b *buckets) CompareAndSwapWithTTL(_ context.Context, key string, before, after int64, _ time.Duration) (bool, error) {
	s := b.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[key]
	if k == nil || k.until != before {
		return false, nil
	}
	s.set(k, after)
	return true, nil
}

func (s *shard) set(k *bucket, until int64) {
	k.until = until
	heap.Fix(&s.heap, k.index)
}

// forget deletes keys until at most that many are left, and up to two keys that have nothing left.
func (s *shard) forget(now int64, most int) {
	for i := 0; len(s.heap) > most || i < 2 && len(s.heap) > 0 && s.heap[0].until <= now; i++ {
		if first, ok := heap.Pop(&s.heap).(*bucket); ok { // the heap holds nothing else
			delete(s.keys, first.key)
		}
	}
}

func (b *buckets) len() int {
	n := 0
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		n += len(s.keys)
		s.mu.Unlock()
	}
	return n
}

// byUse is a heap of keys. The first has used least.
type byUse []*bucket

func (h byUse) Len() int           { return len(h) }
func (h byUse) Less(i, j int) bool { return h[i].until < h[j].until }

func (h byUse) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *byUse) Push(x any) {
	k, ok := x.(*bucket)
	if !ok {
		panic("ratelimit: not a bucket") // set passes no other
	}
	k.index = len(*h)
	*h = append(*h, k)
}

// Pop implements heap.Interface.
func (h *byUse) Pop() any {
	last := len(*h) - 1
	k := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return k
}
