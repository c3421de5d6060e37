package userpool

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListUserPools lists the caller's pools of a region, in order of their IDs.
func (s *Service) ListUserPools(ctx context.Context, in *api.ListUserPoolsInput) (*api.ListUserPoolsOutput, error) {
	caller := cognate.CallerFrom(ctx)
	list := ops.PageList{Operation: "ListUserPools", Owner: caller.AccountID + "/" + caller.Region}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	limit := *in.MaxResults // a required member
	pools, err := s.Store.UserPools(ctx, caller.AccountID, caller.Region, after[0], limit+1)
	if err != nil {
		return nil, err
	}
	out := &api.ListUserPoolsOutput{UserPools: []api.UserPoolDescriptionType{}}
	pools, out.NextToken = ops.Page(list, pools, limit, func(p *cognate.UserPool) []string { return []string{p.ID} })
	for _, pool := range pools {
		out.UserPools = append(out.UserPools, api.UserPoolDescriptionType{
			Id: pool.ID, Name: pool.Name, LambdaConfig: lambdaConfig(pool),
			LastModifiedDate: api.EpochOf(pool.ModifiedAt), CreationDate: api.EpochOf(pool.CreatedAt),
		})
	}
	return out, nil
}
