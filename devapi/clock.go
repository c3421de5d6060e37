package devapi

import (
	"errors"
	"sync"
	"time"
)

// ErrTime refuses a time that a server for development doesn't go to.
var ErrTime = errors.New("the time must lie between the years 1970 and 2199")

// What a clock can show: any two of its times are less than a time.Duration apart.
var (
	minTime = time.Unix(0, 0).UTC()
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Millisecond)
)

// Clock is the time of a server for development: real time, moved by an offset, or standing still. It is safe for
// concurrent use. It is made by NewClock or NewFrozenClock.
type Clock struct {
	real  func() time.Time
	began setting

	mu     sync.Mutex
	offset time.Duration // to real time, while running
	frozen time.Time     // where it stands; zero while running
}

// ClockState is what a clock shows.
type ClockState struct {
	Now    time.Time
	Frozen bool
	// Offset is how far Now is ahead of real time, in seconds.
	Offset float64
}

// NewClock returns a clock that runs on real time.
func NewClock(realTime func() time.Time) *Clock { return &Clock{real: realTime} }

// NewFrozenClock returns a clock that stands at the present, in whole seconds, until it is moved.
func NewFrozenClock(realTime func() time.Time) *Clock {
	at := realTime().UTC().Truncate(time.Second)
	return &Clock{real: realTime, began: setting{frozen: at}, frozen: at}
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
	return c.real().UTC().Round(0).Add(c.offset) // without the monotonic reading, which knows no offset
}

// State returns what the clock shows.
func (c *Clock) State() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.IsZero() {
		return ClockState{Now: c.now(), Offset: c.offset.Seconds()}
	}
	return ClockState{Now: c.frozen, Frozen: true, Offset: c.frozen.Sub(c.real()).Seconds()}
}

// Freeze makes the clock stand still.
func (c *Clock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = c.now()
}

// Resume puts the clock back on real time, running.
func (c *Clock) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = 0, time.Time{}
}

// Reset puts the clock back to how it was made.
func (c *Clock) Reset() { c.restore(c.began) }

// Set moves the clock to a time, from where it runs on or stands still as before. Errors: ErrTime.
func (c *Clock) Set(at time.Time) error {
	if at.Before(minTime) || at.After(maxTime) {
		return ErrTime
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(at)
	return nil
}

// Advance moves the clock on, or back. It goes no further than 1970 or 2199.
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

// setting is how a clock was moved, to be put back.
type setting struct {
	offset time.Duration
	frozen time.Time
}

func (c *Clock) setting() setting {
	c.mu.Lock()
	defer c.mu.Unlock()
	return setting{c.offset, c.frozen}
}

func (c *Clock) restore(s setting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = s.offset, s.frozen
}
