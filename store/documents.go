package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// documents caches decoded documents by the version of their row, so that a frequently used row is decoded once. Callers
// always read the row from the database first, so the cache saves only the decoding and is never stale.
type documents[T any] struct {
	mu           sync.Mutex
	byID         map[string]versioned[T]
	hits, misses atomic.Int64
}

// use returns how the cache is used.
func (d *documents[T]) use(name string) CacheUse {
	d.mu.Lock()
	defer d.mu.Unlock()
	return CacheUse{Name: name, Entries: len(d.byID), Hits: d.hits.Load(), Misses: d.misses.Load()}
}

type versioned[T any] struct {
	version int64
	noun    *T
}

// maxDocuments limits the memory. A full cache drops an arbitrary entry.
const maxDocuments = 2048

// decoded returns the noun of a row, from the cache or by decode. The result is shared: callers must not change it.
func (d *documents[T]) decoded(id string, version int64, decode func() (*T, error)) (*T, error) {
	d.mu.Lock()
	e, ok := d.byID[id]
	d.mu.Unlock()
	if ok && e.version == version {
		d.hits.Add(1)
		return e.noun, nil
	}
	d.misses.Add(1)
	noun, err := decode()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byID == nil {
		d.byID = make(map[string]versioned[T])
	}
	if len(d.byID) >= maxDocuments {
		for other := range d.byID {
			delete(d.byID, other)
			break
		}
	}
	d.byID[id] = versioned[T]{version, noun}
	return noun, nil
}

func encode(doing string, d document) (string, error) {
	// null keeps a nil list distinct from an empty one
	b, err := json.Marshal(d, json.FormatNilSliceAsNull(true), json.FormatNilMapAsNull(true))
	if err != nil {
		return "", fmt.Errorf("%s: encode: %w", doing, err)
	}
	return string(b), nil
}

// decode fills d from stored text. It ignores members that d does not have.
func decode(doing, text string, d document) error {
	if err := json.Unmarshal([]byte(text), d); err != nil {
		return fmt.Errorf("%s: decode: %w", doing, err)
	}
	if err := d.checkForm(); err != nil {
		return fmt.Errorf("%s: decode: %w", doing, err)
	}
	return nil
}

// document is the stored form of a noun: a struct with a form and an explicit name for each member. Databases in use
// contain these names, so they never change.
type document interface{ checkForm() error }

// form says in which form a document was stored.
type form struct {
	// Version is missing in the first form, which is the only one so far.
	Version jsontext.Value `json:"Version,omitzero"`
}

// errUnknownForm: a later build stored the document.
var errUnknownForm = errors.New("unknown version of the document")

func (f *form) checkForm() error {
	if f.Version != nil {
		return errUnknownForm
	}
	return nil
}
