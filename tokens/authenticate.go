package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// maxTokenLength limits what is parsed. An access token has about 1,000 bytes, and up to 54,000 with the names of 100 groups.
const maxTokenLength = 64 << 10

type accessTokenClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
	EventID  string `json:"event_id"`
	ClientID string `json:"client_id"`
	Expires  int64  `json:"exp"`
	Issued   int64  `json:"iat"`
	ID       string `json:"jti"`
	Audience any    `json:"aud"`
	// Confirmation names the key that the token is bound to. Source: RFC 9449 section 6.1.
	Confirmation struct {
		Key string `json:"jkt"`
	} `json:"cnf"`

	keyID string // kid of the header
}

// Authenticate checks an access token fully for an operation of the API. See AuthenticateFor. The API has no proofs of keys, so it
// accepts no token that is bound to a key.
func (s *Service) Authenticate(ctx context.Context, token string) (*store.Principal, error) {
	return s.AuthenticateFor(ctx, token, cognate.ScopeUserAdmin, "")
}

// AuthenticateFor checks an access token fully: form, algorithm, issuer, signature, use, expiry, the key, that it has the scope,
// revocation, and that its pool, client and user still exist and the user is enabled. dpopKey is the thumbprint of the key that the
// request has proven; empty for none. A token that is bound to a key needs this key, and another token must come without one.
//
// Errors: api.ErrInvalidAccessToken, ErrTokenSignature, ErrTokenExpired, ErrTokenScope, ErrTokenRevoked,
// ErrUserDoesNotExist. Source: docs/behaviour.md §1.3, access-token failures.
func (s *Service) AuthenticateFor(ctx context.Context, token, scope, dpopKey string) (*store.Principal, error) {
	claims, poolID, err := s.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Expires <= s.Now().Unix() {
		return nil, api.ErrTokenExpired
	}
	if claims.Confirmation.Key != dpopKey {
		return nil, api.ErrInvalidAccessToken
	}
	scopes := splitScopes(claims.Scope)
	if !slices.Contains(scopes, scope) {
		return nil, api.ErrTokenScope
	}
	pr, err := s.principal(ctx, poolID, claims)
	if err != nil {
		return nil, err
	}
	pr.Scopes = scopes
	// verify may have used a key that another server has deleted since.
	if err := s.RequireKey(ctx, pr.Pool, &AccessToken{keyID: claims.keyID}); err != nil {
		return nil, err
	}
	return pr, nil
}

// ErrNotAccessToken is the error for a token of another kind, which this server did sign. It is an ErrInvalidAccessToken.
var ErrNotAccessToken = fmt.Errorf("another kind of token: %w", api.ErrInvalidAccessToken)

// AccessToken is the content of an access token.
type AccessToken struct {
	PoolID, ClientID string
	GrantID          string // empty for a token of a client itself
	Sub              string // the ID of the client in a token of a client itself
	Issuer, ID       string // iss and jti; the ID may be empty
	Audience         any    // a text or a list; nil without one
	Scopes           []string
	Issued, Expires  time.Time
	DPoPKey          string // thumbprint of the key that the token is bound to; empty for none

	keyID string // kid of the header
}

// Read checks the signature of an access token of this server and returns its content. It does not check the expiry, and not
// whether the sign-in still exists.
// Errors: ErrNotAccessToken; api.ErrInvalidAccessToken, ErrTokenSignature.
func (s *Service) Read(ctx context.Context, token string) (*AccessToken, error) {
	claims, poolID, err := s.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	return &AccessToken{
		PoolID: poolID, ClientID: claims.ClientID, GrantID: claims.EventID, Sub: claims.Subject, Issuer: claims.Issuer, ID: claims.ID,
		Audience: claims.Audience, Scopes: splitScopes(claims.Scope), Issued: time.Unix(claims.Issued, 0), Expires: time.Unix(claims.Expires, 0),
		DPoPKey: claims.Confirmation.Key, keyID: claims.keyID,
	}, nil
}

// RequireKey returns an error if the pool, as read in this request, no longer has the key of a token: another server may have
// deleted it since. Errors: api.ErrInvalidAccessToken, ErrTokenSignature.
func (s *Service) RequireKey(ctx context.Context, pool *cognate.UserPool, t *AccessToken) error {
	if _, err := s.Keys.current(ctx, pool, t.keyID); err != nil {
		return keyError(err)
	}
	return nil
}

// verify checks that the token is an access token that this server signed for one of its pools.
func (s *Service) verify(ctx context.Context, token string) (*accessTokenClaims, string, error) {
	if len(token) > maxTokenLength {
		return nil, "", api.ErrInvalidAccessToken
	}
	// Only this algorithm is accepted. This rejects "none" and tokens that use a public key as an HMAC secret.
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(signed.Signatures) != 1 {
		return nil, "", api.ErrInvalidAccessToken
	}
	// The issuer only selects the keys to try. It is trusted after the signature is verified.
	var claims accessTokenClaims
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return nil, "", api.ErrInvalidAccessToken
	}
	poolID, ok := s.Issuer.poolOf(claims.Issuer)
	if !ok {
		return nil, "", api.ErrInvalidAccessToken
	}
	claims.keyID = signed.Signatures[0].Header.KeyID
	public, err := s.Keys.lookUp(ctx, poolID, claims.keyID)
	if err != nil {
		return nil, "", keyError(err)
	}
	if _, err := signed.Verify(public.key); err != nil {
		return nil, "", api.ErrTokenSignature
	}
	if public.use != cognate.TokenUseAccess || claims.TokenUse != string(cognate.TokenUseAccess) {
		return nil, "", ErrNotAccessToken
	}
	return &claims, poolID, nil
}

// keyError returns the error for a token whose pool or key was not found. It returns other errors unchanged.
func keyError(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return api.ErrInvalidAccessToken
	case errors.Is(err, errUnknownKey):
		return api.ErrTokenSignature
	default:
		return err
	}
}

func (s *Service) principal(ctx context.Context, poolID string, claims *accessTokenClaims) (*store.Principal, error) {
	pr, err := s.Store.Principal(ctx, poolID, claims.EventID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.missingError(ctx, poolID, claims.Subject)
	}
	if err != nil {
		return nil, err
	}
	if pr.User.Sub != claims.Subject || pr.Client.ID != claims.ClientID {
		return nil, api.ErrInvalidAccessToken
	}
	if pr.Revoked || !pr.User.Enabled {
		return nil, api.ErrTokenRevoked
	}
	return pr, nil
}

// missingError returns the error for a token without a grant: its user was deleted, or its grant was deleted with its
// client.
func (s *Service) missingError(ctx context.Context, poolID, sub string) error {
	_, err := s.Store.User(ctx, poolID, sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return api.ErrUserDoesNotExist
	case err != nil:
		return err
	default:
		return api.ErrTokenRevoked
	}
}
