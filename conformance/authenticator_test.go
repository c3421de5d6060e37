package conformance_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

const (
	stepSeconds = 30
	// margin is what a request may take: a code that falls out of the window sooner is not used.
	margin = 5
)

// authenticator is a user's app. The service takes each time step of a user once, and one step either side of the
// present: so the codes it gives start with the step before this one and go on step by step, which makes three without
// waiting for the clock.
type authenticator struct {
	secret string
	last   int64 // step of the newest code given
}

// next returns a code that was not given before, for the secret the app holds now.
func (a *authenticator) next(t *testing.T) string {
	t.Helper()
	now := time.Now().Unix()
	oldest := now/stepSeconds - 1
	if now%stepSeconds >= stepSeconds-margin {
		oldest++ // the step before this one is about to be refused
	}
	a.last = max(oldest, a.last+1)
	// Only a start in the margin leads here, and then for no longer than the margin.
	if begins := time.Unix((a.last-1)*stepSeconds, 0); time.Until(begins) > 0 {
		time.Sleep(time.Until(begins))
	}
	return a.code(t, a.last)
}

// wrong returns six digits that are no code of this secret around now.
func (a *authenticator) wrong(t *testing.T) string {
	t.Helper()
	var codes []string
	for step := time.Now().Unix()/stepSeconds - 3; len(codes) < 8; step++ {
		codes = append(codes, a.code(t, step))
	}
	for n := 0; ; n++ {
		if digits := fmt.Sprintf("%06d", n); !slices.Contains(codes, digits) {
			return digits
		}
	}
}

func (a *authenticator) code(t *testing.T, step int64) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, time.Unix(step*stepSeconds, 0))
	if err != nil {
		t.Fatalf("code for the secret that the service gave: %v", err)
	}
	return code
}
