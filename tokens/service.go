package tokens

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// ScopeUserAdmin is the scope of an access token that may change its own user, and the only one that API sign-in grants
// (docs/behaviour.md §3.2).
const ScopeUserAdmin = "aws.cognito.signin.user.admin"

// Service makes and checks tokens.
type Service struct {
	Store *store.Store
	Keys  *Keyring
	// Issuer returns the iss claim of a pool's tokens: public URL + "/" + pool id.
	Issuer func(poolID string) string
	Now    func() time.Time
}

// Set is what a finished sign-in hands out.
type Set struct {
	Access, ID string
	Refresh    string        // empty after a refresh without rotation
	ExpiresIn  time.Duration // of the access token
	// NewDevice is what the machine that the user signed in from is to be known by from now on; zero for one that is known.
	NewDevice cognate.DeviceID
}

// ToWire returns the set in the shape of the API.
func (s *Set) ToWire() *api.AuthenticationResultType {
	result := &api.AuthenticationResultType{
		AccessToken: s.Access, IdToken: s.ID, RefreshToken: s.Refresh, TokenType: "Bearer",
		ExpiresIn: new(int(s.ExpiresIn / time.Second)),
	}
	if s.NewDevice.Key != "" {
		result.NewDeviceMetadata = &api.NewDeviceMetadataType{DeviceKey: s.NewDevice.Key, DeviceGroupKey: s.NewDevice.GroupKey}
	}
	return result
}

// Mint signs an ID and an access token of a stored grant, with what the pool's owner changes in them; nil changes nothing.
// Two RSA signatures: call it outside transactions.
func (s *Service) Mint(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, g cognate.Grant, changes *Changes) (*Set, error) {
	keys, err := s.Keys.of(ctx, pool.ID)
	if err != nil {
		return nil, fmt.Errorf("mint tokens: %w", err)
	}
	accessClaims, idClaims := s.accessClaims(pool, client, user, g), s.idClaims(pool, client, user, g)
	changes.Apply(cognate.TokenUseAccess, accessClaims)
	changes.Apply(cognate.TokenUseID, idClaims)
	access, err := keys.sign(cognate.TokenUseAccess, accessClaims)
	if err != nil {
		return nil, fmt.Errorf("mint access token: %w", err)
	}
	id, err := keys.sign(cognate.TokenUseID, idClaims)
	if err != nil {
		return nil, fmt.Errorf("mint ID token: %w", err)
	}
	return &Set{Access: access, ID: id, ExpiresIn: client.AccessTokenTTL()}, nil
}

func (k *poolKeys) sign(use cognate.TokenUse, claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	signed, err := k.signers[use].Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// commonClaims are what both tokens of a grant say (docs/behaviour.md §3.2).
func (s *Service) commonClaims(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, g cognate.Grant, use cognate.TokenUse, ttl time.Duration) map[string]any {
	now := s.Now().Unix()
	claims := map[string]any{
		"sub": user.Sub, "iss": s.Issuer(pool.ID), "token_use": string(use), "event_id": g.ID,
		"auth_time": g.AuthTime.Unix(), "iat": now, "exp": now + int64(ttl/time.Second), "jti": uuid.NewString(),
	}
	if client.TokenRevocation {
		claims["origin_jti"] = g.OriginJTI
	}
	return claims
}

func (s *Service) accessClaims(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, g cognate.Grant) map[string]any {
	claims := s.commonClaims(pool, client, user, g, cognate.TokenUseAccess, client.AccessTokenTTL())
	claims["client_id"] = client.ID
	claims["username"] = user.Username
	claims["scope"] = ScopeUserAdmin
	if g.Device.Key != "" {
		claims["device_key"] = g.Device.Key
	}
	return claims
}

func (s *Service) idClaims(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, g cognate.Grant) map[string]any {
	claims := make(map[string]any)
	for name, value := range user.Attributes {
		if client.MayRead(name) {
			claims[name] = attributeClaim(name, value)
		}
	}
	// After the attributes: none of them stands in for what the server says itself.
	maps.Copy(claims, s.commonClaims(pool, client, user, g, cognate.TokenUseID, client.IDTokenTTL()))
	claims["aud"] = client.ID
	claims["cognito:username"] = user.Username
	return claims
}

func attributeClaim(name, value string) any {
	switch name {
	case cognate.AttributeEmailVerified, cognate.AttributePhoneVerified:
		return value == "true"
	case "address":
		return map[string]any{"formatted": value}
	case "updated_at":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	}
	return value
}
