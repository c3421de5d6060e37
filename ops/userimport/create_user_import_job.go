package userimport

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// CreateUserImportJob adds a job, and returns the address for its file.
func (s *Service) CreateUserImportJob(ctx context.Context, in *api.CreateUserImportJobInput) (*api.CreateUserImportJobOutput, error) {
	var created *cognate.UserImportJob
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		created = &cognate.UserImportJob{Name: in.JobName, RoleARN: in.CloudWatchLogsRoleArn, Hashing: in.PasswordHashingAlgorithm}
		return s.Jobs.Create(ctx, tx, pool, created)
	})
	if err != nil {
		return nil, err
	}
	job, err := s.toWire(created)
	if err != nil {
		return nil, err
	}
	return &api.CreateUserImportJobOutput{UserImportJob: job}, nil
}
