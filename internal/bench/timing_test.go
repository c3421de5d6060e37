package main

import (
	"math"
	"testing"
	"time"
)

func TestRankZ(t *testing.T) {
	t.Parallel()
	times := func(from, to int) (list []time.Duration) {
		for i := from; i < to; i++ {
			list = append(list, time.Duration(i))
		}
		return list
	}
	if got := rankZ(times(0, 100), times(0, 100)); got != 0 {
		t.Errorf("rankZ(equal times) = %v, want 0", got)
	}
	slower, faster := rankZ(times(50, 150), times(0, 100)), rankZ(times(0, 100), times(50, 150))
	if slower < maxZ || math.Abs(slower+faster) > 1e-9 {
		t.Errorf("rankZ(slower) = %v, rankZ(faster) = %v, want more than %v and its negative", slower, faster, maxZ)
	}
	if got := median(times(0, 101)); got != 50 {
		t.Errorf("median(0 to 100) = %v, want 50", got)
	}
	if got := median(nil); got != 0 {
		t.Errorf("median(nothing) = %v, want 0", got)
	}
}
