package cognate

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"cognate/internal/useragent"
)

// Grant is one completed sign-in: the family of tokens that came from it and from its refreshes. Revoking it revokes them.
// To users and administrators it shows as a token session.
type Grant struct {
	PoolID   string
	ID       string // event_id of its tokens
	ClientID string
	Sub      string
	// OriginJTI is the origin_jti of its tokens; they show it when the client has token revocation on.
	OriginJTI   string
	RefreshHash []byte // SHA-256 of the sign-in's refresh token, which those that replace it carry sealed
	// Generation is that of the newest refresh token: 0 of the sign-in's own, one more with each rotation.
	Generation int64
	AuthTime   time.Time // of the sign-in; refreshes keep it
	Expires    time.Time // of the refresh tokens; rotations keep it
	Revoked    bool
	// LastActive is when it last made tokens: the sign-in, a rotation and, in a pool that tracks sessions, any refresh.
	LastActive time.Time
	// DeviceType and IPAddress are the caller's at that time. They are empty in a pool that does not track sessions.
	DeviceType, IPAddress string
	// Device is the one that the sign-in was made on, confirmed or just given its keys. There is none in a pool that does
	// not track devices, and none any more once the device is forgotten.
	Device DeviceID
	// SecondFactor says that the sign-in showed one.
	SecondFactor bool
}

// Live reports whether the grant can still make tokens.
func (g *Grant) Live(now time.Time) bool { return !g.Revoked && now.Before(g.Expires) }

// RecordActivity records activity on the grant.
func (g *Grant) RecordActivity(origin Origin, now time.Time) {
	g.LastActive, g.DeviceType, g.IPAddress = now, useragent.DeviceType(origin.UserAgent), origin.IPAddress
}

// sessionIDDigits is how many letters and digits follow "tkn" in the identifier of a token session; they hold 125 bits.
const tokenSessionDigits = 25

// SessionID returns the grant's identifier as a token session: "tkn" and 25 lower-case letters and digits. It follows from
// the grant's own and is no secret. Source: API reference, SessionDescriptionType.
func (g *Grant) TokenSessionID() string {
	sum := sha256.Sum256([]byte("token session/" + g.PoolID + "/" + g.ID))
	return "tkn" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:tokenSessionDigits]
}
