package store

import (
	"context"
	"time"

	"cognate"
	"cognate/store/gen"
)

// Principal is the user of a token, with the current rows that the validity of the token depends on.
type Principal struct {
	Pool    *cognate.UserPool
	Client  *cognate.AppClient
	User    *cognate.User
	GrantID string
	// SSOSession is the ID of the SSO session that the grant came from; empty for a sign-in through the API.
	SSOSession string
	Scopes     []string // of the token; set by package tokens
	Revoked    bool     // the grant was revoked
	// UserInfoClaims are those that the client asked for from userInfo, besides the claims of the scopes.
	UserInfoClaims []string
	// Methods and AuthTime are those of the sign-in.
	Methods  cognate.Methods
	AuthTime time.Time
}

// Principal returns the principal of a grant, in one read. Errors: ErrNotFound if the grant, its pool, client or user was
// deleted.
func (s *Store) Principal(ctx context.Context, poolID, grantID string) (*Principal, error) {
	row, err := s.reader.GetPrincipal(ctx, gen.GetPrincipalParams{PoolID: poolID, GrantID: grantID})
	if err != nil {
		return nil, found("get principal", err)
	}
	pr := &Principal{
		GrantID: grantID, SSOSession: row.SsoSession, Revoked: row.Revoked == 1, Methods: splitMethods(row.Amr),
		AuthTime: fromMillis(row.AuthTime), UserInfoClaims: splitScopes(row.UserInfoClaims),
	}
	if pr.Pool, err = s.poolFromRow(row.UserPool); err != nil {
		return nil, err
	}
	if pr.Client, err = s.clientFromRow(row.AppClient); err != nil {
		return nil, err
	}
	if pr.User, err = s.userFromRow(row.User); err != nil {
		return nil, err
	}
	return pr, nil
}
