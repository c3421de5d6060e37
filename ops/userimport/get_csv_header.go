package userimport

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/userimport"
)

// GetCSVHeader returns the columns of a CSV file for a pool.
func (s *Service) GetCSVHeader(ctx context.Context, in *api.GetCSVHeaderInput) (*api.GetCSVHeaderOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &api.GetCSVHeaderOutput{UserPoolId: pool.ID, CSVHeader: userimport.Header(pool)}, nil
}
