package devapi

import (
	"context"
	"fmt"

	"cognate"
)

// PoolClients is a user pool with its first app clients.
type PoolClients struct {
	*cognate.UserPool
	Clients     []*cognate.AppClient
	MoreClients bool // there are further ones
}

// Pools returns up to limit user pools, each with up to limit app clients, in order of their IDs. More reports that there are
// further pools.
func (s *API) Pools(ctx context.Context, limit int) (pools []PoolClients, more bool, err error) {
	found, err := s.Store.AllUserPools(ctx, limit+1)
	if err != nil {
		return nil, false, err
	}
	found, more = upTo(limit, found)
	for _, pool := range found {
		clients, err := s.Store.AppClients(ctx, pool.ID, "", limit+1)
		if err != nil {
			return nil, false, fmt.Errorf("clients of pool %s: %w", pool.ID, err)
		}
		p := PoolClients{UserPool: pool}
		p.Clients, p.MoreClients = upTo(limit, clients)
		pools = append(pools, p)
	}
	return pools, more, nil
}

// upTo returns the first limit elements of a list, and whether there are more.
func upTo[E any](limit int, list []E) (first []E, more bool) {
	if len(list) > limit {
		return list[:limit], true
	}
	return list, false
}
