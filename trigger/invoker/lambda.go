package invoker

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"cognate/authn/sigv4"
	"cognate/trigger"
)

// How a function is invoked: with its answer, or queued.
const (
	requestResponse = "RequestResponse"
	queued          = "Event"
)

// Lambda invokes functions by the API of AWS Lambda, at one endpoint, whatever the region of a function.
// Source: AWS Lambda API reference, Invoke. The SDK's client of that API would cost every server a megabyte of memory, for
// one operation.
type Lambda struct {
	Endpoint *url.URL
	// Credentials sign the requests, for the function's region.
	Credentials aws.CredentialsProvider
	Client      *http.Client // made by NewClient
	Now         func() time.Time
}

// Invoke runs a function and waits for its answer.
func (l *Lambda) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	header, answer, err := l.invoke(ctx, function, event, requestResponse)
	if err != nil {
		return nil, err
	}
	how := header.Get("X-Amz-Function-Error")
	if how == "" {
		return answer, nil
	}
	if failure := thrown(answer); failure != nil {
		return nil, failure
	}
	return nil, &trigger.FunctionError{Message: how}
}

// Start queues the event at the endpoint.
func (l *Lambda) Start(ctx context.Context, function string, event []byte) error {
	_, _, err := l.invoke(ctx, function, event, queued)
	return err
}

func (l *Lambda) invoke(ctx context.Context, function string, event []byte, how string) (http.Header, []byte, error) {
	request, err := l.request(ctx, function, event, how)
	if err != nil {
		return nil, nil, err
	}
	response, err := l.Client.Do(request)
	if err != nil {
		return nil, nil, unreached(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := readAnswer(response.Body)
	if err != nil {
		return nil, nil, unreached(err)
	}
	if response.StatusCode/100 != 2 {
		return nil, nil, uninvoked(response)
	}
	return response.Header, answer, nil
}

// request returns the signed request.
func (l *Lambda) request(ctx context.Context, function string, event []byte, how string) (*http.Request, error) {
	name, err := arn.Parse(function)
	if err != nil {
		return nil, &trigger.InvocationError{Message: "Invalid function ARN", Err: err}
	}
	segment := strings.ReplaceAll(url.PathEscape(function), ":", "%3A") // as the SDKs write it
	u := l.Endpoint.JoinPath("2015-03-31", "functions", segment, "invocations")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(event))
	if err != nil {
		return nil, unreached(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", how)
	credentials, err := l.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, &trigger.InvocationError{Message: "No credentials to invoke the function with", Err: err}
	}
	if err := sigv4.Sign(request, event, credentials, name.Region, "lambda", l.Now()); err != nil {
		return nil, &trigger.InvocationError{Message: "No credentials to invoke the function with", Err: fmt.Errorf("sign: %w", err)}
	}
	return request, nil
}

// maxErrorCode bounds what of an endpoint's error is shown, in bytes.
const maxErrorCode = 64

// uninvoked says that the endpoint refused, by its error's code, as the service shows it.
func uninvoked(response *http.Response) error {
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	if code == "" || len(code) > maxErrorCode {
		code = "Status " + strconv.Itoa(response.StatusCode)
	}
	return &trigger.InvocationError{Message: code}
}
