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

// ClientIssue is what the access token of a client itself is made of.
type ClientIssue struct {
	Pool     *cognate.UserPool
	Client   *cognate.AppClient
	Scopes   []string
	Resource string   // the audience; empty for none
	DPoPKey  string   // thumbprint of the key that the token is bound to; empty for none
	Changes  *Changes // of the pool's trigger; nil changes nothing
}

// MintForClient signs an access token for a client, without a user. The token has no grant, cannot be refreshed or revoked, and
// authorizes no operation on a user. Source: docs/behaviour.md §3.2, M2M access token.
func (s *Service) MintForClient(ctx context.Context, i *ClientIssue) (*Set, error) {
	client := i.Client
	keys, err := s.Keys.of(ctx, i.Pool)
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	now := s.Now().Unix()
	claims := map[string]any{
		"sub": client.ID, "client_id": client.ID, "iss": s.Issuer.Of(i.Pool), "token_use": string(cognate.TokenUseAccess),
		"scope": strings.Join(i.Scopes, " "), "version": oauthTokenVersion, "auth_time": now, "iat": now,
		"exp": now + int64(client.AccessTokenTTL()/time.Second),
	}
	if client.TokenRevocation {
		claims["jti"] = uuid.NewString()
	}
	if i.Resource != "" {
		claims["aud"] = i.Resource
	}
	bindTo(claims, i.DPoPKey)
	i.Changes.Apply(cognate.TokenUseAccess, claims)
	access, err := keys.sign(cognate.TokenUseAccess, claims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint client token: %w", err)
	}
	return &Set{Access: access, ExpiresIn: client.AccessTokenTTL(), DPoPKey: i.DPoPKey}, nil
}
