package login

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cognate"
	"cognate/signin"
	"cognate/store"
)

// maxShownSessions is the number of sessions that the page shows, latest first: as many as an answer of ListUserSessions has.
const maxShownSessions = 125

// sessionTime is the form of the times on the page, in UTC.
const sessionTime = "2006-01-02 15:04 UTC"

// showMySessions lists the sign-ins of the user in browsers and applications, in a pool that tracks sessions.
func (v *visit) showMySessions(f *flow, o *owner) (*view, error) {
	if !o.Pool.UserSessions.Tracked {
		return &view{Heading: v.text("my-account.sessions"), Lead: v.text("my-account.off"), data: v.backToAccount()}, nil
	}
	sessions, err := v.Engine.UserSessions(v.r.Context(), o.User)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(sessions, func(a, b signin.UserSession) int { return b.Began().Compare(a.Began()) })
	sessions = sessions[:min(len(sessions), maxShownSessions)]
	names := make(map[string]string)
	var sections []section
	for _, s := range sessions {
		shown, err := v.sessionSection(v.r.Context(), o, s, names)
		if err != nil {
			return nil, err
		}
		sections = append(sections, shown)
	}
	return v.sectionsPage(f, "my-account.sessions", sections, v.backToAccount())
}

// sessionSection returns the section of a session. names caches the names of clients.
func (v *visit) sessionSection(ctx context.Context, o *owner, s signin.UserSession, names map[string]string) (section, error) {
	var clientID, device, address string
	var used time.Time
	if s.Grant != nil {
		clientID, device, address, used = s.Grant.ClientID, s.Grant.DeviceType, s.Grant.IPAddress, s.Grant.LastActive
	} else {
		clientID, device, address, used = s.SSO.ClientID, s.SSO.DeviceType, s.SSO.IPAddress, s.SSO.LastActive
	}
	if _, known := names[clientID]; !known {
		client, err := v.Store.AppClient(ctx, clientID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return section{}, err
		}
		if err == nil {
			names[clientID] = client.Name
		}
	}
	place := v.Risk.Locate(address)
	where := strings.Join(slices.DeleteFunc([]string{place.City, place.Country, address}, func(s string) bool { return s == "" }), ", ")
	shown := section{
		ID: s.ID(), Heading: cmp.Or(device, v.text("my-account.unknown-device")),
		Lines: []string{
			v.text("my-account.session-began", "App", names[clientID], "Time", s.Began().UTC().Format(sessionTime)),
			v.text("my-account.session-used", "Time", used.UTC().Format(sessionTime), "Place", cmp.Or(where, cognate.UnknownOrigin)),
		},
		Button: button{Label: v.text("my-account.end-session"), Value: s.ID(), Class: "plain"},
	}
	if s.SSO != nil && s.SSO.ID == o.session.ID {
		shown.Button = button{}
		shown.Lines = append(shown.Lines, v.text("my-account.this-browser"))
	}
	return shown, nil
}

// submitMySessions ends another session of the user with the sessions that belong to it. The session of this browser continues, even
// if its tokens end.
func (v *visit) submitMySessions(f *flow, o *owner) error {
	id := v.r.PostForm.Get("do")
	if !o.Pool.UserSessions.Tracked || id == o.session.ID {
		return v.alert(f, "alert.invalid")
	}
	found, err := v.Engine.FindUserSession(v.r.Context(), o.User, id)
	if errors.Is(err, store.ErrNotFound) {
		return v.alert(f, "my-account.gone")
	}
	if err != nil {
		return err
	}
	isOfThisBrowser := found.Grant != nil && found.Grant.SSOSession == o.session.ID
	if err := v.Engine.EndUserSession(v.r.Context(), found, !isOfThisBrowser); err != nil {
		return err
	}
	return v.changed(o, pageMySessions)
}
