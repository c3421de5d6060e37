package tokens

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"time"
)

// keyBits is the size of a pool's signing keys: RS256 with 2048 bits, as clients of the service expect (docs/behaviour.md §3.1).
const keyBits = 2048

// KeySource provides new RSA keys, each only once.
type KeySource interface {
	// Take returns a key that is ready. Without one, it makes a key.
	Take(ctx context.Context) (*rsa.PrivateKey, error)
	// TakeReady returns count keys, or none if fewer are ready. It does not wait.
	TakeReady(count int) []*rsa.PrivateKey
	// Next returns a key that is ready. Without one, it waits for it.
	Next(ctx context.Context) (*rsa.PrivateKey, error)
}

// Reserve is a KeySource that makes keys in advance, so creating a pool does not wait for its two keys.
type Reserve struct {
	ready chan *rsa.PrivateKey
	// Filled, if set before Run, is called once, when the reserve is full for the first time.
	Filled func()
}

// NewReserve returns an empty reserve for size keys. Run fills it.
func NewReserve(size int) *Reserve {
	return &Reserve{ready: make(chan *rsa.PrivateKey, size)}
}

// Run keeps the reserve full until ctx ends. After each key it pauses for as long as the key took, so requests get at least
// half of the processor.
func (r *Reserve) Run(ctx context.Context) error {
	for {
		began := time.Now() //nolint:forbidigo // real time: what a key cost
		key, err := rsa.GenerateKey(rand.Reader, keyBits)
		if err != nil {
			return err
		}
		if len(r.ready) == cap(r.ready) {
			r.notifyFilled()
		}
		select {
		case <-ctx.Done():
			return nil
		case r.ready <- key:
		}
		rest := time.NewTimer(time.Since(began)) //nolint:forbidigo // as above
		select {
		case <-ctx.Done():
			rest.Stop()
			return nil
		case <-rest.C:
		}
	}
}

// notifyFilled calls Filled, the first time only.
func (r *Reserve) notifyFilled() {
	if r.Filled != nil {
		r.Filled()
		r.Filled = nil
	}
}

// Take returns a key from the reserve, or makes one if the reserve is empty.
func (r *Reserve) Take(ctx context.Context) (*rsa.PrivateKey, error) {
	select {
	case key := <-r.ready:
		return key, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	default:
		return rsa.GenerateKey(rand.Reader, keyBits)
	}
}

// TakeReady returns count keys from the reserve, or none if it has fewer.
func (r *Reserve) TakeReady(count int) []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 0, count)
	for range count {
		select {
		case key := <-r.ready:
			keys = append(keys, key)
		default:
			r.putBack(keys)
			return nil
		}
	}
	return keys
}

// putBack returns unused keys to the reserve. It drops those for which there is no space.
func (r *Reserve) putBack(keys []*rsa.PrivateKey) {
	for _, key := range keys {
		select {
		case r.ready <- key:
		default:
		}
	}
}

// Next returns a key from the reserve. If the reserve is empty, it waits until Run has made a key.
func (r *Reserve) Next(ctx context.Context) (*rsa.PrivateKey, error) {
	select {
	case key := <-r.ready:
		return key, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Ready returns how many keys are in the reserve.
func (r *Reserve) Ready() int { return len(r.ready) }
