package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cognate/api"
	"cognate/cli/document"
)

// What is told when there is no answer, or one that refuses: the text of the AWS CLI, and in a line of its own what to
// do next.

// noRegion tells what lacks when nothing says where to call.
func noRegion() error {
	return &configurationError{"You must specify a region. You can also configure your region by running \"aws configure\"." +
		"\nGive " + optRegion + " or AWS_REGION, or start a server here with `cognate dev`: it is found by itself."}
}

func noCredentials() error {
	return &configurationError{"Unable to locate credentials. You can configure credentials by running \"aws configure\"." +
		"\nGive AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile that has them with " + optProfile +
		". `cognate dev` takes any."}
}

// serviceError is what the service refused.
type serviceError struct {
	op      *api.Operation
	code    string
	message string
	retried int    // how often, when it was as often as allowed; else -1
	hint    string // a line of its own, or ""
}

func (e *serviceError) Error() string {
	retried := ""
	if e.retried >= 0 {
		retried = fmt.Sprintf(" (reached max retries: %d)", e.retried)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s%s",
		e.code, e.op.Name, retried, e.message, e.hint)
}

// unanswered turns an error of sending, so many times, into what the user is told.
func (s *session) unanswered(err error, tried int) error {
	retried := -1
	if tried >= s.retries.attempts {
		retried = tried - 1
	}
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return &serviceError{op: s.op, code: refused.Code, message: refused.Message, retried: retried, hint: s.hint(refused)}
	}
	if answer, ok := errors.AsType[*api.ResponseError](err); ok {
		return &serviceError{
			op: s.op, code: strconv.Itoa(answer.Status), message: foreignMessage(answer), retried: retried, hint: foreignHint(answer),
		}
	}
	if configuration, ok := errors.AsType[*configurationError](err); ok {
		return configuration
	}
	return s.unreachable(err)
}

// foreignMessage is what an answer says that names no error.
func foreignMessage(answer *api.ResponseError) string {
	text := strings.TrimSpace(string(answer.Body))
	if answer.Status >= http.StatusInternalServerError && (text == "" || strings.HasPrefix(text, "<html>")) {
		return http.StatusText(answer.Status)
	}
	value, err := document.Parse(answer.Body)
	if err != nil {
		return string(answer.Body)
	}
	if object, ok := value.(*document.Object); ok {
		for _, name := range []string{"message", "Message"} {
			if message, ok := object.Get(name); ok {
				return fmt.Sprint(message)
			}
		}
	}
	return ""
}

// foreignHint says what to do about an answer that is none of this API.
func foreignHint(answer *api.ResponseError) string {
	if answer.Status >= http.StatusInternalServerError {
		return ""
	}
	return "\nWhat answers there doesn't speak this API: check " + optEndpoint + "."
}

func (s *session) unreachable(err error) error {
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("SSL validation failed for %s %w\nTo believe this certificate, give its issuer's with %s.",
			s.endpoint, certificate, optCABundle)
	case errors.As(err, &timeout) && timeout.Timeout():
		if errors.As(err, &operation) && operation.Op == "dial" {
			return fmt.Errorf("Connect timeout on endpoint URL: \"%s\"", s.endpoint)
		}
		return fmt.Errorf("Read timeout on endpoint URL: \"%s\"", s.endpoint)
	case errors.As(err, &operation) && operation.Op == "dial":
		return fmt.Errorf("Could not connect to the endpoint URL: \"%s\"%s", s.endpoint, unreachableHint(err))
	case errors.As(err, &operation), strings.HasSuffix(err.Error(), "EOF"):
		return fmt.Errorf("Connection was closed before we received a valid response from endpoint URL: \"%s\".", s.endpoint)
	}
	return err
}

func unreachableHint(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "\nNothing listens there: start a server with `cognate dev` or `cognate serve`, or name another with " +
			optEndpoint + "."
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return "\nThe name " + dns.Name + " isn't known: check " + optEndpoint + " and " + optRegion +
			". Without " + optEndpoint + " the public service is called, unless `cognate dev` runs here."
	}
	return ""
}

// hint says what to do next about a refusal, in a line of its own, or nothing.
func (s *session) hint(refused *api.Error) string {
	has := func(part string) bool { return strings.Contains(refused.Message, part) }
	switch {
	case refused.Code == "ExpiredTokenException" || has("security token included in the request is expired"):
		return "\nYour credentials have expired: sign in again, or refresh those of profile " + s.settings.Name + "."
	case refused.Code == "RequestExpired", has("Signature expired"), has("Signature not yet current"):
		return "\nThe clock of this machine says " + s.Now().UTC().Format(time.RFC3339) + ": set it right, then try again."
	case has("does not match the signature"):
		return "\nThe secret isn't that of the access key: check " + optProfile + " or AWS_SECRET_ACCESS_KEY."
	case has("Access Token has expired"):
		return "\nThe access token has run out: get another with the refresh token and initiate-auth."
	case has("Refresh Token has expired"):
		return "\nThe refresh token has run out, too: sign in again."
	case refused.Code == api.CodeUnrecognizedClientException:
		return "\nThis server doesn't know the access key: check " + optProfile + ", AWS_ACCESS_KEY_ID and " + optEndpoint + "."
	case refused.Code == "ResourceNotFoundException" && s.otherRegion() != "":
		return "\nThe pool's ID is of region " + s.otherRegion() + ", and " + s.region + " was called: check " + optRegion + "."
	case has("Credential should be scoped to a valid region"):
		return "\nThe server is of another region than " + s.region + ": check " + optRegion + "."
	}
	return ""
}

// otherRegion is the region of the pool that was asked for, if another one was called.
func (s *session) otherRegion() string {
	pool, _ := s.values.First("--user-pool-id")
	region, _, found := strings.Cut(pool, "_")
	if !found || region == s.region {
		return ""
	}
	return region
}
