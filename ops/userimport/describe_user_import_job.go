package userimport

import (
	"context"

	"cognate/api"
)

// DescribeUserImportJob returns a job.
func (s *Service) DescribeUserImportJob(ctx context.Context, in *api.DescribeUserImportJobInput) (*api.DescribeUserImportJobOutput, error) {
	found, err := s.job(ctx, in.UserPoolId, in.JobId)
	if err != nil {
		return nil, err
	}
	job, err := s.toWire(found)
	if err != nil {
		return nil, err
	}
	return &api.DescribeUserImportJobOutput{UserImportJob: job}, nil
}
