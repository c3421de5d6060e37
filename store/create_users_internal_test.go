package store

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	const took = time.Hour // long enough that the time of the test does not matter
	for _, c := range []struct {
		name     string
		inMemory bool
		others   []int64 // transactions of others after each call
		want     time.Duration
	}{
		{"alone", false, []int64{0}, 0},
		{"beside one transaction", false, []int64{1}, took},
		{"beside many", false, []int64{100}, 3 * took},
		{"after many", false, []int64{100, 100}, 0},
		{"in memory, alone", true, []int64{0}, took},
		{"in memory, beside many", true, []int64{100}, 3 * took},
	} {
		var p pace
		for _, n := range c.others {
			p.took(took, c.inMemory, n)
		}
		if got := time.Until(p.next).Round(took); got != c.want {
			t.Errorf("%s: the next call waits for %v, want %v", c.name, got, c.want)
		}
	}
}
