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
	// margin is how many seconds a client may take to send a code; next skips a code that expires sooner.
	// On a busy machine a client takes seconds to start.
	margin = 20
)

// authenticator is a user's authenticator app. The service accepts each time step of a user once, and one step before
// and after the current one. So next starts with the previous step and increases it. This makes three codes available
// without waiting.
type authenticator struct {
	secret string
	last   int64 // step of the newest code
}

// next returns a code that was not returned before, for the current secret.
func (a *authenticator) next(t *testing.T) string {
	t.Helper()
	now := time.Now().Unix()
	oldest := now/stepSeconds - 1
	if now%stepSeconds >= stepSeconds-margin {
		oldest++ // the previous step expires soon
	}
	a.last = max(oldest, a.last+1)
	// This waits only if the test started within the margin, and then not longer than the margin.
	if begins := time.Unix((a.last-1)*stepSeconds, 0); time.Until(begins) > 0 {
		time.Sleep(time.Until(begins))
	}
	return a.code(t, a.last)
}

// wrong returns six digits that are not a current code of the secret.
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
