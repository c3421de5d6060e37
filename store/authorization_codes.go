package store

import (
	"context"
	"fmt"
	"strings"

	"cognate"
	"cognate/store/gen"
)

var authorizationCodeTables = []table{
	{
		name: "authorization_codes", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "code_hash"}, plain: []string{"code_hash"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserAuthorizationCodes(ctx, gen.DeleteUserAuthorizationCodesParams{PoolID: poolID, Sub: sub})
		},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientAuthorizationCodes(ctx, gen.DeleteClientAuthorizationCodesParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// AuthorizationCode returns a code by its hash. Errors: ErrNotFound.
func (s *Store) AuthorizationCode(ctx context.Context, poolID string, hash []byte) (*cognate.AuthorizationCode, error) {
	row, err := s.reader.GetAuthorizationCode(ctx, gen.GetAuthorizationCodeParams{PoolID: poolID, CodeHash: hash})
	if err != nil {
		return nil, found("get authorization code", err)
	}
	return authorizationCodeFromRow(row), nil
}

// CreateAuthorizationCode adds an unused code.
func (t *Tx) CreateAuthorizationCode(ctx context.Context, c *cognate.AuthorizationCode) error {
	err := t.q.CreateAuthorizationCode(ctx, gen.CreateAuthorizationCodeParams{
		PoolID: c.PoolID, CodeHash: c.Hash, ClientID: c.ClientID, Sub: c.Sub, RedirectUri: c.RedirectURI,
		Scopes: strings.Join(c.Scopes, " "), Nonce: c.Nonce, Challenge: c.Challenge, Resource: c.Resource,
		SsoSession: c.SSOSession, Acr: c.ACR, Amr: joinMethods(c.Methods), SecondFactor: bit(c.SecondFactor),
		AuthTime: millis(c.AuthTime), Stamp: c.Stamp, ExpiresAt: millis(c.Expires), IDTokenClaims: strings.Join(c.Claims.IDToken, " "), UserInfoClaims: strings.Join(c.Claims.UserInfo, " "),
		DpopKey: c.DPoPKey,
	})
	if err != nil {
		return fmt.Errorf("create authorization code: %w", err)
	}
	return nil
}

// LockAuthorizationCode returns a code by its hash, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockAuthorizationCode(ctx context.Context, poolID string, hash []byte) (*cognate.AuthorizationCode, error) {
	row, err := t.q.LockAuthorizationCode(ctx, gen.LockAuthorizationCodeParams{PoolID: poolID, CodeHash: hash})
	if err != nil {
		return nil, found("lock authorization code", err)
	}
	return authorizationCodeFromRow(row), nil
}

// SpendAuthorizationCode stores the grant that a code was exchanged for. The transaction has locked the code.
func (t *Tx) SpendAuthorizationCode(ctx context.Context, c *cognate.AuthorizationCode, grantID string) error {
	err := t.q.SpendAuthorizationCode(ctx, gen.SpendAuthorizationCodeParams{GrantID: grantID, PoolID: c.PoolID, CodeHash: c.Hash})
	if err != nil {
		return fmt.Errorf("spend authorization code: %w", err)
	}
	return nil
}

// DeleteOldAuthorizationCodes deletes the codes of a user except the given number of newest ones.
func (t *Tx) DeleteOldAuthorizationCodes(ctx context.Context, poolID, sub string, number int) error {
	err := t.q.DeleteOldAuthorizationCodes(ctx, gen.DeleteOldAuthorizationCodesParams{
		PoolID: poolID, Sub: sub, OlderThan: int32(number - 1),
	})
	if err != nil {
		return fmt.Errorf("delete old authorization codes: %w", err)
	}
	return nil
}

func authorizationCodeFromRow(row gen.AuthorizationCode) *cognate.AuthorizationCode {
	return &cognate.AuthorizationCode{
		PoolID: row.PoolID, Hash: row.CodeHash, ClientID: row.ClientID, Sub: row.Sub, RedirectURI: row.RedirectUri,
		Scopes: splitScopes(row.Scopes), Nonce: row.Nonce, Challenge: row.Challenge, Resource: row.Resource,
		SSOSession: row.SsoSession, ACR: row.Acr, Methods: splitMethods(row.Amr), SecondFactor: row.SecondFactor == 1,
		Claims:   cognate.RequestedClaims{IDToken: splitScopes(row.IDTokenClaims), UserInfo: splitScopes(row.UserInfoClaims)},
		AuthTime: fromMillis(row.AuthTime), Stamp: row.Stamp, Expires: fromMillis(row.ExpiresAt), Grant: row.GrantID,
		DPoPKey: row.DpopKey,
	}
}

// splitScopes returns scopes or names of claims that are stored as text with spaces between them; nil for none.
func splitScopes(stored string) []string {
	if stored == "" {
		return nil
	}
	return strings.Split(stored, " ")
}
