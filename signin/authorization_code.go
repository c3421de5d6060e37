package signin

import (
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
	"cognate/throttle"
	"cognate/tokens"
	"cognate/trigger"
)

// maxCodes is the number of authorization codes that are stored for a user, used or not. It limits how much a browser with
// an SSO session can store. If a user has more, the oldest ones are deleted.
const maxCodes = 1000

// The errors of codes and grants of OAuth 2.0. Package oauth has their error codes.
var (
	// ErrInvalidCode is the error for a code that is unknown, used, expired or of another client, for a wrong or missing verifier,
	// and for a client that may not read the attributes of the scopes email and phone.
	ErrInvalidCode = errors.New("signin: invalid authorization code")
	// ErrRedirectMismatch is the error for a code with another redirect URI than its own.
	ErrRedirectMismatch = errors.New("signin: the redirect URI is not that of the code")
	// ErrInvalidTarget is the error for a resource that was not granted.
	ErrInvalidTarget = errors.New("signin: the resource was not granted")
	// ErrFlowNotAllowed is the error for a client without the flow.
	ErrFlowNotAllowed = errors.New("signin: the client does not have the flow")
	// ErrInvalidScope is the error for a scope that the client or the grant does not have.
	ErrInvalidScope = errors.New("signin: the scope was not granted")
	// ErrProofRequired is the error for a client that must prove a DPoP key and has not.
	ErrProofRequired = errors.New("signin: the client must prove a DPoP key")
	// ErrRequestSpent is the error for a pushed authorization request that was used, has expired, or is another browser's.
	ErrRequestSpent = errors.New("signin: the authorization request was used")
	// ErrSignInEnded is the error for an SSO session that has ended or is not valid for the client: the user must sign in again.
	ErrSignInEnded = errors.New("signin: the sign-in has ended")
)

// Authorization is the access that a signed-in user gives to a client. The caller has checked the request. The engine refuses an
// Authorization without its required fields.
type Authorization struct {
	cognate.ClientRequest
	SSO         *cognate.SSOSession // required: of SSOSession or FreshSSOSession, or of an Outcome
	Scopes      []string            // required: of the client
	RedirectURI string              // required for a code: of the client
	Nonce       string              // of the request; may be empty
	Challenge   string              // code_challenge by S256; may be empty
	Claims      cognate.RequestedClaims
	Resource    string         // audience of the access tokens; may be empty
	CodeKey     string         // thumbprint of the only DPoP key that can exchange the code; empty for any or none
	Pushed      *PushedRequest // nil unless the client has pushed the request
}

// PushedRequest names a pushed authorization request that an answer uses up.
type PushedRequest struct {
	Hash    string // cognate.PushedRequestHash
	Browser string // cognate.PushedRequest.Browser of the browser that gets the answer
}

// require checks that the client may have this access. It does not rely on the checks of the caller.
func (a *Authorization) require(flow api.OAuthFlowType) error {
	switch {
	case a.SSO == nil || a.SSO.PoolID != a.Pool.ID:
		return ErrSignInEnded
	case !a.Client.OAuth.Allows(flow):
		return ErrFlowNotAllowed
	case flow == api.OAuthFlowTypeCode && !a.Client.AllowsRedirect(a.RedirectURI):
		return ErrRedirectMismatch
	case !a.Client.OAuth.HasScopes(a.Scopes):
		return ErrInvalidScope
	default:
		return nil
	}
}

// IssueCode stores a code that the client can exchange for tokens, and returns it. It records that the SSO session was used.
// Errors: ErrSignInEnded, ErrFlowNotAllowed, ErrRedirectMismatch, ErrInvalidScope, ErrRequestSpent. Source: RFC 6749 section 4.1.2.
func (e *Engine) IssueCode(ctx context.Context, a *Authorization) (string, error) {
	if err := a.require(api.OAuthFlowTypeCode); err != nil {
		return "", err
	}
	code := cognate.NewAuthorizationCode()
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		sso, err := e.useSSO(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := e.spendPushedRequest(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.DeleteOldAuthorizationCodes(ctx, a.Pool.ID, sso.Sub, maxCodes-1); err != nil {
			return err
		}
		return tx.CreateAuthorizationCode(ctx, &cognate.AuthorizationCode{
			PoolID: a.Pool.ID, Hash: cognate.CodeHash(code), ClientID: a.Client.ID, Sub: sso.Sub, RedirectURI: a.RedirectURI,
			Scopes: a.Scopes, Claims: a.Claims, Nonce: a.Nonce, Challenge: a.Challenge, Resource: a.Resource, DPoPKey: a.CodeKey,
			SSOSession: sso.ID, ACR: a.Pool.ACR(sso.Methods.Level()), Methods: sso.Methods, SecondFactor: sso.SecondFactor, AuthTime: sso.AuthTime,
			Stamp: sso.Stamp, Expires: e.Now().Add(cognate.AuthorizationCodeTTL),
		})
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

// GrantFor returns the tokens of the implicit flow: without a refresh token. The grant cannot be refreshed, so it ends with
// them.
// Errors: those of IssueCode and of the trigger PreTokenGeneration. Source: RFC 6749 section 4.2.2.
func (e *Engine) GrantFor(ctx context.Context, a *Authorization) (set *tokens.Set, err error) {
	defer func() { e.started(flowImplicit, nil, err) }()
	if err := a.require(api.OAuthFlowTypeImplicit); err != nil {
		return nil, err
	}
	user, err := e.Store.User(ctx, a.Pool.ID, a.SSO.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrSignInEnded
	}
	if err != nil {
		return nil, err
	}
	grant, _ := e.Tokens.NewGrant(a.Client, user)
	grant.Expires = grant.Created.Add(max(a.Client.AccessTokenTTL(), a.Client.IDTokenTTL()))
	copyToGrant(&grant, &cognate.AuthorizationCode{
		Scopes: a.Scopes, Claims: a.Claims, Resource: a.Resource, SSOSession: a.SSO.ID, ACR: a.Pool.ACR(a.SSO.Methods.Level()), Methods: a.SSO.Methods,
		SecondFactor: a.SSO.SecondFactor, AuthTime: a.SSO.AuthTime,
	}, a.SSO)
	set, err = e.sign(ctx, &signing{
		Attempt: Attempt{ClientRequest: a.ClientRequest}, user: user, grant: grant, source: trigger.TokenGenerationHostedAuth, nonce: a.Nonce,
	})
	if err != nil {
		return nil, err
	}
	err = e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, a.Pool.ID, a.SSO.Sub); err != nil {
			return err
		}
		if _, err := e.useSSO(ctx, tx, a); err != nil {
			return err
		}
		if err := e.spendPushedRequest(ctx, tx, a); err != nil {
			return err
		}
		return e.Tokens.SaveGrant(ctx, tx, a.Pool, grant)
	})
	if err != nil {
		return nil, err
	}
	return set, audit.Changed(ctx, audit.SignedIn, nil)
}

// copyToGrant copies values from a code and its SSO session, which may be nil, to a grant. The tokens can be refreshed without a device,
// because the pages remember no devices.
func copyToGrant(g *cognate.Grant, code *cognate.AuthorizationCode, sso *cognate.SSOSession) {
	g.Scopes, g.Claims, g.Resource, g.SSOSession = code.Scopes, code.Claims, code.Resource, code.SSOSession
	g.ACR, g.Methods, g.SecondFactor, g.AuthTime = code.ACR, code.Methods, code.SecondFactor, code.AuthTime
	g.NoDevice = true
	if sso != nil { // the user's browser; the token endpoint may be called by the application's server
		g.DeviceType, g.IPAddress = sso.DeviceType, sso.IPAddress
	}
}

// useSSO locks the SSO session of an authorization and checks that it can still sign the user in to the client. It records the
// use. Errors: ErrSignInEnded.
func (e *Engine) useSSO(ctx context.Context, tx *store.Tx, a *Authorization) (*cognate.SSOSession, error) {
	sso, err := tx.LockSSOSession(ctx, a.Pool.ID, a.SSO.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrSignInEnded
	}
	if err != nil {
		return nil, err
	}
	user, err := tx.User(ctx, a.Pool.ID, sso.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrSignInEnded
	}
	if err != nil {
		return nil, err
	}
	now := e.Now()
	serves := sso.IsLive(user, now) && sso.Serves(a.Client, now)
	follows := sso.IsFresh(user, now) && sso.ClientID == a.Client.ID
	if !serves && !follows {
		return nil, ErrSignInEnded
	}
	sso.RecordActivity(cognate.OriginFrom(ctx), now)
	return sso, tx.TouchSSOSession(ctx, sso)
}

// spendPushedRequest marks the pushed request of an authorization as used, if it has one. Of concurrent answers to one request, one
// wins. Errors: ErrRequestSpent. Source: RFC 9126 section 7.3.
func (e *Engine) spendPushedRequest(ctx context.Context, tx *store.Tx, a *Authorization) error {
	if a.Pushed == nil {
		return nil
	}
	request, err := tx.LockPushedRequest(ctx, a.Pool.ID, a.Pushed.Hash)
	if errors.Is(err, store.ErrNotFound) {
		return ErrRequestSpent
	}
	if err != nil {
		return err
	}
	if !request.IsUsable(a.Client, e.Now()) || request.Browser == "" || request.Browser != a.Pushed.Browser {
		return ErrRequestSpent
	}
	request.Spent = true
	return tx.SavePushedRequest(ctx, request)
}

// CodeExchange is a request for the tokens of a code. The caller has authenticated the client.
type CodeExchange struct {
	cognate.ClientRequest
	Code, RedirectURI string
	Verifier          string // code_verifier; empty if the request has none
	Resource          string // empty if the request has none

	isDevice bool // Code is a device code
}

// hash returns the hash of the code in the store.
func (x *CodeExchange) hash() []byte {
	if x.isDevice {
		return cognate.DeviceCodeHash(x.Code)
	}
	return cognate.CodeHash(x.Code)
}

// ExchangeCode returns the tokens of a code. A code works once: a second use shows that two clients have it, so it ends the
// grant of the code. After any other refusal the code is still unused.
// Errors: ErrInvalidCode, ErrRedirectMismatch, ErrInvalidTarget, ErrFlowNotAllowed; those of the trigger PreTokenGeneration.
// Source: RFC 6749 sections 4.1.2 and 4.1.3; RFC 7636 section 4.6; docs/behaviour.md §7.2.
func (e *Engine) ExchangeCode(ctx context.Context, x *CodeExchange) (set *tokens.Set, err error) {
	if !x.isDevice {
		defer func() { e.started(flowAuthorizationCode, nil, err) }()
	}
	if !x.Client.OAuth.Allows(api.OAuthFlowTypeCode) {
		return nil, ErrFlowNotAllowed
	}
	code, err := e.Store.AuthorizationCode(ctx, x.Pool.ID, x.hash())
	if errors.Is(err, store.ErrNotFound) || err == nil && code.ClientID != x.Client.ID {
		return nil, ErrInvalidCode
	}
	if err != nil {
		return nil, err
	}
	audit.SetUser(ctx, code.Sub)
	if code.Grant != "" {
		return nil, e.recordCodeReuse(ctx, e.Store.Write(ctx, func(tx *store.Tx) error { return endReused(ctx, tx, code) }))
	}
	user, err := e.Store.User(ctx, x.Pool.ID, code.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrInvalidCode
	}
	if err != nil {
		return nil, err
	}
	if err := x.check(code, user, e.Now()); err != nil {
		return nil, err
	}
	sso, err := e.originOf(ctx, code)
	if err != nil {
		return nil, err
	}
	grant, refresh := e.Tokens.NewGrant(x.Client, user)
	copyToGrant(&grant, code, sso)
	if !x.Pool.IsConfidential(x.Client) { // refresh tokens of a confidential client are bound to the client (RFC 9449 section 5)
		grant.DPoPKey = x.DPoPKey
	}
	set, err = e.sign(ctx, &signing{
		Attempt: Attempt{ClientRequest: x.ClientRequest}, user: user, grant: grant, source: trigger.TokenGenerationHostedAuth, nonce: code.Nonce,
	})
	if err != nil {
		return nil, err
	}
	if err := e.spendAuthorizationCode(ctx, x, grant); err != nil {
		return nil, e.recordCodeReuse(ctx, err)
	}
	set.Refresh = refresh
	return set, audit.Changed(ctx, audit.SignedIn, nil)
}

// originOf returns the SSO session of a code; nil if its row has been deleted.
func (e *Engine) originOf(ctx context.Context, code *cognate.AuthorizationCode) (*cognate.SSOSession, error) {
	sso, err := e.Store.SSOSessionByID(ctx, code.PoolID, code.SSOSession)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return sso, err
}

// check returns an error unless the exchange may have the tokens of an unused code.
func (x *CodeExchange) check(code *cognate.AuthorizationCode, user *cognate.User, now time.Time) error {
	switch {
	case !now.Before(code.Expires), !user.Enabled, user.Stamp != code.Stamp:
		return ErrInvalidCode
	case x.RedirectURI != code.RedirectURI:
		return ErrRedirectMismatch
	case !code.IsVerifiedBy(x.Verifier):
		return ErrInvalidCode
	case code.DPoPKey != "" && code.DPoPKey != x.DPoPKey:
		return ErrInvalidCode
	case x.Resource != "" && x.Resource != code.Resource:
		return ErrInvalidTarget
	case !tokens.MayReadScopes(x.Client, code.Scopes):
		return ErrInvalidCode
	default:
		return nil
	}
}

// spendAuthorizationCode stores the grant of a code, if the code is still unused and the sign-in of its user has not ended.
func (e *Engine) spendAuthorizationCode(ctx context.Context, x *CodeExchange, grant cognate.Grant) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, x.Pool.ID, grant.Sub); err != nil {
			return err
		}
		code, err := tx.LockAuthorizationCode(ctx, x.Pool.ID, x.hash())
		if errors.Is(err, store.ErrNotFound) {
			return ErrInvalidCode
		}
		if err != nil {
			return err
		}
		if code.Grant != "" {
			return endReused(ctx, tx, code)
		}
		user, err := tx.User(ctx, x.Pool.ID, code.Sub)
		if errors.Is(err, store.ErrNotFound) {
			return ErrInvalidCode
		}
		if err != nil {
			return err
		}
		if err := x.check(code, user, e.Now()); err != nil {
			return err
		}
		if err := tx.SpendAuthorizationCode(ctx, code, grant.ID); err != nil {
			return err
		}
		return e.Tokens.SaveGrant(ctx, tx, x.Pool, grant)
	})
}

// errCodeReused is the ErrInvalidCode of a used code.
var errCodeReused = errors.Join(ErrInvalidCode)

// endReused ends the grant of a used code. The transaction commits that with the error.
func endReused(ctx context.Context, tx *store.Tx, code *cognate.AuthorizationCode) error {
	if err := tx.RevokeGrant(ctx, code.PoolID, code.Grant); err != nil {
		return err
	}
	return store.CommitWith(errCodeReused)
}

// recordCodeReuse records in the audit event that the reuse of a code has revoked tokens. It returns err.
func (e *Engine) recordCodeReuse(ctx context.Context, err error) error {
	if errors.Is(err, errCodeReused) {
		_ = audit.Changed(ctx, audit.TokensRevoked, nil)
	}
	return err
}
