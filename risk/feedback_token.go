package risk

import (
	"encoding/base64"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
)

// tokenTTL is how long the token of an email about an event can give feedback.
// Assumed: a feedback token is valid for 24 hours.
const tokenTTL = 24 * time.Hour

// tokenAAD is the associated data of every feedback token, so other sealed values are not accepted as tokens.
const tokenAAD = "feedback token"

// feedbackToken is the content of a token, before it is sealed: the event that it is for.
type feedbackToken struct {
	PoolID  string `json:"PoolID"`
	Sub     string `json:"Sub"`
	EventID string `json:"EventID"`
	Expires int64  `json:"Expires"` // unix milliseconds
}

// NewToken returns a token with which the user can give feedback about an event, and when it expires. It has only characters that
// need no escape in a URL.
func (s *Service) NewToken(e *cognate.AuthEvent) (token string, expires time.Time, err error) {
	expires = s.Now().Add(tokenTTL)
	plain, err := json.Marshal(feedbackToken{PoolID: e.PoolID, Sub: e.Sub, EventID: e.ID, Expires: expires.UnixMilli()})
	if err != nil {
		return "", time.Time{}, err
	}
	sealed, err := s.Store.Box().Seal(plain, tokenAAD)
	if err != nil {
		return "", time.Time{}, err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), expires, nil
}

// errToken refuses a feedback token. It says nothing about users and events.
// Assumed: the type and text for a feedback token that is invalid, expired, used, or for another user or event.
var errToken = api.NotAuthorizedException("Invalid feedback token.")

// openToken returns the content of a token that is not expired. Errors: errToken.
func (s *Service) openToken(text string) (*feedbackToken, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errToken
	}
	plain, err := s.Store.Box().Open(sealed, tokenAAD)
	if err != nil {
		return nil, errToken
	}
	var t feedbackToken
	if err := json.Unmarshal(plain, &t); err != nil || s.Now().UnixMilli() >= t.Expires {
		return nil, errToken
	}
	return &t, nil
}
