package devapi

import (
	"errors"
	"sync"
	"time"
)

// ErrTime rejects a time outside the range of a development server's clock.
var ErrTime = errors.New("the time must be between the years 1970 and 2199")

// The range of a clock. Any two of its times are less than a time.Duration apart.
var (
	minTime = time.Unix(0, 0).UTC()
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Millisecond)
)

// Clock is the time of a development server: real time, moved by an offset, or frozen. It is safe for concurrent use. Make
// it with NewClock or NewFrozenClock.
type Clock struct {
	real  func() time.Time
	began clockSetting

	mu     sync.Mutex
	offset time.Duration // from real time, if the clock runs
	frozen time.Time     // the time of a frozen clock; zero if the clock runs
}

// ClockState is the state of a clock.
type ClockState struct {
	Now    time.Time
	Frozen bool
	// Offset is how far Now is ahead of real time, in seconds.
	Offset float64
}

// NewClock returns a clock that runs on real time.
func NewClock(realTime func() time.Time) *Clock { return &Clock{real: realTime} }

// NewFrozenClock returns a clock that is frozen at the current time, in whole seconds, until it is moved.
func NewFrozenClock(realTime func() time.Time) *Clock {
	at := realTime().UTC().Truncate(time.Second)
	return &Clock{real: realTime, began: clockSetting{frozen: at}, frozen: at}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return c.real().UTC().Round(0).Add(c.offset) // without the monotonic reading, to which the offset does not apply
}

// State returns the state of the clock.
func (c *Clock) State() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.IsZero() {
		return ClockState{Now: c.now(), Offset: c.offset.Seconds()}
	}
	return ClockState{Now: c.frozen, Frozen: true, Offset: c.frozen.Sub(c.real()).Seconds()}
}

// Freeze stops the clock.
func (c *Clock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = c.now()
}

// Resume sets the clock to real time and lets it run.
func (c *Clock) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = 0, time.Time{}
}

// Reset returns the clock to its first state.
func (c *Clock) Reset() { c.restore(c.began) }

// Set moves the clock to a time. A running clock still runs, and a frozen clock stays frozen. Errors: ErrTime.
func (c *Clock) Set(at time.Time) error {
	if at.Before(minTime) || at.After(maxTime) {
		return ErrTime
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(at)
	return nil
}

// Advance moves the clock forward, or back if d is negative. It stays between 1970 and 2199.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now().Add(d)
	switch {
	case at.Before(minTime):
		at = minTime
	case at.After(maxTime):
		at = maxTime
	}
	c.set(at)
}

func (c *Clock) set(at time.Time) {
	if c.frozen.IsZero() {
		c.offset = at.Sub(c.real().Round(0))
		return
	}
	c.frozen = at.UTC()
}

// clockSetting is the offset or time of a clock, to be restored.
type clockSetting struct {
	offset time.Duration
	frozen time.Time
}

func (c *Clock) setting() clockSetting {
	c.mu.Lock()
	defer c.mu.Unlock()
	return clockSetting{c.offset, c.frozen}
}

func (c *Clock) restore(s clockSetting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = s.offset, s.frozen
}
