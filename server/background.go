package server

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate"
	"cognate/background"
	"cognate/iam"
	"cognate/lease"
	"cognate/store"
	"cognate/throttle"
	"cognate/userimport"
)

// Run does the server's work in the background until ctx ends. Every server fills its reserve of signing keys, makes the keys of pools
// that it created without keys, sends heartbeats, gets certificates, and saves when access keys were used. It delivers messages and runs
// user import jobs; it claims each of them. Of all servers on the database, one runs each of the periodic tasks. In the end Run delivers
// the log records that wait.
func (s *Server) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(s.config.Traces.Context(ctx))
	if reserve, ok := s.config.SigningKeys.(interface{ Run(context.Context) error }); ok {
		g.Go(func() error { return reserve.Run(ctx) })
	}
	g.Go(func() error { return s.keys.Run(ctx, s.config.Log) })
	if s.config.Outbox != nil {
		g.Go(func() error { return s.config.Outbox.Run(ctx) })
	}
	if keys, ok := s.config.Access.(*iam.Keys); ok {
		g.Go(func() error { return keys.Run(ctx) })
	}
	if s.config.Certificates != nil {
		g.Go(func() error { return s.config.Certificates.Run(ctx, s.records.Job) })
	}
	g.Go(func() error { return s.imports.Run(ctx) })
	s.config.Audit.run(ctx, g, s)
	g.Go(func() error { return s.logouts.Run(ctx) })
	g.Go(func() error { return s.servers.Run(ctx) })
	g.Go(func() error { return s.periodic().Run(ctx) })
	err := g.Wait()
	s.notify.Wait()
	s.closeLogs(context.WithoutCancel(ctx))
	return err
}

// closeLogs delivers the log records that wait. What is not delivered in time is dropped.
func (s *Server) closeLogs(ctx context.Context) {
	const limit = 10 * time.Second
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	s.config.Logs.Close(ctx)
}

// periodic returns the runner of the periodic tasks, one line per task.
func (s *Server) periodic() *background.Runner {
	return &background.Runner{Leases: s.leases, Now: s.config.Now, Log: s.config.Log, Observe: s.metrics.countTask, Tasks: []background.Task{
		{Name: "purge", Period: 10 * time.Minute, Run: s.purge},
		{Name: "saml_metadata", Period: time.Hour, Run: s.recorded("CognateProviderRefreshed", s.providers.RefreshMetadata)},
		{Name: "saml_keys", Period: 24 * time.Hour, Run: s.recorded("CognateSAMLKeyCreated", s.samlKeys.Renew)},
		{Name: "unused_clients", Period: time.Hour, Run: s.recorded("CognateClientDeleted", s.clients.DeleteAbandoned)},
		{Name: "signing_keys", Period: 10 * time.Minute, Run: s.recorded("CognateSigningKeysChanged", s.rotator.Run)},
		{Name: "unconfirmed_users", Period: time.Hour, Run: s.recorded("CognateUserDeleted", s.deleteUnconfirmed)},
		{Name: "trash", Period: time.Hour, Run: s.recorded("CognateTrashPurged", s.trash.Purge)},
	}}
}

// recorded returns a task each of whose transactions has an audit record of this name.
func (s *Server) recorded(name string, run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return run(s.records.Job(ctx, name)) }
}

func (s *Server) deleteUnconfirmed(ctx context.Context) error {
	if s.config.UnconfirmedRetention == 0 {
		return nil
	}
	return s.users.DeleteUnconfirmed(ctx, s.config.UnconfirmedRetention)
}

// How long expired rows stay.
const (
	// afterGrants is how long the last access token of a grant may outlive its refresh token.
	afterGrants = 24 * time.Hour
	// afterCodes is how long a used code is recognized after it has expired: then its grant ends.
	afterCodes = time.Hour
	// afterMessages is how long expired messages stay that no server drops, because no server has a sender for their medium.
	afterMessages = 24 * time.Hour
	// afterImports is how long the log of a finished import stays.
	// Assumed: the log of an import is kept for 90 days.
	afterImports = 90 * 24 * time.Hour
	// afterHeartbeats is how long the row of a killed server is kept after its last heartbeat, and what a killed command has written of
	// a pool.
	afterHeartbeats = time.Hour
	// afterCertificates is how long expired certificates are kept, and the failures of names that have none.
	afterCertificates = 30 * 24 * time.Hour
)

// purge deletes expired rows.
func (s *Server) purge(ctx context.Context) error {
	before := cutoffs(s.config.Now())
	return s.config.Store.Purge(ctx, before)
}

// cutoffs allows for the clock of another server: a spent Session that has expired by one clock is still valid by the other.
func cutoffs(now time.Time) store.Cutoffs {
	skewed := now.Add(-lease.ClockSkew)
	return store.Cutoffs{
		Grants: skewed.Add(-afterGrants), SSOSessions: skewed.Add(-cognate.SignInWindow),
		AuthorizationCodes: skewed.Add(-afterCodes), PushedRequests: skewed, SpentIDs: skewed,
		DeviceAuthorizations: skewed.Add(-afterCodes),
		RetiredRefreshTokens: skewed.Add(-cognate.MaxRetryGracePeriod),
		SpentSessions:        skewed, Codes: skewed, Attempts: skewed.Add(-throttle.ResetAfter),
		Outgoing: skewed.Add(-afterMessages), AuthEvents: skewed,
		ImportJobs: now.Add(-cognate.UserImportLifetime), ImportUploads: skewed.Add(-userimport.MaxUpload),
		ImportLogs: now.Add(-afterImports), Nodes: skewed.Add(-afterHeartbeats),
		StagedPools:  skewed.Add(-afterHeartbeats),
		Certificates: now.Add(-afterCertificates), ACMEChallenges: skewed,
	}
}
