package ops

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"

	"cognate/api"
)

// PageList identifies a list that an operation returns in pages. A pagination token is valid for its own list only.
type PageList struct {
	Operation string
	Owner     string // the ID of the pool; for a list of pools, what names the account and the region
	Filter    string // what else selects the entries: members of the request, or the user; empty for all entries of the owner
}

// ErrPageToken is the error for a token that the operation did not return for the list.
// Assumed: the text for an invalid pagination token.
var ErrPageToken = api.InvalidParameterException("Invalid pagination token")

// pageToken is the content of a pagination token. It is opaque to callers, but not secret: it has only what the caller has
// seen, and a forged one gives access only to pages that the caller can read anyway. Servers of two builds may read each
// other's tokens, so the names never change.
type pageToken struct {
	Operation string   `json:"Operation"`
	Owner     string   `json:"Owner"`
	Filter    string   `json:"Filter"`
	After     []string `json:"After"`
}

// Token returns the pagination token of the page after the entry at a position. A position has one text for each column that
// the list is ordered by.
func (l PageList) Token(position ...string) string {
	text, err := json.Marshal(pageToken{l.Operation, l.Owner, l.Filter, position})
	if err != nil { // strings from a checked request and from the store: always UTF-8
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// After returns the position in a pagination token, with that number of texts. Without a token the texts are empty.
// Errors: InvalidParameterException, also for the token of another list.
func (l PageList) After(token string, texts int) ([]string, error) {
	if token == "" {
		return make([]string, texts), nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, ErrPageToken
	}
	var t pageToken
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, ErrPageToken
	}
	// The list makes its own token again. This compares the list, and rejects other spellings of the same content.
	if len(t.After) != texts || l.Token(t.After...) != token || strings.ContainsRune(strings.Join(t.After, ""), 0) {
		return nil, ErrPageToken
	}
	return t.After, nil
}

// PageSize returns the number of entries of a page: the limit of the request, or most if the request has no limit or 0.
func PageSize(limit *int, most int) int {
	if limit == nil || *limit == 0 {
		return most
	}
	return *limit
}

// Page cuts entries, of which the caller has read one more than a page has, to the page. next is the token of the next page,
// "" after the last one. position returns the position of an entry.
func Page[T any](l PageList, entries []T, size int, position func(T) []string) (page []T, next string) {
	if len(entries) <= size {
		return entries, ""
	}
	return entries[:size], l.Token(position(entries[size-1])...)
}
