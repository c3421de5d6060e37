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

// The messages of this file are those of the AWS CLI, followed by a line of our own that says what to do next.

// noRegion returns the error for a missing region.
func noRegion() error {
	return &configurationError{"You must specify a region. You can also configure your region by running \"aws configure\"." +
		"\nSet " + optRegion + " or AWS_REGION, or start a local server with `cognate dev`, which is found automatically."}
}

func noCredentials() error {
	return &configurationError{"Unable to locate credentials. You can configure credentials by running \"aws configure\"." +
		"\nSet AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use " + optProfile + " with a profile that has them" +
		". `cognate dev` accepts any."}
}

// serviceError is an error response of the service.
type serviceError struct {
	op      *api.Operation
	code    string
	message string
	retried int    // number of retries if all were used, otherwise -1
	hint    string // "\n" and a line that says what to do next, or ""
}

func (e *serviceError) Error() string {
	retried := ""
	if e.retried >= 0 {
		retried = fmt.Sprintf(" (reached max retries: %d)", e.retried)
	}
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation%s: %s%s",
		e.code, e.op.Name, retried, e.message, e.hint)
}

// requestError returns the error that the user sees for an error of sending. attempts is the number of attempts.
func (s *session) requestError(err error, attempts int) error {
	retried := -1
	if attempts >= s.retries.attempts {
		retried = attempts - 1
	}
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return &serviceError{op: s.op, code: refused.Code, message: refused.Message, retried: retried, hint: s.hint(refused)}
	}
	if response, ok := errors.AsType[*api.ResponseError](err); ok {
		return &serviceError{
			op: s.op, code: strconv.Itoa(response.Status), message: messageOfBody(response), retried: retried, hint: hintOfStatus(response),
		}
	}
	if configuration, ok := errors.AsType[*configurationError](err); ok {
		return configuration
	}
	return s.connectionError(err)
}

// messageOfBody returns the message for an error response that contains no error of the API.
func messageOfBody(response *api.ResponseError) string {
	text := strings.TrimSpace(string(response.Body))
	if response.Status >= http.StatusInternalServerError && (text == "" || strings.HasPrefix(text, "<html>")) {
		return http.StatusText(response.Status)
	}
	value, err := document.Parse(response.Body)
	if err != nil {
		return string(response.Body)
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

// hintOfStatus returns the hint for an error response that contains no error of the API.
func hintOfStatus(response *api.ResponseError) string {
	if response.Status >= http.StatusInternalServerError {
		return ""
	}
	return "\nThe server at this URL does not speak this API: check " + optEndpoint + "."
}

func (s *session) connectionError(err error) error {
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("SSL validation failed for %s %w\nTo trust this certificate, set %s to the certificate of its issuer.",
			s.endpoint, certificate, optCABundle)
	case errors.As(err, &timeout) && timeout.Timeout():
		if errors.As(err, &operation) && operation.Op == "dial" {
			return fmt.Errorf("Connect timeout on endpoint URL: \"%s\"", s.endpoint)
		}
		return fmt.Errorf("Read timeout on endpoint URL: \"%s\"", s.endpoint)
	case errors.As(err, &operation) && operation.Op == "dial":
		return fmt.Errorf("Could not connect to the endpoint URL: \"%s\"%s", s.endpoint, connectionHint(err))
	case errors.As(err, &operation), strings.HasSuffix(err.Error(), "EOF"):
		return fmt.Errorf("Connection was closed before we received a valid response from endpoint URL: \"%s\".", s.endpoint)
	}
	return err
}

func connectionHint(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "\nNo server listens at this address: start one with `cognate dev` or `cognate serve`, or set another address with " +
			optEndpoint + "."
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return "\nThe host name " + dns.Name + " is unknown: check " + optEndpoint + " and " + optRegion +
			". Without " + optEndpoint + " the public service is called, unless a local `cognate dev` runs."
	}
	return ""
}

// hint returns "\n" and a line that says what to do about an error of the service, or "".
func (s *session) hint(refused *api.Error) string {
	has := func(part string) bool { return strings.Contains(refused.Message, part) }
	switch {
	case refused.Code == "ExpiredTokenException" || has("security token included in the request is expired"):
		return "\nYour credentials have expired: sign in again, or refresh those of profile " + s.settings.Name + "."
	case refused.Code == "RequestExpired", has("Signature expired"), has("Signature not yet current"):
		return "\nThe clock of this machine says " + s.Now().UTC().Format(time.RFC3339) + ": correct it, then try again."
	case has("does not match the signature"):
		return "\nThe secret does not belong to the access key: check " + optProfile + " or AWS_SECRET_ACCESS_KEY."
	case has("Access Token has expired"):
		return "\nThe access token has expired: get a new one with the refresh token and initiate-auth."
	case has("Refresh Token has expired"):
		return "\nThe refresh token has expired: sign in again."
	case refused.Code == api.CodeUnrecognizedClientException && s.unconfigured:
		return "\nNo credentials are configured, and this server requires some: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use " +
			optProfile + "."
	case refused.Code == api.CodeUnrecognizedClientException:
		return "\nThis server does not know the access key: check " + optProfile + ", AWS_ACCESS_KEY_ID and " + optEndpoint + "."
	case refused.Code == "ResourceNotFoundException" && s.otherRegion() != "":
		return "\nThe user pool is in region " + s.otherRegion() + ", but the request used " + s.region + ": check " + optRegion + "."
	case has("Credential should be scoped to a valid region"):
		return "\nThe server is in another region than " + s.region + ": check " + optRegion + "."
	}
	return ""
}

// otherRegion returns the region of the user pool in the arguments, or "" if the request used the same region.
func (s *session) otherRegion() string {
	pool, _ := s.values.First("--user-pool-id")
	region, _, found := strings.Cut(pool, "_")
	if !found || region == s.region {
		return ""
	}
	return region
}
