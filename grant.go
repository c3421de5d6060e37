package cognate

import "time"

// Grant is one completed sign-in: the family of tokens that came from it and from its refreshes. Revoking it revokes them.
type Grant struct {
	PoolID   string
	ID       string // event_id of its tokens
	ClientID string
	Sub      string
	// OriginJTI is the origin_jti of its tokens; they show it when the client has token revocation on.
	OriginJTI   string
	RefreshHash []byte    // SHA-256 of the refresh token
	AuthTime    time.Time // of the sign-in; refreshes keep it
	Expires     time.Time // of the refresh token
	Revoked     bool
	// Device is the one that the sign-in was made on, confirmed or just given its keys. There is none in a pool that does
	// not track devices, and none any more once the device is forgotten.
	Device DeviceID
}
