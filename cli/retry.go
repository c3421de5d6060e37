package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"cognate/api"
	"cognate/cli/profile"
)

// Settings of the environment and of profiles that say how often to try.
const (
	envMaxAttempts     = "AWS_MAX_ATTEMPTS"
	envRetryMode       = "AWS_RETRY_MODE"
	settingMaxAttempts = "max_attempts"
	settingRetryMode   = "retry_mode"
)

// defaultAttempts is how often a request is sent at most. Source: AWS CLI user guide, "Standard retry mode".
const defaultAttempts = 3

// maxBackoff is the longest pause between two attempts. Source: as above.
const maxBackoff = 20 * time.Second

// retries sends a request again that failed for a while only.
type retries struct {
	attempts int // at most
	sleep    func(ctx context.Context, d time.Duration) error
}

// retryRules reads how often to try. The modes differ only in how fast a client may send while it is throttled, which
// is too little for a command line to matter.
func retryRules(settings *profile.Settings) (attempts int, err error) {
	text, mode := os.Getenv(envMaxAttempts), os.Getenv(envRetryMode)
	if text == "" {
		text = settings.Get(settingMaxAttempts)
	}
	if mode == "" {
		mode = settings.Get(settingRetryMode)
	}
	attempts = defaultAttempts
	if text != "" {
		if attempts, err = strconv.Atoi(text); err != nil {
			return 0, fmt.Errorf("invalid literal for int() with base 10: '%s'", text)
		}
	}
	if attempts < 1 {
		return 0, fmt.Errorf("Value provided to \"max_attempts\": %d must be an integer greater than or equal to one.", attempts)
	}
	if mode != "" && mode != "standard" && mode != "adaptive" {
		return 0, fmt.Errorf("Invalid value provided to \"mode\": \"%s\" must be one of: \"standard\" or \"adaptive\"", mode)
	}
	return attempts, nil
}

// run calls send until it succeeds, fails for good, or was called often enough. tried is how often it was called. told
// is called with each failure that is tried again, and the pause before.
func (r *retries) run(ctx context.Context, send func() error, told func(err error, pause time.Duration)) (tried int, err error) {
	for tried = 1; ; tried++ {
		if err = send(); err == nil || tried >= r.attempts || ctx.Err() != nil || !passing(err) {
			return tried, err
		}
		pause := backoff(tried)
		told(err, pause)
		if err := r.sleep(ctx, pause); err != nil {
			return tried, err
		}
	}
}

// backoff is the pause after so many attempts: by chance up to 1 second after the first, and up to twice as much after
// each further one.
func backoff(tried int) time.Duration {
	longest := maxBackoff
	if tried < 6 { // 2^5 seconds are more than maxBackoff
		longest = time.Second << (tried - 1)
	}
	return min(time.Duration(rand.Float64()*float64(longest)), maxBackoff)
}

// Codes of errors that pass. Source: AWS CLI user guide, "Standard retry mode"; observed behaviour of AWS CLI 2.9.
func passingCodes() []string {
	return []string{
		"BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
		"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
		"RequestTimeout", "RequestTimeoutException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
		"TooManyRequestsException", "TransactionInProgressException",
	}
}

// passing tells which errors may be gone after a while: of connections, of busy servers, of broken ones. A certificate
// that isn't believed now won't be in a second.
func passing(err error) bool {
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return passingStatus(refused.Status) || slices.Contains(passingCodes(), refused.Code)
	}
	if answer, ok := errors.AsType[*api.ResponseError](err); ok {
		return passingStatus(answer.Status)
	}
	if _, ok := errors.AsType[*configurationError](err); ok {
		return false
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return !certificate
}

func passingStatus(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
