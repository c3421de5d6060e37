package cognatetest

import (
	"time"

	"cognate/devapi"
)

// Clock is the time of a test server. It is frozen until the test moves it.
type Clock = devapi.Clock

// NewClock returns a clock that is frozen at the current time, in whole seconds.
func NewClock() *Clock { return devapi.NewFrozenClock(time.Now) }
