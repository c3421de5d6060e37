package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate/store/gen"
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

// purgePage is how many rows one transaction of Purge deletes, so that requests wait only for a short time.
const purgePage = 1000

// purged are the parameters of a query that deletes a page of expired rows.
type purged = struct {
	Before   int64
	PageSize int32
}

// page deletes up to purgePage rows that expired before a time, and returns how many it deleted.
type page func(ctx context.Context, q *gen.Queries, before time.Time) (int64, error)

func pageOf[P ~purged](run func(*gen.Queries, context.Context, P) (int64, error)) page {
	return func(ctx context.Context, q *gen.Queries, before time.Time) (int64, error) {
		return run(q, ctx, P(purged{millis(before), purgePage}))
	}
}

// Purge deletes expired rows, a page in each transaction. It can be stopped and repeated at any point.
func (s *Store) Purge(ctx context.Context, before Cutoffs) error {
	for _, purge := range []struct {
		page   page
		before time.Time
	}{
		{pageOf((*gen.Queries).PurgeGrants), before.Grants},
		{pageOf((*gen.Queries).PurgeSSOSessions), before.SSOSessions},
		{pageOf((*gen.Queries).PurgeAuthorizationCodes), before.AuthorizationCodes},
		{pageOf((*gen.Queries).PurgePushedRequests), before.PushedRequests},
		{pageOf((*gen.Queries).PurgeSpentIDs), before.SpentIDs},
		{pageOf((*gen.Queries).PurgeDeviceAuthorizations), before.DeviceAuthorizations},
		{pageOf((*gen.Queries).PurgeRetiredRefreshTokens), before.RetiredRefreshTokens},
		{pageOf((*gen.Queries).PurgeSpentSessions), before.SpentSessions},
		{pageOf((*gen.Queries).PurgeSessionStates), before.SpentSessions},
		{pageOf((*gen.Queries).PurgeCodes), before.Codes},
		{pageOf((*gen.Queries).PurgePasskeyRegistrations), before.Codes},
		{pageOf((*gen.Queries).PurgeAttempts), before.Attempts},
		{pageOf((*gen.Queries).PurgeOutgoing), before.Outgoing},
		{pageOf((*gen.Queries).PurgeAuthEvents), before.AuthEvents},
		{pageOf((*gen.Queries).PurgeNodes), before.Nodes},
		{pageOf((*gen.Queries).PurgeImportChunks), before.ImportUploads},
		{pageOf((*gen.Queries).PurgeImportLog), before.ImportLogs},
	} {
		if err := s.purge(ctx, purge.page, purge.before); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return s.Write(ctx, func(tx *Tx) error {
		return errors.Join(
			tx.purgeStagedPools(ctx, before.StagedPools),
			tx.expireImports(ctx, before.ImportJobs),
			tx.q.PurgeCertificates(ctx, millis(before.Certificates)), // of which there are few
			tx.q.PurgeACMEChallenges(ctx, millis(before.ACMEChallenges)),
		)
	})
}

func (s *Store) purge(ctx context.Context, delete page, before time.Time) error {
	for {
		var n int64
		err := s.Write(ctx, func(tx *Tx) (err error) {
			if n, err = delete(ctx, tx.q, before); err == nil && n == 0 {
				return ErrRollback
			}
			return err
		})
		if err != nil || n < purgePage {
			return err
		}
	}
}
