package cognatetest

import (
	"time"

	"cognate/devapi"
)

// Clock is the time of a test server. It stands still until it is moved.
type Clock = devapi.Clock

// NewClock returns a clock that shows the present, in whole seconds.
func NewClock() *Clock { return devapi.NewFrozenClock(time.Now) }
