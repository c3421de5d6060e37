package userimport

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// StartUserImportJob starts a job that has a file.
func (s *Service) StartUserImportJob(ctx context.Context, in *api.StartUserImportJobInput) (*api.StartUserImportJobOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	changed, err := s.Jobs.Start(ctx, pool, in.JobId)
	if err != nil {
		return nil, err
	}
	job, err := s.toWire(changed)
	if err != nil {
		return nil, err
	}
	return &api.StartUserImportJobOutput{UserImportJob: job}, nil
}
