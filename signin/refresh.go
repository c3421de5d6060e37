package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
	"cognate/tokens"
	"cognate/trigger"
)

var (
	errInvalidRefresh = api.NotAuthorizedException("Invalid Refresh Token.")
	errRefreshRevoked = api.NotAuthorizedException("Refresh Token has been revoked")
	errRefreshExpired = api.NotAuthorizedException("Refresh Token has expired")
	// Assumed: the text of RefreshTokenReuseException. Reuse of a refresh token ends the whole family. The flow
	// REFRESH_TOKEN_AUTH does not declare this error and answers "Refresh Token has been revoked".
	errRefreshReused = api.RefreshTokenReuseException("Refresh Token has been reused")
	// ErrNoRefresh is the error for a client that may not refresh.
	// Assumed: the type and text of GetTokensFromRefreshToken for a client that may not refresh.
	ErrNoRefresh = api.InvalidParameterException("Token refresh is not enabled for the client.")
)

// RefreshStart makes new tokens with a refresh token, which stays as it is (REFRESH_TOKEN_AUTH). Attempt.Device is the device
// that the sign-in was made on, if the pool tracks devices; Attempt.Username is not used.
type RefreshStart struct {
	Token string // required
}

func (RefreshStart) allow(a *Attempt) error {
	if a.Page {
		return errWrongOperation
	}
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, "REFRESH_TOKEN_AUTH is not enabled for the client.")
}

// begin renews tokens. A client that rotates refresh tokens cannot use the flow. A client that rotated them before may still
// send a token that was replaced at that time.
func (s RefreshStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	if err := c.complete(s.Token); err != nil {
		return nil, err
	}
	set, err := e.renew(ctx, &renewal{Attempt: c.Attempt, text: s.Token})
	if errors.Is(err, errRefreshReused) { // not among the operation's errors
		return nil, errRefreshRevoked
	}
	if err != nil {
		return nil, err
	}
	return &Outcome{Tokens: set}, nil
}

// RefreshRequest is what a request for new tokens says besides its Attempt.
type RefreshRequest struct {
	Token string // required
	// Scopes are those that the new tokens shall have: some of the grant's. Empty asks for all of them.
	Scopes   []string
	Resource string // the audience of the grant, or empty
	// OAuth says that the request is of the OAuth 2.0 endpoint, where the client has authenticated itself.
	OAuth bool
}

// Refresh signs new ID and access tokens for a sign-in that is not revoked. The caller has authenticated the client, or sets
// Attempt.Authenticate; Attempt.Device is as for RefreshStart.
//
// If the client rotates refresh tokens, the set has a new refresh token, which expires when the old one would. The old token
// works again during the client's RetryGracePeriod, and each time returns the same generation of the new one. A later use shows
// that two clients have the token: it ends the sign-in with all its tokens.
// Errors: NotAuthorizedException, InvalidParameterException, RefreshTokenReuseException; ErrInvalidScope, ErrInvalidTarget.
// Source: docs/behaviour.md §2.7; RFC 9700 section 4.14.2; RFC 6749 section 6.
func (e *Engine) Refresh(ctx context.Context, a *Attempt, request RefreshRequest) (set *tokens.Set, err error) {
	defer func() { e.started(flowRefreshToken, nil, err) }()
	if !a.Client.MayRefresh() {
		return nil, ErrNoRefresh
	}
	return e.renew(ctx, &renewal{Attempt: *a, text: request.Token, scopes: request.Scopes, resource: request.Resource, oauth: request.OAuth})
}

// renewal is one use of a refresh token.
type renewal struct {
	Attempt
	text     string
	scopes   []string // of the new tokens; empty for those of the grant
	resource string   // empty, or that of the grant
	oauth    bool     // as RefreshRequest.OAuth

	token *tokens.RefreshToken
	grant *cognate.Grant // as read before, or as locked
}

// renew signs the new tokens before it spends the old one, so that a client can try again if signing fails. It first checks a
// token that was replaced, so that it signs nothing for a stolen one.
// Assumed: the source of PreTokenGeneration is TokenGeneration_RefreshTokens for GetTokensFromRefreshToken too.
func (e *Engine) renew(ctx context.Context, r *renewal) (*tokens.Set, error) {
	user, err := e.readRenewal(ctx, r)
	if err != nil {
		return nil, err
	}
	issued, err := r.issued()
	if err != nil {
		return nil, err
	}
	if r.token.Generation != r.grant.Generation {
		if err := e.checkRetry(ctx, r); err != nil {
			return nil, recordReuse(ctx, err)
		}
	}
	set, err := e.sign(ctx, &signing{Attempt: r.Attempt, user: user, grant: issued, source: trigger.TokenGenerationRefreshTokens})
	if err != nil {
		return nil, err
	}
	if !r.Client.RotatesRefreshTokens() && !r.Pool.UserSessions.Tracked {
		return set, audit.Changed(ctx, audit.TokensRefreshed, nil)
	}
	if err := e.spendRefresh(ctx, r); err != nil {
		return nil, recordReuse(ctx, err)
	}
	if r.Client.RotatesRefreshTokens() {
		set.Refresh, err = e.Tokens.SealRefreshToken(r.Pool.ID, r.token, r.grant.Generation)
	}
	return set, audit.Changed(ctx, audit.TokensRefreshed, err)
}

// issued returns the grant as the new tokens show it, with the scopes that the request asks for.
// Errors: ErrInvalidScope, ErrInvalidTarget.
func (r *renewal) issued() (cognate.Grant, error) {
	issued := *r.grant
	for _, scope := range r.scopes {
		if !slices.Contains(issued.GrantedScopes(), scope) {
			return issued, ErrInvalidScope
		}
	}
	if r.resource != "" && r.resource != issued.Resource {
		return issued, ErrInvalidTarget
	}
	if len(r.scopes) > 0 && issued.IsOAuth() {
		issued.Scopes = slices.Compact(slices.Sorted(slices.Values(r.scopes)))
	}
	return issued, nil
}

// recordReuse names in the audit event that the reuse of a refresh token has revoked its family. It returns err.
func recordReuse(ctx context.Context, err error) error {
	if errors.Is(err, errRefreshReused) {
		_ = audit.Changed(ctx, audit.TokensRevoked, nil)
	}
	return err
}

// readRenewal returns the user of a refresh token, and sets the token and its grant.
func (e *Engine) readRenewal(ctx context.Context, r *renewal) (*cognate.User, error) {
	token, ok := e.Tokens.OpenRefreshToken(r.Pool.ID, r.text)
	if !ok {
		return nil, errInvalidRefresh
	}
	grant, err := e.Store.GrantByRefreshToken(ctx, r.Pool.ID, token.Hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientID != r.Client.ID {
		return nil, errInvalidRefresh
	}
	if err != nil {
		return nil, err
	}
	audit.SetUser(ctx, grant.Sub)
	if !r.hasProof(grant) {
		return nil, errInvalidRefresh
	}
	if err := refreshable(grant, e.Now()); err != nil {
		return nil, err
	}
	if err := requireDevice(r.Pool, grant, r.Device); err != nil {
		return nil, err
	}
	user, err := e.Store.User(ctx, grant.PoolID, grant.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errInvalidRefresh
	case err != nil:
		return nil, err
	case !user.Enabled:
		return nil, api.ErrUserDisabled
	}
	r.token, r.grant = token, grant
	return user, r.authenticate("", user)
}

// hasProof reports whether the client has proven the keys that a refresh of the grant needs: its own key, if it authenticates with one
// at the OAuth 2.0 endpoints, and the key of DPoP. The operations of the API check neither. Source: RFC 9449 section 5.
func (r *renewal) hasProof(grant *cognate.Grant) bool {
	if grant.DPoPKey != "" && grant.DPoPKey != r.DPoPKey {
		return false
	}
	return !grant.IsOAuth() ||
		(r.oauth || r.Pool.KeysURI(r.Client) == "") && (r.DPoPKey != "" || !r.Pool.RequiresDPoP(r.Client))
}

func refreshable(grant *cognate.Grant, now time.Time) error {
	switch {
	case grant.Revoked:
		return errRefreshRevoked
	case !grant.Live(now):
		return errRefreshExpired
	default:
		return nil
	}
}

// checkRetry returns an error for a refresh token that was replaced before the grace period.
func (e *Engine) checkRetry(ctx context.Context, r *renewal) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := e.lockRenewal(ctx, tx, r); err != nil {
			return err
		}
		return store.ErrRollback
	})
}

// spendRefresh replaces the newest refresh token of a grant, if the client rotates, and records the activity. Concurrent uses of
// one token run one after another: the first replaces it, the others are retries or reuse.
func (e *Engine) spendRefresh(ctx context.Context, r *renewal) error {
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := e.lockRenewal(ctx, tx, r); err != nil {
			return err
		}
		now := e.Now()
		if r.Client.RotatesRefreshTokens() && r.token.Generation == r.grant.Generation {
			if err := tx.RetireRefreshToken(ctx, r.grant, now); err != nil {
				return err
			}
			r.grant.Generation++
			r.grant.LastActive = now
		}
		if r.Pool.UserSessions.Tracked {
			r.grant.RecordActivity(cognate.OriginFrom(ctx), now)
		}
		return tx.SaveGrant(ctx, r.grant)
	})
}

// lockRenewal locks the grant of a renewal and checks the token against the current state. A token that was replaced before the
// grace period ends the family: the transaction commits that with the error.
func (e *Engine) lockRenewal(ctx context.Context, tx *store.Tx, r *renewal) error {
	grant, err := tx.LockGrant(ctx, r.grant.PoolID, r.grant.ID)
	if errors.Is(err, store.ErrNotFound) {
		return errInvalidRefresh
	}
	if err != nil {
		return err
	}
	if err := refreshable(grant, e.Now()); err != nil {
		return err
	}
	if err := requireDevice(r.Pool, grant, r.Device); err != nil { // the user may have forgotten it since
		return err
	}
	r.grant = grant
	switch {
	case r.token.Generation == grant.Generation:
		return nil
	case r.token.Generation > grant.Generation: // the database was restored from a backup since
		return errInvalidRefresh
	}
	retired, err := tx.RefreshTokenRetired(ctx, grant, r.token.Generation)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil && e.Now().Before(retired.Add(r.Client.RetryGracePeriod())) {
		return nil
	}
	if err := tx.RevokeGrant(ctx, grant.PoolID, grant.ID); err != nil {
		return err
	}
	return store.CommitWith(errRefreshReused)
}
