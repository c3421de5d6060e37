package cognatetest

import (
	"errors"
	"sync"
	"testing"

	"cognate/api"
)

// racers is the number of concurrent calls of Race.
const racers = 20

// Race makes 20 concurrent calls, with numbers from 0, and returns how many succeeded. It fails the test if another one did
// not fail with an API error of that code.
func Race(t testing.TB, code string, call func(number int) error) (succeeded int) {
	t.Helper()
	return RaceOf(t, racers, code, call)
}

// RaceOf is Race with n concurrent calls.
func RaceOf(t testing.TB, n int, code string, call func(number int) error) (succeeded int) {
	t.Helper()
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { errs[i] = call(i) })
	}
	group.Wait()
	for i, err := range errs {
		switch {
		case err == nil:
			succeeded++
		case !errors.Is(err, &api.Error{Code: code}):
			t.Errorf("concurrent call %d = %v, want success or %s", i, err, code)
		}
	}
	return succeeded
}
