package tokens

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"cognate"
)

// oauthTokenVersion is the version claim of access tokens that the OAuth 2.0 endpoints issue. Source: docs/behaviour.md §3.2.
const oauthTokenVersion = 2

// MintForClient signs an access token for a client, without a user. resource is its audience; empty for none. The token has
// no grant, cannot be refreshed or revoked, and authorizes no operation on a user. Source: docs/behaviour.md §3.2, M2M access token.
func (s *Service) MintForClient(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, scopes []string, resource string, changes *Changes) (*Set, error) {
	keys, err := s.Keys.of(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	now := s.Now().Unix()
	claims := map[string]any{
		"sub": client.ID, "client_id": client.ID, "iss": s.Issuer.Of(pool), "token_use": string(cognate.TokenUseAccess),
		"scope": strings.Join(scopes, " "), "version": oauthTokenVersion, "auth_time": now, "iat": now,
		"exp": now + int64(client.AccessTokenTTL()/time.Second),
	}
	if client.TokenRevocation {
		claims["jti"] = uuid.NewString()
	}
	if resource != "" {
		claims["aud"] = resource
	}
	changes.Apply(cognate.TokenUseAccess, claims)
	access, err := keys.sign(cognate.TokenUseAccess, claims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	return &Set{Access: access, ExpiresIn: client.AccessTokenTTL()}, nil
}
