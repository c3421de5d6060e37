package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service makes and checks tokens.
type Service struct {
	Store  *store.Store
	Keys   *Keyring
	Issuer Issuer
	Now    func() time.Time
}

// Set holds the tokens of a finished sign-in.
type Set struct {
	Access    string
	ID        string        // empty if the scopes do not ask for one
	Refresh   string        // empty after a refresh without rotation
	ExpiresIn time.Duration // of the access token
	DPoPKey   string        // thumbprint of the key that the access token is bound to; empty for none
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

// Issue is what tokens are made of.
type Issue struct {
	Pool   *cognate.UserPool
	Client *cognate.AppClient
	User   *cognate.User
	Groups GroupConfiguration // of the user
	// Grant is the grant of the tokens. Its Scopes are those of the access token: a refresh can ask for fewer than were granted.
	Grant   cognate.Grant
	Nonce   string   // of the authorization request, for the ID token; empty for none
	DPoPKey string   // thumbprint of the key that the access token is bound to; empty for none
	Changes *Changes // of the pool's trigger; nil changes nothing
}

// Mint signs an access token of a grant, and an ID token if its scopes ask for one. It computes two RSA signatures, so call it
// outside transactions.
func (s *Service) Mint(ctx context.Context, i *Issue) (*Set, error) {
	keys, err := s.Keys.of(ctx, i.Pool)
	if err != nil {
		return nil, fmt.Errorf("mint tokens: %w", err)
	}
	claims := s.accessClaims(i)
	maps.Copy(claims, i.Groups.Claims(cognate.TokenUseAccess))
	i.Changes.Apply(cognate.TokenUseAccess, claims)
	access, err := keys.sign(cognate.TokenUseAccess, claims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint access token: %w", err)
	}
	set := &Set{Access: access, ExpiresIn: i.Client.AccessTokenTTL(), DPoPKey: i.DPoPKey}
	if !i.Grant.HasIDToken() {
		return set, nil
	}
	claims = s.idClaims(i)
	if i.Grant.IsOAuth() {
		claims["at_hash"] = accessTokenHash(access)
	}
	maps.Copy(claims, i.Groups.Claims(cognate.TokenUseID))
	i.Changes.Apply(cognate.TokenUseID, claims)
	set.ID, err = keys.sign(cognate.TokenUseID, claims, s.Now())
	if err != nil {
		return nil, fmt.Errorf("mint ID token: %w", err)
	}
	return set, nil
}

// accessTokenHash returns the at_hash of an access token. Source: OpenID Connect Core 1.0 section 3.1.3.6.
func accessTokenHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
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
	signed, err := signer.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// commonClaims returns the claims that both tokens of a grant have (docs/behaviour.md §3.2).
func (s *Service) commonClaims(i *Issue, use cognate.TokenUse, ttl time.Duration) map[string]any {
	now, g := s.Now().Unix(), &i.Grant
	claims := map[string]any{
		"sub": i.User.Sub, "iss": s.Issuer.Of(i.Pool), "token_use": string(use), "event_id": g.ID,
		"auth_time": g.AuthTime.Unix(), "iat": now, "exp": now + int64(ttl/time.Second),
	}
	if g.ACR != "" {
		claims["acr"], claims["amr"] = g.ACR, append(cognate.Methods{}, g.Methods...) // an empty list, not null
	}
	if i.Client.TokenRevocation { // with false, tokens have neither (docs/behaviour.md §3.4)
		claims["jti"], claims["origin_jti"] = uuid.NewString(), g.OriginJTI
	}
	return claims
}

func (s *Service) accessClaims(i *Issue) map[string]any {
	claims := s.commonClaims(i, cognate.TokenUseAccess, i.Client.AccessTokenTTL())
	claims["client_id"] = i.Client.ID
	claims["username"] = i.User.Username
	claims["scope"] = strings.Join(i.Grant.GrantedScopes(), " ")
	if i.Grant.IsOAuth() {
		claims["version"] = oauthTokenVersion
	}
	if i.Grant.Resource != "" {
		claims["aud"] = i.Grant.Resource
	}
	if i.Grant.Device.Key != "" {
		claims["device_key"] = i.Grant.Device.Key
	}
	bindTo(claims, i.DPoPKey)
	return claims
}

// bindTo binds an access token to the key with a thumbprint; "" binds it to none. Source: RFC 9449 section 6.1.
func bindTo(claims map[string]any, dpopKey string) {
	if dpopKey != "" {
		claims["cnf"] = map[string]any{"jkt": dpopKey}
	}
}

func (s *Service) idClaims(i *Issue) map[string]any {
	claims := make(map[string]any)
	for name, value := range VisibleAttributes(i.Client, i.User, i.Grant.Scopes, i.Grant.Claims.IDToken) {
		claims[name] = AttributeClaim(name, value)
	}
	// These are copied after the attributes, so an attribute cannot replace a claim of the server.
	maps.Copy(claims, s.commonClaims(i, cognate.TokenUseID, i.Client.IDTokenTTL()))
	claims["aud"] = i.Client.ID
	if identities := i.User.IdentitiesClaim(); identities != nil {
		claims[cognate.AttributeIdentities] = identities
	}
	claims["cognito:username"] = i.User.Username
	if i.Nonce != "" {
		claims["nonce"] = i.Nonce
	}
	if i.Grant.SSOSession != "" {
		claims["sid"] = i.Grant.SSOSession
	}
	return claims
}

// AttributeClaim returns the claim of an ID token for a stored attribute.
func AttributeClaim(name, value string) any {
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
