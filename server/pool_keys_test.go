package server_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
)

// heldKeys is an empty reserve of signing keys. The test gives it the keys of requests and those of the background work.
type heldKeys struct {
	wanted              chan struct{} // receives a value when a request wants a key
	request, background chan *rsa.PrivateKey
}

func (*heldKeys) TakeReady(int) []*rsa.PrivateKey { return nil }

func (k *heldKeys) Take(ctx context.Context) (*rsa.PrivateKey, error) {
	k.wanted <- struct{}{}
	return k.from(ctx, k.request)
}

func (k *heldKeys) Next(ctx context.Context) (*rsa.PrivateKey, error) {
	return k.from(ctx, k.background)
}

func (*heldKeys) from(ctx context.Context, keys chan *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	select {
	case key := <-keys:
		return key, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// CreateUserPool does not wait for signing keys. The server makes them afterwards, and a client that reads the JWKS earlier waits for them.
func TestPoolsWithoutKeys(t *testing.T) {
	t.Parallel()
	keys := &heldKeys{make(chan struct{}, 2), make(chan *rsa.PrivateKey), make(chan *rsa.PrivateKey)}
	s := cognatetest.Start(t, func(c *server.Config) { c.SigningKeys = keys })
	create := func() string {
		out, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"}) // no key can be made yet
		if err != nil {
			t.Fatalf("CreateUserPool() = %v", err)
		}
		return out.UserPool.Id
	}
	give := func(to chan *rsa.PrivateKey) {
		for range 2 {
			key, err := rsa.GenerateKey(rand.Reader, 1024)
			if err != nil {
				t.Fatal(err)
			}
			select {
			case to <- key:
			case <-time.After(time.Minute):
				t.Fatal("no work wants a key")
			}
		}
	}

	inBackground := create()
	give(keys.background)
	for late := time.After(time.Minute); ; {
		stored, err := s.Store.SigningKeys(t.Context(), inBackground)
		if err != nil {
			t.Fatalf("SigningKeys() = %v", err)
		}
		if len(stored) == 2 {
			break
		}
		select {
		case <-late:
			t.Fatalf("the background work has stored %d keys, want 2", len(stored))
		case <-time.After(time.Millisecond):
		}
	}

	read := make(chan int, 1)
	wanted := create()
	go func() { read <- countKeys(t, s.URL+"/"+wanted+"/.well-known/jwks.json") }()
	<-keys.wanted
	select {
	case n := <-read:
		t.Errorf("the JWKS was answered with %d keys before they were made", n)
	default:
	}
	give(keys.request)
	if n := <-read; n != 2 {
		t.Errorf("the JWKS has %d keys, want 2", n)
	}
}

// countKeys returns how many keys a JWKS has.
func countKeys(t *testing.T, url string) int {
	resp, err := http.Get(url)
	if err != nil {
		t.Errorf("read the JWKS: %v", err)
		return 0
	}
	defer resp.Body.Close()
	var set struct{ Keys []json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Errorf("decode the JWKS: %v", err)
	}
	return len(set.Keys)
}
