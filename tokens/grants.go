package tokens

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"github.com/google/uuid"

	"cognate"
	"cognate/store"
)

// maxGrants is how many sign-ins of a user are remembered, live or not. It bounds what somebody can store who signs in
// over and over; past it the oldest are forgotten, and their tokens with them. No real user comes near it.
const maxGrants = 1000

// NewGrant returns the grant of a sign-in that is just now finishing, and its refresh token. The grant is the caller's
// to keep (KeepGrant), in the transaction that finishes the sign-in.
func (s *Service) NewGrant(client *cognate.AppClient, user *cognate.User) (g cognate.Grant, refresh string) {
	secret := make([]byte, refreshSize)
	_, _ = rand.Read(secret) // crypto/rand.Read never fails
	now := s.Now()
	return cognate.Grant{
		PoolID: client.PoolID, ID: uuid.NewString(), ClientID: client.ID, Sub: user.Sub, OriginJTI: uuid.NewString(),
		RefreshHash: newRefreshToken(secret, 0).Hash, AuthTime: now, Expires: now.Add(client.RefreshTokenTTL()), LastActive: now,
	}, base64.RawURLEncoding.EncodeToString(secret)
}

// KeepGrant stores a new grant. In a pool that tracks sessions it makes room first, ending the user's sessions that were
// idle for longest, and records where the sign-in came from. The caller holds the user's door (package lockout), so that
// racing sign-ins are counted one by one. Source: API reference, UserPoolTokenSessionConfigType.
func (s *Service) KeepGrant(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, g cognate.Grant) error {
	if pool.Sessions.Tracked {
		if err := tx.RevokeIdleGrants(ctx, pool.ID, g.Sub, g.AuthTime, pool.Sessions.Limit()-1); err != nil {
			return err
		}
		g.SeenFrom(cognate.OriginFrom(ctx), g.AuthTime)
	}
	if err := tx.DeleteOldGrants(ctx, pool.ID, g.Sub, maxGrants-1); err != nil {
		return err
	}
	return tx.CreateGrant(ctx, g)
}
