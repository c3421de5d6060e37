package resourceserver

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListResourceServers lists the resource servers of a pool, in order of their identifiers.
func (s *Service) ListResourceServers(ctx context.Context, in *api.ListResourceServersInput) (*api.ListResourceServersOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListResourceServers", Owner: pool.ID}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	servers, err := s.Store.ResourceServers(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	servers, next := ops.Page(list, servers, size, func(r *cognate.ResourceServer) []string { return []string{r.Identifier} })
	out := &api.ListResourceServersOutput{ResourceServers: make([]api.ResourceServerType, 0, len(servers)), NextToken: next}
	for _, server := range servers {
		out.ResourceServers = append(out.ResourceServers, *toWire(server))
	}
	return out, nil
}
