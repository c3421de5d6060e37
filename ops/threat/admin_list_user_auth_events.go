package threat

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/risk"
)

// maxPage is the largest page size, and the default. Source: docs/behaviour.md §5.10.
const maxPage = 60

// AdminListUserAuthEvents lists the events of a user, the newest first. An event that ends while pages are read stays at its
// place.
func (s *Service) AdminListUserAuthEvents(ctx context.Context, in *api.AdminListUserAuthEventsInput) (*api.AdminListUserAuthEventsOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := risk.RequireEvents(pool); err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "AdminListUserAuthEvents", Owner: pool.ID, Filter: user.Sub}
	before, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	events, err := s.Store.AuthEvents(ctx, pool.ID, user.Sub, before[0], size+1)
	if err != nil {
		return nil, err
	}
	events, next := ops.Page(list, events, size, func(e *cognate.AuthEvent) []string { return []string{e.ID} })
	out := &api.AdminListUserAuthEventsOutput{AuthEvents: make([]api.AuthEventType, 0, len(events)), NextToken: next}
	for _, e := range events {
		out.AuthEvents = append(out.AuthEvents, eventToWire(e))
	}
	return out, nil
}
