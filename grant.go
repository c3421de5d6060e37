package cognate

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"cognate/internal/useragent"
)

// Grant is one completed sign-in with the tokens of the sign-in and its refreshes. Revoking the grant revokes the tokens.
// Users and administrators see it as a token session.
type Grant struct {
	PoolID   string
	ID       string // event_id of its tokens
	ClientID string
	Sub      string
	// OriginJTI is the origin_jti of its tokens. They contain it if the client has token revocation on.
	OriginJTI   string
	RefreshHash []byte // SHA-256 of the first refresh token, which later refresh tokens contain in sealed form
	// Generation is the number of the newest refresh token: 0 for the first one, one more after each rotation.
	Generation int64
	AuthTime   time.Time // of the sign-in; refreshes do not change it
	Expires    time.Time // of the refresh tokens; rotations do not change it
	Revoked    bool
	// LastActive is the time of the last recorded activity: the sign-in, a rotation and, in a pool that tracks sessions, any
	// refresh.
	LastActive time.Time
	// DeviceType and IPAddress are those of the caller at that time. They are empty in a pool that does not track sessions.
	DeviceType, IPAddress string
	// Device is the device of the sign-in, confirmed or with new keys. It is zero in a pool that does not track devices, and
	// after the device was forgotten.
	Device DeviceID
	// NoDevice says that the sign-in is of a kind without a device, so its tokens can be refreshed without one: it is a custom
	// sign-in that proved neither a password nor a device.
	NoDevice bool
	// SecondFactor says that the sign-in had a second factor.
	SecondFactor bool
	// ACR is the name that the level of the sign-in had in the pool at that time. It is empty in a grant of a release without
	// levels: its tokens have neither "acr" nor "amr".
	ACR     string
	Methods Methods // that the sign-in has proven ("amr")
	// Created is when the grant was made: later than AuthTime if an SSO session signed the user in. It is zero in a grant of a
	// release without SSO sessions (Began).
	Created time.Time
	// Scopes are those that the user granted to the client. They are empty in a grant of the API, which has other rules (IsOAuth).
	Scopes []string
	// Resource is the audience of the access tokens; empty for none. SSOSession is the ID of the SSO session that the grant came
	// from; empty for a sign-in through the API.
	Resource, SSOSession string
	// Claims are those that the client asked for besides the claims of the scopes.
	Claims RequestedClaims
	// DPoPKey is the thumbprint of the only key that can use the refresh tokens (RFC 9449 section 5); empty if they are not bound to
	// a key. Access tokens name their key themselves.
	DPoPKey string
}

// RequestedClaims are names of attributes that an authorization request asks for, besides those that its scopes show. Source: OpenID
// Connect Core 1.0 section 5.5.
type RequestedClaims struct{ IDToken, UserInfo []string }

// ScopeOpenID is the scope that asks for an ID token (OpenID Connect Core 1.0 section 3.1.2.1).
const ScopeOpenID = "openid"

// OpenIDScopes returns the scopes of OpenID Connect that every pool has.
func OpenIDScopes() []string { return []string{ScopeOpenID, "email", "phone", "profile"} }

// ScopeUserAdmin is the scope that lets an access token change its own user. It is the only scope that sign-ins through the
// API grant (docs/behaviour.md §3.2).
const ScopeUserAdmin = "aws.cognito.signin.user.admin"

// IsOAuth reports whether the grant came from the OAuth 2.0 endpoints.
func (g *Grant) IsOAuth() bool { return len(g.Scopes) > 0 }

// GrantedScopes returns the scopes of the access tokens.
func (g *Grant) GrantedScopes() []string {
	if !g.IsOAuth() {
		return []string{ScopeUserAdmin}
	}
	return g.Scopes
}

// HasIDToken reports whether the grant has ID tokens. Those of the API always have one.
func (g *Grant) HasIDToken() bool { return !g.IsOAuth() || slices.Contains(g.Scopes, ScopeOpenID) }

// Live reports whether the grant is neither revoked nor expired.
func (g *Grant) Live(now time.Time) bool { return !g.Revoked && now.Before(g.Expires) }

// Began returns when the grant was made.
func (g *Grant) Began() time.Time {
	if g.Created.IsZero() {
		return g.AuthTime
	}
	return g.Created
}

// RecordActivity records activity on the grant.
func (g *Grant) RecordActivity(origin Origin, now time.Time) {
	g.LastActive, g.DeviceType, g.IPAddress = now, useragent.DeviceType(origin.UserAgent), origin.IPAddress
}

// tokenSessionDigits is the number of letters and digits after "tkn" in the ID of a token session: 125 bits.
const tokenSessionDigits = 25

// TokenSessionID returns the ID of the grant as a token session: "tkn" and 25 lower-case letters and digits. It is derived
// from the grant's ID and is not secret. Source: API reference, SessionDescriptionType.
func (g *Grant) TokenSessionID() string {
	sum := sha256.Sum256([]byte("token session/" + g.PoolID + "/" + g.ID))
	return "tkn" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:tokenSessionDigits]
}
