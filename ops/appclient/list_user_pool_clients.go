package appclient

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// maxPage is the largest page size, and the default.
const maxPage = 60

// ListUserPoolClients lists the clients of a pool, in order of their IDs.
func (s *Service) ListUserPoolClients(ctx context.Context, in *api.ListUserPoolClientsInput) (*api.ListUserPoolClientsOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListUserPoolClients", Owner: pool.ID, Filter: string(in.ClientType)}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	out := &api.ListUserPoolClientsOutput{UserPoolClients: []api.UserPoolClientDescription{}}
	if in.ClientType == api.ClientTypeTypeDcr { // dynamic client registration is not implemented
		return out, nil
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	clients, err := s.Store.AppClients(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	clients, out.NextToken = ops.Page(list, clients, size, func(c *cognate.AppClient) []string { return []string{c.ID} })
	for _, c := range clients {
		out.UserPoolClients = append(out.UserPoolClients, api.UserPoolClientDescription{
			ClientId: c.ID, UserPoolId: c.PoolID, ClientName: c.Name,
		})
	}
	return out, nil
}
