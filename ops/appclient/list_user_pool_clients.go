package appclient

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// maxPage is the largest page size, and the default.
const maxPage = 60

// ListUserPoolClients lists the clients of a pool, in order of their IDs. The list of one type of clients is that of all clients without
// the others, so a page may be empty although more follow (docs/behaviour.md §5.3).
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
	size := ops.PageSize(in.MaxResults, maxPage)
	clients, err := s.Store.AppClients(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	clients, out.NextToken = ops.Page(list, clients, size, func(c *cognate.AppClient) []string { return []string{c.ID} })
	for _, c := range clients {
		if in.ClientType != "" && c.Type() != in.ClientType {
			continue
		}
		out.UserPoolClients = append(out.UserPoolClients, api.UserPoolClientDescription{
			ClientId: c.ID, UserPoolId: c.PoolID, ClientName: c.Name,
		})
	}
	return out, nil
}
