package usersession

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// pageSize is the number of sessions in an answer. Source: API reference, AdminListUserSessions.
const pageSize = 125

// page returns the page of a user's sessions after a pagination token, latest sign-in first, and the token of the next page.
// current is the ID of the caller's grant; empty for an administrator.
func (s *Service) page(ctx context.Context, operation string, user *cognate.User, current, token string) ([]api.SessionDescriptionType, string, error) {
	list := ops.PageList{Operation: operation, Owner: user.PoolID, Filter: user.Sub}
	after, err := list.After(token, 1)
	if err != nil {
		return nil, "", err
	}
	grants, err := s.Store.LiveGrants(ctx, user.PoolID, user.Sub, s.Now())
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(grants, func(a, b *cognate.Grant) int { return cmp.Compare(pageKey(a), pageKey(b)) })
	grants = slices.DeleteFunc(grants, func(g *cognate.Grant) bool { return pageKey(g) <= after[0] })
	grants, next := ops.Page(list, grants, pageSize, func(g *cognate.Grant) []string { return []string{pageKey(g)} })
	sessions := make([]api.SessionDescriptionType, 0, len(grants))
	for _, g := range grants {
		sessions = append(sessions, toWire(g, s.Risk.Locate(g.IPAddress), g.ID == current))
	}
	return sessions, next, nil
}

// lastMillisecond is later than any sign-in. The difference to it orders sign-ins latest first.
const lastMillisecond = 9_999_999_999_999

// pageKey returns a session's position in the list. It contains only data that the list also contains.
func pageKey(g *cognate.Grant) string {
	return fmt.Sprintf("%013d/%s", lastMillisecond-g.AuthTime.UnixMilli(), g.TokenSessionID())
}

// toWire returns a token session in the shape of the API. The device type is unknown if the client sent no user agent. The place
// is that of the session's last address.
func toWire(g *cognate.Grant, place cognate.Place, current bool) api.SessionDescriptionType {
	return api.SessionDescriptionType{
		SessionId:        g.TokenSessionID(),
		SessionType:      api.SessionTypeTypeToken,
		ClientId:         g.ClientID,
		CreateDate:       api.EpochOf(g.AuthTime),
		LastActiveDate:   api.EpochOf(g.LastActive),
		DeviceType:       cmp.Or(g.DeviceType, cognate.UnknownOrigin),
		LastIPAddress:    g.IPAddress,
		LastLocation:     &api.SessionLocationType{Country: cmp.Or(place.Country, cognate.UnknownOrigin), City: place.City},
		IsCurrentSession: &current,
	}
}
