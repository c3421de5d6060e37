package ops

import (
	"encoding/base64"

	"cognate/api"
)

// PageToken returns the pagination token for what comes after a key. It is opaque to callers, not secret: whoever makes
// one up gets no further than whoever pages through the list.
func PageToken(lastKey string) string { return base64.RawURLEncoding.EncodeToString([]byte(lastKey)) }

// PageKey returns the key in a pagination token; the empty token is the list's beginning. isKey tells the keys of the
// list from others. Errors: InvalidParameterException.
func PageKey(token string, isKey func(string) bool) (string, error) {
	if token == "" {
		return "", nil
	}
	key, err := base64.RawURLEncoding.DecodeString(token)
	// Decoding passes over line breaks and stray bits; a token of ours has neither.
	if err != nil || PageToken(string(key)) != token || !isKey(string(key)) {
		return "", api.InvalidParameterException("Invalid pagination token") // Assumed: the text for an invalid pagination token.
	}
	return string(key), nil
}
