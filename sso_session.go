package cognate

import (
	"crypto/sha256"
	"time"

	"cognate/internal/useragent"
)

// SSOSession is the sign-in of a browser at the pages of a pool. Until it ends, clients of the pool can sign the user in without
// a challenge. The wire name is "SSO session".
// Source: docs/behaviour.md §3.7.
type SSOSession struct {
	PoolID, ID string // the ID is not secret; ID tokens have it as "sid"
	SecretHash []byte // SSOSecretHash of the value of the browser's cookie
	Sub        string
	ClientID   string    // where the user signed in
	AuthTime   time.Time // of the sign-in; nothing changes it
	Expires    time.Time // AuthTime and the ClientID's MaxValidityMinutes; nothing changes it
	Stamp      int64     // the user's Stamp at the sign-in: if it is raised, the session ends
	// Methods are those that the sign-in has proven, and SecondFactor says that one of them was a second factor.
	Methods      Methods
	SecondFactor bool
	// DeviceType and IPAddress are those of the browser at LastActive, which is the time of its last use.
	DeviceType, IPAddress string
	LastActive            time.Time
}

// SignInWindow is how long a sign-in on the pages can take, and how long its last page can still end in a code.
// Source: docs/behaviour.md §7.6.
const SignInWindow = 5 * time.Minute

// NewSSOSessionID returns a random ID: "sso" and 25 lower-case letters and digits (docs/behaviour.md §3.7).
func NewSSOSessionID() string { return "sso" + randomText(lowerAlphanumerics, 25) }

// NewSSOSecret returns a random value for the cookie of a browser: 43 letters and digits, about 256 bits.
func NewSSOSecret() string { return randomText(alphanumerics, 43) }

// SSOSecretHash returns the SHA-256 of the value of a cookie. A plain hash is enough for 256 random bits.
func SSOSecretHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// IsLive reports whether the session has not ended, for the user as stored now. A disabled user has none.
func (s *SSOSession) IsLive(user *User, now time.Time) bool {
	return now.Before(s.Expires) && s.isOf(user)
}

// IsFresh reports whether the sign-in of the session can still be going on: the page that follows it, for the client where the
// user signed in, may use it even if the client always asks.
func (s *SSOSession) IsFresh(user *User, now time.Time) bool {
	return now.Before(s.AuthTime.Add(SignInWindow)) && s.isOf(user)
}

func (s *SSOSession) isOf(user *User) bool {
	return user.Enabled && user.PoolID == s.PoolID && user.Sub == s.Sub && user.Stamp == s.Stamp
}

// Serves reports whether a client can sign the user in without a challenge: the client's own MaxValidityMinutes also count from
// the sign-in. A client with 0 always asks.
// Assumed: of two clients with different MaxValidityMinutes, the client where the user signed in limits the session, and the
// client that uses the session limits itself. So the shorter time counts.
func (s *SSOSession) Serves(client *AppClient, now time.Time) bool {
	return client.PoolID == s.PoolID && now.Before(s.Expires) && now.Before(s.AuthTime.Add(client.SSOSessionTTL()))
}

// RecordActivity records a use of the session.
func (s *SSOSession) RecordActivity(origin Origin, now time.Time) {
	s.LastActive, s.DeviceType, s.IPAddress = now, useragent.DeviceType(origin.UserAgent), origin.IPAddress
}
