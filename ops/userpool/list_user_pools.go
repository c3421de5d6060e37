package userpool

import (
	"context"
	"regexp"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListUserPools lists the caller's pools of a region, in order of their IDs.
func (s *Service) ListUserPools(ctx context.Context, in *api.ListUserPoolsInput) (*api.ListUserPoolsOutput, error) {
	caller := cognate.CallerFrom(ctx)
	after, err := ops.PageKey(in.NextToken, func(key string) bool { return isPoolID(key, caller.Region) })
	if err != nil {
		return nil, err
	}
	limit := *in.MaxResults // a required member
	pools, err := s.Store.UserPools(ctx, caller.AccountID, caller.Region, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := &api.ListUserPoolsOutput{UserPools: []api.UserPoolDescriptionType{}}
	if len(pools) > limit {
		pools = pools[:limit]
		out.NextToken = ops.PageToken(pools[limit-1].ID)
	}
	for _, pool := range pools {
		out.UserPools = append(out.UserPools, api.UserPoolDescriptionType{
			Id: pool.ID, Name: pool.Name, LambdaConfig: lambdaConfig(pool),
			LastModifiedDate: api.EpochOf(pool.ModifiedAt), CreationDate: api.EpochOf(pool.CreatedAt),
		})
	}
	return out, nil
}

var poolName = regexp.MustCompile(`^[0-9a-zA-Z]{1,54}$`)

// isPoolID reports whether key could be the ID of a pool in a region.
func isPoolID(key, region string) bool {
	name, ok := strings.CutPrefix(key, region+"_")
	return ok && poolName.MatchString(name)
}
