// Package masterkey returns the master key that a setting names: the key itself, or a key that a service or a program has. The settings
// name keys in AWS KMS and in the transit engine of Vault by the URLs of the Go CDK (gocloud.dev/secrets). The package does not use the
// Go CDK: it would add 5 MB and 32 modules to the binary for four requests, and its requests to Vault do not end with their context.
//
// A server needs the key only while it starts. Package sealing wraps one AES key with it, so requests are small.
package masterkey

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cognate/internal/pause"
	"cognate/sealing"
)

// Limit is how long a request or a program may take, with all attempts.
const Limit = 15 * time.Second

// The forms of keys that are not in the settings.
const (
	awsScheme   = "awskms"
	vaultScheme = "hashivault"
	execPrefix  = "exec:"
)

// Environ returns a variable of the environment; "" without one.
type Environ func(name string) string

// Parse returns the master key of a setting: a text of sealing.NewMasterKey, awskms://KEY, hashivault://KEY or exec:PROGRAM. It sends no
// request. An error does not quote a key.
func Parse(ctx context.Context, text string, environ Environ) (sealing.MasterKey, error) {
	text = strings.TrimSpace(text)
	program, isProgram := strings.CutPrefix(text, execPrefix)
	if isProgram {
		p, err := newProgram(program)
		return remote(p, err)
	}
	scheme, _, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		return sealing.ParseMasterKey(text)
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Fragment != "" {
		return sealing.MasterKey{}, fmt.Errorf("not a URL such as %s:///KEY", scheme)
	}
	switch scheme {
	case awsScheme:
		k, err := newAWS(ctx, u)
		return remote(k, err)
	case vaultScheme:
		v, err := newVault(u, environ)
		return remote(v, err)
	default:
		return sealing.MasterKey{}, fmt.Errorf("%s:// is not %s:// or %s://", scheme, awsScheme, vaultScheme)
	}
}

func remote(r sealing.Remote, err error) (sealing.MasterKey, error) {
	if err != nil {
		return sealing.MasterKey{}, err
	}
	return sealing.RemoteMasterKey(r), nil
}

// keyOf returns the key that a URL names: its host and path.
func keyOf(u *url.URL) (string, error) {
	key := strings.TrimPrefix(u.Host+u.Path, "/")
	if key == "" {
		return "", fmt.Errorf("%s:// names no key", u.Scheme)
	}
	return key, nil
}

// isPrivate reports whether requests to u cannot be read on the network: they use HTTPS or loopback.
func isPrivate(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

const (
	maxAttempts  = 3
	attemptPause = 200 * time.Millisecond // before the second attempt; then twice as long
)

// errTemporary marks the error of a request that can succeed later.
var errTemporary = errors.New("the service does not answer")

// attempt calls do until it succeeds, or fails for good.
func attempt(ctx context.Context, limit time.Duration, do func(ctx context.Context) ([]byte, error)) ([]byte, error) {
	ctx, stop := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer stop()
	var err error
	for n := range maxAttempts {
		if pause.For(ctx, attemptPause*time.Duration(n)) != nil {
			break
		}
		var answer []byte
		if answer, err = do(ctx); err == nil {
			return answer, nil
		}
		if !errors.Is(err, errTemporary) {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, err
}
