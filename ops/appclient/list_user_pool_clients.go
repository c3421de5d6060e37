package appclient

import (
	"context"
	"regexp"

	"cognate/api"
	"cognate/ops"
)

const defaultPageSize = 60

var clientID = regexp.MustCompile(`^[0-9a-z]{26}$`)

// ListUserPoolClients lists the clients of a pool, in order of their IDs.
func (s *Service) ListUserPoolClients(ctx context.Context, in *api.ListUserPoolClientsInput) (*api.ListUserPoolClientsOutput, error) {
	after, err := ops.PageKey(in.NextToken, clientID.MatchString)
	if err != nil {
		return nil, err
	}
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	out := &api.ListUserPoolClientsOutput{UserPoolClients: []api.UserPoolClientDescription{}}
	if in.ClientType == api.ClientTypeTypeDcr { // dynamic client registration is not implemented
		return out, nil
	}
	limit := valueOr(in.MaxResults, defaultPageSize)
	clients, err := s.Store.AppClients(ctx, pool.ID, after, limit+1)
	if err != nil {
		return nil, err
	}
	if len(clients) > limit {
		clients = clients[:limit]
		out.NextToken = ops.PageToken(clients[limit-1].ID)
	}
	for _, c := range clients {
		out.UserPoolClients = append(out.UserPoolClients, api.UserPoolClientDescription{
			ClientId: c.ID, UserPoolId: c.PoolID, ClientName: c.Name,
		})
	}
	return out, nil
}
