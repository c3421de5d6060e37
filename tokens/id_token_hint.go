package tokens

import (
	"context"
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/store"
)

// IDTokenHint is what an ID token says about the sign-in that it was issued for.
type IDTokenHint struct {
	Sub, ClientID string
	SSOSession    string // the ID of the SSO session; empty for a sign-in through the API
}

// ErrIDTokenHint means that a text is not an ID token of the pool.
var ErrIDTokenHint = errors.New("not an ID token of the pool")

// ReadIDTokenHint checks that a text is an ID token that this server signed for the pool, and returns what it says. The token may
// have expired, and its grant may have ended: it shows only who was signed in. Errors: ErrIDTokenHint.
// Source: OpenID Connect Core 1.0 section 3.1.2.1; OpenID Connect RP-Initiated Logout 1.0 section 4.
func (s *Service) ReadIDTokenHint(ctx context.Context, pool *cognate.UserPool, token string) (*IDTokenHint, error) {
	if len(token) > maxTokenLength {
		return nil, ErrIDTokenHint
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(signed.Signatures) != 1 {
		return nil, ErrIDTokenHint
	}
	public, err := s.Keys.current(ctx, pool, signed.Signatures[0].Header.KeyID)
	if errors.Is(err, errUnknownKey) || errors.Is(err, store.ErrNotFound) {
		return nil, ErrIDTokenHint
	}
	if err != nil {
		return nil, err
	}
	payload, err := signed.Verify(public.key)
	if err != nil || public.use != cognate.TokenUseID {
		return nil, ErrIDTokenHint
	}
	var claims struct {
		Sub        string `json:"sub"`
		Audience   string `json:"aud"`
		TokenUse   string `json:"token_use"`
		SSOSession string `json:"sid"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.TokenUse != string(cognate.TokenUseID) || claims.Sub == "" {
		return nil, ErrIDTokenHint
	}
	return &IDTokenHint{Sub: claims.Sub, ClientID: claims.Audience, SSOSession: claims.SSOSession}, nil
}
