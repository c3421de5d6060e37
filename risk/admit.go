package risk

import (
	"context"
	"log/slog"
	"time"

	"cognate"
	"cognate/api"
	"cognate/logdelivery"
	"cognate/store"
)

// errBlocked refuses a request from a blocked address. Source: docs/behaviour.md §5.10.
var errBlocked = api.NotAuthorizedException("Request not allowed due to security reasons.")

// Service holds the rules of threat protection.
type Service struct {
	Store     *store.Store
	Retention Retention
	// Passwords is the list of compromised passwords. Nil means that no password is looked up.
	Passwords PasswordList
	// Places finds the places of addresses. Nil means that all places are unknown.
	Places Locator
	Logs   *logdelivery.Queue
	Now    func() time.Time
	Log    *slog.Logger
}

// Admit returns a context with the origin of a request to an app client, for an operation without a signature. claim is what
// the request says about the user's device; nil if it says nothing.
// Errors: NotAuthorizedException if the address is in a blocked range and the pool enforces threat protection.
func (s *Service) Admit(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, claim *Claim) (context.Context, error) {
	if claim != nil {
		ctx = cognate.WithOrigin(ctx, claim.origin(cognate.OriginFrom(ctx), pool, client, s.Now()))
	}
	return ctx, RequireAllowed(ctx, pool, client)
}

// Trust returns a context with the origin of an administrator's request, whose claims count without a proof. Without an address in
// the claim, the request comes from an application, whose address is not that of the user.
// Errors: NotAuthorizedException if the address in the claim is in a blocked range and the pool enforces threat protection.
func (s *Service) Trust(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, claim *Claim) (context.Context, error) {
	if claim == nil {
		return ctx, nil
	}
	origin := claim.origin(cognate.OriginFrom(ctx), pool, client, s.Now())
	if claim.UserAgent != "" {
		origin.UserAgent = claim.UserAgent
	}
	if !isAddress(claim.IPAddress) {
		return cognate.WithOrigin(ctx, origin), nil
	}
	origin.IPAddress, origin.IsProxy = claim.IPAddress, false
	ctx = cognate.WithOrigin(ctx, origin)
	return ctx, RequireAllowed(ctx, pool, client)
}

// RequireAllowed returns an error if the pool enforces threat protection and blocks the address that the context names.
func RequireAllowed(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient) error {
	enforced := pool.ThreatProtection() == api.AdvancedSecurityModeTypeEnforced
	if enforced && pool.RiskConfigurationOf(client).Blocks(cognate.OriginFrom(ctx).IPAddress) {
		return errBlocked
	}
	return nil
}
