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

// Settings of the environment and of profiles for retries.
const (
	envMaxAttempts     = "AWS_MAX_ATTEMPTS"
	envRetryMode       = "AWS_RETRY_MODE"
	settingMaxAttempts = "max_attempts"
	settingRetryMode   = "retry_mode"
)

// defaultAttempts is the default for the largest number of attempts. Source: AWS CLI user guide, "Standard retry mode".
const defaultAttempts = 3

// maxBackoff is the longest pause between two attempts. Source: as above.
const maxBackoff = 20 * time.Second

// retries repeats requests that failed with a transient error.
type retries struct {
	attempts int // largest number of attempts
	sleep    func(ctx context.Context, d time.Duration) error
}

// retryRules reads the number of attempts and checks the mode. Both modes are treated alike: they differ only in how
// fast a throttled client may send, and one command sends too little for that to matter.
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

// run calls send until it succeeds, fails with a permanent error, or has used all attempts. It calls onRetry before each
// pause and returns the number of calls of send.
func (r *retries) run(ctx context.Context, send func() error, onRetry func(err error, pause time.Duration)) (attempts int, err error) {
	for attempts = 1; ; attempts++ {
		if err = send(); err == nil || attempts >= r.attempts || ctx.Err() != nil || !isTransient(err) {
			return attempts, err
		}
		pause := backoff(attempts)
		onRetry(err, pause)
		if err := r.sleep(ctx, pause); err != nil {
			return attempts, err
		}
	}
}

// backoff returns a random pause: up to 1 second after the first attempt, and up to twice as long after each further one.
func backoff(attempts int) time.Duration {
	longest := maxBackoff
	if attempts < 6 { // 2^5 seconds are more than maxBackoff
		longest = time.Second << (attempts - 1)
	}
	return min(time.Duration(rand.Float64()*float64(longest)), maxBackoff)
}

// transientCodes returns the codes of transient errors.
// Source: AWS CLI user guide, "Standard retry mode"; observed behaviour of AWS CLI 2.9.
func transientCodes() []string {
	return []string{
		"BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
		"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
		"RequestTimeout", "RequestTimeoutException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
		"TooManyRequestsException", "TransactionInProgressException",
	}
}

// isTransient reports whether a retry may succeed: after errors of connections, throttling and server errors. An
// untrusted certificate is permanent.
func isTransient(err error) bool {
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return isTransientStatus(refused.Status) || slices.Contains(transientCodes(), refused.Code)
	}
	if response, ok := errors.AsType[*api.ResponseError](err); ok {
		return isTransientStatus(response.Status)
	}
	if _, ok := errors.AsType[*configurationError](err); ok {
		return false
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return !certificate
}

func isTransientStatus(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
