package ops

import (
	"encoding/base64"

	"cognate/api"
)

// PageToken returns the pagination token of the page after a key. It is opaque to callers, but not secret: a forged token gives
// access only to pages that the caller can read anyway.
func PageToken(lastKey string) string { return base64.RawURLEncoding.EncodeToString([]byte(lastKey)) }

// PageKey returns the key in a pagination token, or "" for an empty token. isKey reports whether a text has the form of a key.
// Errors: InvalidParameterException.
func PageKey(token string, isKey func(string) bool) (string, error) {
	if token == "" {
		return "", nil
	}
	key, err := base64.RawURLEncoding.DecodeString(token)
	// Decoding ignores line breaks and unused bits. A valid token has neither.
	if err != nil || PageToken(string(key)) != token || !isKey(string(key)) {
		return "", api.InvalidParameterException("Invalid pagination token") // Assumed: the text for an invalid pagination token.
	}
	return string(key), nil
}
