package user

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// pageTTL is how long a pagination token is valid. Source: API reference, ListUsers.
const pageTTL = time.Hour

// errPageFilter is the error for a token that ListUsers returned for another filter (docs/behaviour.md §5.6).
var errPageFilter = api.InvalidParameterException("Paging Marker is Invalid for Request")

// pageToken says where a page of ListUsers ended. It is opaque to callers, but not a secret: it contains only what the
// caller has seen, and a forged one gives access to nothing more. Servers of two builds may read each other's tokens, so
// its names never change.
type pageToken struct {
	Pool    string       `json:"Pool"` // with Filter: identifies the list
	Filter  string       `json:"Filter"`
	After   pagePosition `json:"After"`
	Expires int64        `json:"Expires"` // Unix seconds
}

type pagePosition struct {
	Key     string `json:"Key"`
	Created int64  `json:"Created,omitzero"` // Unix milliseconds
	Sub     string `json:"Sub"`
}

func newPageToken(in *api.ListUsersInput, end store.UserPosition, now time.Time) pageToken {
	return pageToken{
		Pool: in.UserPoolId, Filter: in.Filter, After: pagePosition(end), Expires: now.Add(pageTTL).Unix(),
	}
}

// String returns the token for the caller.
func (t pageToken) String() string {
	text, err := json.Marshal(t)
	if err != nil { // strings from a checked request and from the store: always UTF-8
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parsePageToken returns the position before the request's page. Errors: InvalidParameterException, also for an expired token
// and for the token of another pool or filter.
func parsePageToken(in *api.ListUsersInput, now time.Time) (store.UserPosition, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(in.PaginationToken)
	if err != nil {
		return store.UserPosition{}, ops.ErrPageToken
	}
	var t pageToken
	if err := json.Unmarshal(text, &t, json.RejectUnknownMembers(true)); err != nil {
		return store.UserPosition{}, ops.ErrPageToken
	}
	made := t.After.Key != "" && !strings.ContainsRune(t.After.Key+t.After.Sub, 0)
	switch {
	case !made || t.Pool != in.UserPoolId || now.Unix() >= t.Expires:
		return store.UserPosition{}, ops.ErrPageToken
	case t.Filter != in.Filter:
		return store.UserPosition{}, errPageFilter
	}
	return store.UserPosition(t.After), nil
}
