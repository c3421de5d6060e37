package userimport

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// StopUserImportJob stops a job that has been started.
func (s *Service) StopUserImportJob(ctx context.Context, in *api.StopUserImportJobInput) (*api.StopUserImportJobOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	changed, err := s.Jobs.Stop(ctx, pool.ID, in.JobId)
	if err != nil {
		return nil, err
	}
	job, err := s.toWire(changed)
	if err != nil {
		return nil, err
	}
	return &api.StopUserImportJobOutput{UserImportJob: job}, nil
}
