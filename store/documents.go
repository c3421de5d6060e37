package store

import (
	"errors"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// documents remembers decoded documents by their row's version, so that a hot row is decoded once. A row is always read
// from the database first: what is here only saves the parsing, and can't be stale.
type documents[T any] struct {
	mu   sync.Mutex
	kept map[string]versioned[T]
}

type versioned[T any] struct {
	version int64
	noun    *T
}

// maxDocuments bounds the memory; past it an arbitrary entry makes room.
const maxDocuments = 2048

// decoded returns the noun of a row, from the cache or by decode. The result is shared: callers must not change it.
func (d *documents[T]) decoded(id string, version int64, decode func() (*T, error)) (*T, error) {
	d.mu.Lock()
	e, ok := d.kept[id]
	d.mu.Unlock()
	if ok && e.version == version {
		return e.noun, nil
	}
	noun, err := decode()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = make(map[string]versioned[T])
	}
	if len(d.kept) >= maxDocuments {
		for other := range d.kept {
			delete(d.kept, other)
			break
		}
	}
	d.kept[id] = versioned[T]{version, noun}
	return noun, nil
}

func encode(doing string, d document) (string, error) {
	// null, so that a list that was never set comes back as it was and not as an empty one
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
