package usersession

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// pageSize is the number of sessions in an answer. Source: API reference, AdminListUserSessions.
const pageSize = 125

// page returns the page of a user's sessions after a pagination token, latest sign-in first, and the token of the next page.
// current is the ID of the caller's grant; empty for an administrator.
func (s *Service) page(ctx context.Context, user *cognate.User, current, token string) ([]api.SessionDescriptionType, string, error) {
	list := user.PoolID + "/" + user.Sub + "/" // a token is valid only for its own list
	after, err := ops.PageKey(token, func(key string) bool { return strings.HasPrefix(key, list) })
	if err != nil {
		return nil, "", err
	}
	grants, err := s.Store.LiveGrants(ctx, user.PoolID, user.Sub, s.Now())
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(grants, func(a, b *cognate.Grant) int { return cmp.Compare(pageKey(a), pageKey(b)) })
	grants = slices.DeleteFunc(grants, func(g *cognate.Grant) bool { return pageKey(g) <= after })
	next := ""
	if len(grants) > pageSize {
		grants = grants[:pageSize]
		next = ops.PageToken(pageKey(grants[pageSize-1]))
	}
	sessions := make([]api.SessionDescriptionType, 0, len(grants))
	for _, g := range grants {
		sessions = append(sessions, toWire(g, g.ID == current))
	}
	return sessions, next, nil
}

// lastMillisecond is later than any sign-in. The difference to it orders sign-ins latest first.
const lastMillisecond = 9_999_999_999_999

// pageKey returns a session's position in the list. It contains only data that the list also contains.
func pageKey(g *cognate.Grant) string {
	return fmt.Sprintf("%s/%s/%013d/%s", g.PoolID, g.Sub, lastMillisecond-g.AuthTime.UnixMilli(), g.TokenSessionID())
}

// toWire returns a token session in the shape of the API. The device type is unknown if the client sent no user agent. The
// location is always unknown, because the server has no geographic database.
func toWire(g *cognate.Grant, current bool) api.SessionDescriptionType {
	return api.SessionDescriptionType{
		SessionId:        g.TokenSessionID(),
		SessionType:      api.SessionTypeTypeToken,
		ClientId:         g.ClientID,
		CreateDate:       api.EpochOf(g.AuthTime),
		LastActiveDate:   api.EpochOf(g.LastActive),
		DeviceType:       cmp.Or(g.DeviceType, cognate.UnknownOrigin),
		LastIPAddress:    g.IPAddress,
		LastLocation:     &api.SessionLocationType{Country: cognate.UnknownOrigin},
		IsCurrentSession: &current,
	}
}
