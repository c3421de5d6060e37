// Package userimport has the operations on imports of users from CSV files. The rules are in cognate/userimport.
package userimport

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
	"cognate/userimport"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Jobs  *userimport.Service
}

// job returns a job of a pool that the caller owns, as it is now. Errors: ResourceNotFoundException.
func (s *Service) job(ctx context.Context, poolID, id string) (*cognate.UserImportJob, error) {
	if _, err := ops.Pool(ctx, s.Store, poolID); err != nil {
		return nil, err
	}
	j, err := s.Store.ImportJob(ctx, poolID, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, userimport.ErrNotFound(id)
	}
	if err != nil {
		return nil, err
	}
	j.Expire(s.Jobs.Now())
	return j, nil
}

// toWire returns a job in the shape of the API. It has no dates that the job has not reached. Source: docs/behaviour.md §5.7.
func (s *Service) toWire(j *cognate.UserImportJob) (*api.UserImportJobType, error) {
	url, err := s.Jobs.UploadURL(j)
	if err != nil {
		return nil, err
	}
	return &api.UserImportJobType{
		JobName: j.Name, JobId: j.ID, UserPoolId: j.PoolID, PreSignedUrl: url, Status: j.Status,
		CreationDate: api.EpochOf(j.CreatedAt), StartDate: api.EpochOf(j.StartedAt), CompletionDate: api.EpochOf(j.CompletedAt),
		CloudWatchLogsRoleArn: j.RoleARN, CompletionMessage: j.Message, PasswordHashingAlgorithm: j.Hashing,
		ImportedUsers: &j.Imported, SkippedUsers: &j.Skipped, FailedUsers: &j.Failed,
	}, nil
}
