package tokens

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"cognate"
)

// versionOfClientTokens is their claim version. Source: docs/behaviour.md §3.2.
const versionOfClientTokens = 2

// MintForClient signs an access token in the name of a client, which no user stands behind: it has no grant, can't be
// refreshed or revoked, and opens no operation on a user. Source: docs/behaviour.md §3.2, M2M access token.
func (s *Service) MintForClient(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, scopes []string, changes *Changes) (*Set, error) {
	keys, err := s.Keys.of(ctx, pool.ID)
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	now := s.Now().Unix()
	claims := map[string]any{
		"sub": client.ID, "client_id": client.ID, "iss": s.Issuer(pool.ID), "token_use": string(cognate.TokenUseAccess),
		"scope": strings.Join(scopes, " "), "version": versionOfClientTokens, "auth_time": now, "iat": now,
		"exp": now + int64(client.AccessTokenTTL()/time.Second), "jti": uuid.NewString(),
	}
	changes.Apply(cognate.TokenUseAccess, claims)
	access, err := keys.sign(cognate.TokenUseAccess, claims)
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	return &Set{Access: access, ExpiresIn: client.AccessTokenTTL()}, nil
}
