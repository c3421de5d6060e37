package userimport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/logdelivery"
	"cognate/store"
)

// Service has the rules of import jobs. Make it with New.
type Service struct {
	Config
	uploads slots
	wake    chan struct{} // signals Run that a job is pending
	running sync.Map      // the jobs that this server runs, by jobKey
}

// Config has the dependencies of a Service.
type Config struct {
	Store *store.Store
	Users *account.Service
	// PublicURL is the URL at which clients reach the server, without a slash at the end.
	PublicURL string
	Quotas    cognate.Quotas
	Logs      *logdelivery.Queue
	Records   *audit.Recorder // nil stores no records
	Log       *slog.Logger
	Now       func() time.Time
}

// New returns a service. It runs jobs only in Run.
func New(c Config) *Service {
	now := time.Now //nolint:forbidigo // real time: how fast an upload is
	return &Service{Config: c, uploads: slots{now: now}, wake: make(chan struct{}, 1)}
}

type jobKey struct{ poolID, id string }

// Errors of Start and Stop.
// Assumed: the texts of errors about user import jobs, except the one for a job without a file.
var (
	errNoVerified = api.PreconditionNotMetException("The user pool has no auto verified attribute, which an import needs.")
	errRuns       = api.PreconditionNotMetException("Another user import job of the account is running.")
)

func errNotCreated(j *cognate.UserImportJob) error {
	return api.PreconditionNotMetException(fmt.Sprintf("%s has the status %s and cannot be started.", j.ID, j.Status))
}

func errNotRunning(j *cognate.UserImportJob) error {
	return api.PreconditionNotMetException(fmt.Sprintf("%s has the status %s and cannot be stopped.", j.ID, j.Status))
}

// ErrNotFound says that the pool has no job with this ID.
// Assumed: the text for an unknown job.
func ErrNotFound(id string) error {
	return api.ResourceNotFoundException("User import job " + id + " does not exist.")
}

// Create adds a job to a pool that the transaction has locked. Errors: InvalidParameterException, LimitExceededException.
// Assumed: the text for a role that is not the ARN of a role.
func (s *Service) Create(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, j *cognate.UserImportJob) error {
	if _, err := cognate.ParseARN(cognate.RoleARN, j.RoleARN); err != nil {
		return api.InvalidParameterException("CloudWatchLogsRoleArn is not the ARN of an IAM role.")
	}
	j.PoolID, j.ID, j.AccountID = pool.ID, cognate.NewUserImportJobID(), pool.AccountID
	j.Status, j.CreatedAt = api.UserImportJobStatusTypeCreated, s.Now()
	if err := tx.CreateImportJob(ctx, j); err != nil {
		return err
	}
	return s.Quotas.Require(cognate.QuotaUserImportJobs, func() (int, error) {
		n, err := tx.CountImportJobs(ctx, pool.ID)
		return n - 1, err // without the new one
	})
}

// Start starts a job that has a file. One job of an account in a region runs at a time. Errors: ErrNotFound,
// PreconditionNotMetException.
func (s *Service) Start(ctx context.Context, pool *cognate.UserPool, id string) (*cognate.UserImportJob, error) {
	var started *cognate.UserImportJob
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockAccount(ctx, pool.AccountID, pool.Region()); err != nil {
			return err
		}
		j, err := s.lock(ctx, tx, pool.ID, id)
		if err != nil {
			return err
		}
		switch {
		case j.Status != api.UserImportJobStatusTypeCreated:
			return errNotCreated(j)
		case j.Upload == "":
			return api.PreconditionNotMetException("No csv file was uploaded for " + j.ID)
		case len(pool.AutoVerified) == 0:
			return errNoVerified
		}
		others, err := tx.CountRunningImportJobs(ctx, pool.AccountID, pool.Region())
		if err != nil {
			return err
		}
		if others > 0 {
			return errRuns
		}
		j.Status, j.StartedAt, j.Uploading = api.UserImportJobStatusTypePending, s.Now(), ""
		started = j
		return errors.Join(tx.DeleteImportChunks(ctx, j, j.Upload), tx.SaveImportJob(ctx, j))
	})
	if err != nil {
		return nil, err
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is already signaled
	}
	return started, nil
}

// Stop ends a job that has been started. The rows that are stored stay. A run that has not finished a write stores nothing of
// it. Errors: ErrNotFound, PreconditionNotMetException.
//
// Assumed: a job that is not running cannot be stopped. A stopped job is Stopped in the answer already.
func (s *Service) Stop(ctx context.Context, poolID, id string) (*cognate.UserImportJob, error) {
	var stopped *cognate.UserImportJob
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		j, err := s.lock(ctx, tx, poolID, id)
		if err != nil {
			return err
		}
		if !j.IsRunning() {
			return errNotRunning(j)
		}
		j.Finish(api.UserImportJobStatusTypeStopped, cognate.UserImportStopped, s.Now())
		stopped = j
		return errors.Join(tx.DeleteImportChunks(ctx, j, ""), tx.SaveImportJob(ctx, j))
	})
	return stopped, err
}

// lock locks a job as it is now. Errors: ErrNotFound.
func (s *Service) lock(ctx context.Context, tx *store.Tx, poolID, id string) (*cognate.UserImportJob, error) {
	j, err := tx.LockImportJob(ctx, poolID, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNotFound(id)
	}
	if err != nil {
		return nil, err
	}
	j.Expire(s.Now())
	return j, nil
}
