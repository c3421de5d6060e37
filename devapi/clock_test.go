package devapi_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/devapi"
)

func TestClock(t *testing.T) {
	t.Parallel()
	wall := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := devapi.NewClock(func() time.Time { return wall })
	want := func(what string, at time.Time, frozen bool) {
		t.Helper()
		if s := c.State(); !s.Now.Equal(at) || s.Frozen != frozen || !c.Now().Equal(at) || s.Offset != at.Sub(wall).Seconds() {
			t.Errorf("%s: State() = %+v, want %v, frozen %v", what, s, at, frozen)
		}
	}
	want("new", wall, false)
	c.Advance(time.Hour)
	wall = wall.Add(time.Second)
	want("advanced, it runs on", wall.Add(time.Hour), false)
	c.Freeze()
	at := wall.Add(time.Hour)
	wall = wall.Add(time.Minute)
	want("frozen", at, true)
	c.Advance(-30 * time.Minute)
	want("frozen and put back", at.Add(-30*time.Minute), true)
	if err := c.Set(at); err != nil {
		t.Errorf("Set() = %v", err)
	}
	want("frozen and set", at, true)
	c.Resume()
	want("on real time again", wall, false)
	c.Advance(200 * 365 * 24 * time.Hour)
	if got := c.Now().Year(); got != 2199 {
		t.Errorf("year after an advance of 200 = %d, want 2199", got)
	}
}

func TestClockRoutes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := mustCall[devapi.ClockState](t, s, "PUT", "clock", `{"Now":"2030-01-01T00:00:00Z"}`); !got.Now.Equal(at) || !got.Frozen {
		t.Errorf("PUT clock = %+v, want %v, still frozen", got, at)
	}
	if got := mustCall[devapi.ClockState](t, s, "POST", "clock/advance", `{"Seconds":30.5}`); !got.Now.Equal(at.Add(30500 * time.Millisecond)) {
		t.Errorf("advance = %+v, want 30.5 s later", got)
	}
	if got := mustCall[devapi.ClockState](t, s, "POST", "clock/resume", ""); got.Frozen || got.Offset != 0 {
		t.Errorf("resume = %+v, want real time", got)
	}
	if got := mustCall[devapi.ClockState](t, s, "POST", "clock/freeze", ""); !got.Frozen {
		t.Errorf("freeze = %+v, want frozen", got)
	}
	if got := mustCall[devapi.ClockState](t, s, "GET", "clock", ""); !got.Now.Equal(s.Clock.Now()) {
		t.Errorf("GET clock = %+v, want %v", got, s.Clock.Now())
	}
}

// The clock determines the lifetimes of access tokens, Sessions and one-time codes.
func TestClockIsTheServers(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	mustCall[any](t, p.Server, "POST", "clock/advance", `{"Seconds":3601}`)
	_, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
	cognatetest.WantError(t, "an access token after an hour", err, api.ErrTokenExpired)
}
