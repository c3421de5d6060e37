package cognatetest

import (
	"testing"

	"cognate/api"
)

// MustClient calls operations that a test expects to succeed. A call that fails stops the test.
type MustClient struct {
	t      testing.TB
	client *api.Client
}

// Must returns the server's operations for the test t, which may be a subtest of the one that started the server.
func (s *Server) Must(t testing.TB) MustClient { return MustClient{t, s.Client} }

// Result is what a call returned, until Of checks its error.
type Result[T any] struct {
	value T
	err   error
}

// Try returns the results of a call. Try(call()).Of(t) returns the value, or stops the test if the call failed.
func Try[T any](value T, err error) Result[T] { return Result[T]{value, err} }

// Of returns the value of a call. It stops the test t if the call failed.
func (r Result[T]) Of(t testing.TB) T {
	t.Helper()
	return noError(t, r.value, r.err)
}

func noError[T any](t testing.TB, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatalf("got %v, want no error", err)
	}
	return value
}
