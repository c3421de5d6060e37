package tokens

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"github.com/google/uuid"

	"cognate"
	"cognate/store"
)

// maxGrants is the number of grants that are stored for a user, live or not. It limits what a user can store by signing in
// many times. Beyond it the oldest grants are deleted, and their tokens become invalid.
const maxGrants = 1000

// maxSSOGrants is the same limit for the grants that came from one SSO session.
const maxSSOGrants = 100

// NewGrant returns the grant of a sign-in that finishes now, and its refresh token. The caller stores the grant with
// SaveGrant, in the transaction that finishes the sign-in.
func (s *Service) NewGrant(client *cognate.AppClient, user *cognate.User) (g cognate.Grant, refresh string) {
	secret := make([]byte, refreshSize)
	_, _ = rand.Read(secret) // crypto/rand.Read never fails
	now := s.Now()
	return cognate.Grant{
		PoolID: client.PoolID, ID: uuid.NewString(), ClientID: client.ID, Sub: user.Sub, OriginJTI: uuid.NewString(),
		RefreshHash: newRefreshToken(secret, 0).Hash, AuthTime: now, Created: now, Expires: now.Add(client.RefreshTokenTTL()),
		LastActive: now,
	}, base64.RawURLEncoding.EncodeToString(secret)
}

// SaveGrant stores a new grant. In a pool that tracks sessions it records where the sign-in came from, unless the caller has, and
// if the user has too many sessions it ends those that were idle for the longest time. The caller holds the user's lock (package throttle),
// so concurrent sign-ins are counted one after another. Source: API reference, UserPoolTokenSessionConfigType.
func (s *Service) SaveGrant(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, g cognate.Grant) error {
	if pool.UserSessions.Tracked {
		if err := tx.RevokeIdleGrants(ctx, pool.ID, g.Sub, g.Began(), pool.UserSessions.Limit()-1); err != nil {
			return err
		}
		if g.IPAddress == "" {
			g.RecordActivity(cognate.OriginFrom(ctx), g.Began())
		}
	}
	if err := tx.DeleteOldGrants(ctx, pool.ID, g.Sub, maxGrants-1); err != nil {
		return err
	}
	if g.SSOSession != "" { // all its grants have the same AuthTime, by which DeleteOldGrants counts
		if err := tx.DeleteOldSSOSessionGrants(ctx, pool.ID, g.Sub, g.SSOSession, maxSSOGrants-1); err != nil {
			return err
		}
	}
	return tx.CreateGrant(ctx, g)
}
