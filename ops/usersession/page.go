package usersession

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
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
	sessions, err := s.Engine.UserSessions(ctx, user)
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(sessions, func(a, b signin.UserSession) int { return cmp.Compare(key(a), key(b)) })
	sessions = slices.DeleteFunc(sessions, func(s signin.UserSession) bool { return key(s) <= after[0] })
	sessions, next := ops.Page(list, sessions, pageSize, func(s signin.UserSession) []string { return []string{key(s)} })
	wire := make([]api.SessionDescriptionType, 0, len(sessions))
	for _, found := range sessions {
		wire = append(wire, s.toWire(found, current))
	}
	return wire, next, nil
}

// lastMillisecond is later than any sign-in. The difference to it orders sessions latest first.
const lastMillisecond = 9_999_999_999_999

// key returns a session's position in the list. It contains only data that the list also contains.
func key(s signin.UserSession) string {
	return fmt.Sprintf("%013d/%s", lastMillisecond-s.Began().UnixMilli(), s.ID())
}

// toWire returns a session in the shape of the API. The device type is unknown if the client sent no user agent. The place is
// that of the session's last address. current is the ID of the caller's grant.
// Assumed: the SSO session that the caller's token session came from is not the current session.
func (s *Service) toWire(found signin.UserSession, current string) api.SessionDescriptionType {
	wire := api.SessionDescriptionType{
		SessionId:        found.ID(),
		CreateDate:       api.EpochOf(found.Began()),
		IsCurrentSession: new(found.Grant != nil && found.Grant.ID == current),
	}
	var lastActive time.Time
	if found.Grant != nil {
		wire.SessionType, wire.ClientId, lastActive = api.SessionTypeTypeToken, found.Grant.ClientID, found.Grant.LastActive
		wire.DeviceType, wire.LastIPAddress, wire.OriginSessionId = found.Grant.DeviceType, found.Grant.IPAddress, found.Grant.SSOSession
	} else {
		wire.SessionType, wire.ClientId, lastActive = api.SessionTypeTypeSso, found.SSO.ClientID, found.SSO.LastActive
		wire.DeviceType, wire.LastIPAddress = found.SSO.DeviceType, found.SSO.IPAddress
	}
	place := s.Risk.Locate(wire.LastIPAddress)
	wire.LastLocation = &api.SessionLocationType{Country: cmp.Or(place.Country, cognate.UnknownOrigin), City: place.City}
	wire.LastActiveDate, wire.DeviceType = api.EpochOf(lastActive), cmp.Or(wire.DeviceType, cognate.UnknownOrigin)
	return wire
}
