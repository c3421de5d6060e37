package store

import (
	"context"
	"fmt"
	"time"
)

// Cutoffs say how old what Purge removes must be: expired before then; of attempts, made before then and not locked since;
// of retired refresh tokens, replaced before then. Codes is for passkeys' registrations, too.
type Cutoffs struct {
	Grants, RetiredRefreshTokens, SpentSessions, Codes, Attempts, Outgoing time.Time
}

// Purge removes what has expired and can't matter any more.
func (t *Tx) Purge(ctx context.Context, before Cutoffs) error {
	for _, purge := range []struct {
		run    func(context.Context, int64) error
		before time.Time
	}{
		{t.q.PurgeGrants, before.Grants},
		{t.q.PurgeRetiredRefreshTokens, before.RetiredRefreshTokens},
		{t.q.PurgeSpentSessions, before.SpentSessions},
		{t.q.PurgeSessionStates, before.SpentSessions},
		{t.q.PurgeCodes, before.Codes},
		{t.q.PurgePasskeyRegistrations, before.Codes},
		{t.q.PurgeAttempts, before.Attempts},
		{t.q.PurgeOutgoing, before.Outgoing},
	} {
		if err := purge.run(ctx, millis(purge.before)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}
