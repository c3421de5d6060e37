package store

import (
	"context"
	"fmt"
	"time"
)

// Cutoffs has the times for Purge. It deletes rows that expired before their time. For attempts, the last failure and the end
// of the lock must be before it; for retired refresh tokens, the replacement. Codes also applies to passkey registrations.
type Cutoffs struct {
	Grants, SSOSessions, AuthorizationCodes, PushedRequests, SpentIDs, RetiredRefreshTokens, SpentSessions time.Time
	DeviceAuthorizations, Codes, Attempts, Outgoing, AuthEvents                                            time.Time
	// Import jobs that were created before ImportJobs and not started expire. Uploads for jobs that were created before
	// ImportUploads and have not ended are deleted, and so are the logs of jobs that ended before ImportLogs.
	ImportJobs, ImportUploads, ImportLogs time.Time
	// Nodes is the last heartbeat of servers that were killed.
	Nodes time.Time
	// StagedPools is the last transaction of pools that killed processes have left.
	StagedPools time.Time
	// Certificates is the end of certificates, and the next attempt of names without one. ACMEChallenges is the end of challenges.
	Certificates, ACMEChallenges time.Time
}

// Purge deletes expired rows.
func (t *Tx) Purge(ctx context.Context, before Cutoffs) error {
	for _, purge := range []struct {
		run    func(context.Context, int64) error
		before time.Time
	}{
		{t.q.PurgeGrants, before.Grants},
		{t.q.PurgeSSOSessions, before.SSOSessions},
		{t.q.PurgeAuthorizationCodes, before.AuthorizationCodes},
		{t.q.PurgePushedRequests, before.PushedRequests},
		{t.q.PurgeSpentIDs, before.SpentIDs},
		{t.q.PurgeDeviceAuthorizations, before.DeviceAuthorizations},
		{t.q.PurgeRetiredRefreshTokens, before.RetiredRefreshTokens},
		{t.q.PurgeSpentSessions, before.SpentSessions},
		{t.q.PurgeSessionStates, before.SpentSessions},
		{t.q.PurgeCodes, before.Codes},
		{t.q.PurgePasskeyRegistrations, before.Codes},
		{t.q.PurgeAttempts, before.Attempts},
		{t.q.PurgeOutgoing, before.Outgoing},
		{t.q.PurgeAuthEvents, before.AuthEvents},
		{t.q.PurgeNodes, before.Nodes},
		{t.q.PurgeCertificates, before.Certificates},
		{t.q.PurgeACMEChallenges, before.ACMEChallenges},
	} {
		if err := purge.run(ctx, millis(purge.before)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	if err := t.purgeStagedPools(ctx, before.StagedPools); err != nil {
		return err
	}
	return t.purgeImports(ctx, before)
}
