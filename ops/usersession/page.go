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

// pageSize is how many sessions an answer holds. Source: API reference, AdminListUserSessions.
const pageSize = 125

// page returns the sessions of a user from where a pagination token says, latest sign-in first, and the token for the next
// ones. current is the grant of the caller's own session; an administrator has none.
func (s *Service) page(ctx context.Context, user *cognate.User, current, token string) ([]api.SessionDescriptionType, string, error) {
	list := user.PoolID + "/" + user.Sub + "/" // a token is good for the list that it was made for
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

// lastMillisecond is past any time of a sign-in; counting down from it puts the latest first.
const lastMillisecond = 9_999_999_999_999

// pageKey is a session's place in its user's list. It shows nothing that the list itself does not.
func pageKey(g *cognate.Grant) string {
	return fmt.Sprintf("%s/%s/%013d/%s", g.PoolID, g.Sub, lastMillisecond-g.AuthTime.UnixMilli(), g.TokenSessionID())
}

// toWire returns a token session in the shape of the API. Where the server is told no device it says so, and without a
// geographic database it knows no location.
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
