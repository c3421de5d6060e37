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

// ScopeUserAdmin is the scope that lets an access token change its own user. It is the only scope that sign-ins through the
// API grant (docs/behaviour.md §3.2).
const ScopeUserAdmin = "aws.cognito.signin.user.admin"

// Service makes and checks tokens.
type Service struct {
	Store  *store.Store
	Keys   *Keyring
	Issuer Issuer
	Now    func() time.Time
}

// Set holds the tokens of a finished sign-in.
type Set struct {
	Access, ID string
	Refresh    string        // empty after a refresh without rotation
	ExpiresIn  time.Duration // of the access token
	// NewDevice identifies the device that the user signed in from, if the device is new; otherwise it is zero.
	NewDevice cognate.DeviceID
}

// ToWire returns the set as the API's AuthenticationResultType.
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

// Mint signs an ID and an access token of a stored grant, with the user's groups and the changes of the pool's trigger; nil
// changes nothing. It computes two RSA signatures, so call it outside transactions.
func (s *Service) Mint(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, groups GroupConfiguration, g cognate.Grant, changes *Changes) (*Set, error) {
	keys, err := s.Keys.of(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("mint tokens: %w", err)
	}
	accessClaims, idClaims := s.accessClaims(pool, client, user, g), s.idClaims(pool, client, user, g)
	maps.Copy(accessClaims, groups.Claims(cognate.TokenUseAccess))
	maps.Copy(idClaims, groups.Claims(cognate.TokenUseID))
	changes.Apply(cognate.TokenUseAccess, accessClaims)
	changes.Apply(cognate.TokenUseID, idClaims)
	access, err := keys.sign(cognate.TokenUseAccess, accessClaims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint access token: %w", err)
	}
	id, err := keys.sign(cognate.TokenUseID, idClaims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint ID token: %w", err)
	}
	return &Set{Access: access, ID: id, ExpiresIn: client.AccessTokenTTL()}, nil
}

func (k *poolKeys) sign(use cognate.TokenUse, claims map[string]any, now time.Time) (string, error) {
	payload, err := json.Marshal(claims, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	signer, err := k.signer(use, now)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// commonClaims returns the claims that both tokens of a grant have (docs/behaviour.md §3.2).
func (s *Service) commonClaims(pool *cognate.UserPool, client *cognate.AppClient, user *cognate.User, g cognate.Grant, use cognate.TokenUse, ttl time.Duration) map[string]any {
	now := s.Now().Unix()
	claims := map[string]any{
		"sub": user.Sub, "iss": s.Issuer.Of(pool), "token_use": string(use), "event_id": g.ID,
		"auth_time": g.AuthTime.Unix(), "iat": now, "exp": now + int64(ttl/time.Second),
	}
	if g.ACR != "" {
		claims["acr"], claims["amr"] = g.ACR, append(cognate.Methods{}, g.Methods...) // an empty list, not null
	}
	if client.TokenRevocation { // with false, tokens have neither (docs/behaviour.md §3.4)
		claims["jti"], claims["origin_jti"] = uuid.NewString(), g.OriginJTI
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
	// These are copied after the attributes, so an attribute cannot replace a claim of the server.
	maps.Copy(claims, s.commonClaims(pool, client, user, g, cognate.TokenUseID, client.IDTokenTTL()))
	claims["aud"] = client.ID
	if identities := user.IdentitiesClaim(); identities != nil {
		claims[cognate.AttributeIdentities] = identities
	}
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
