package tokens

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"cognate"
)

const (
	// logoutTokenType keeps a logout token from being taken for another one. Source: OpenID Connect Back-Channel Logout 1.0 section
	// 2.4.
	logoutTokenType = "logout+jwt"
	logoutEvent     = "http://schemas.openid.net/event/backchannel-logout"
	logoutTokenTTL  = 2 * time.Minute
)

// LogoutToken signs a token that tells a client that the SSO session of a user has ended. It has no token_use, so nothing takes it
// for an ID token. Source: OpenID Connect Back-Channel Logout 1.0 section 2.4.
func (s *Service) LogoutToken(ctx context.Context, pool *cognate.UserPool, clientID, sub, session string) (string, error) {
	keys, err := s.Keys.of(ctx, pool)
	if err != nil {
		return "", err
	}
	signer, err := keys.signer(cognate.TokenUseID, s.Now())
	if err != nil {
		return "", err
	}
	now := s.Now()
	payload, err := json.Marshal(map[string]any{
		"iss": s.Issuer.Of(pool), "aud": clientID, "sub": sub, "sid": session, "jti": uuid.NewString(),
		"iat": now.Unix(), "exp": now.Add(logoutTokenTTL).Unix(), "events": map[string]any{logoutEvent: struct{}{}},
	}, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	signed, err := signer.logout.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
