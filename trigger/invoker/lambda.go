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

	"cognate"
	"cognate/authn/sigv4"
	"cognate/trigger"
)

// Invocation types: wait for the answer, or queue the event.
const (
	requestResponse = "RequestResponse"
	queued          = "Event"
)

// Lambda invokes functions through the API of AWS Lambda, at one endpoint for all regions.
// Source: AWS Lambda API reference, Invoke. The package calls the API itself, because the SDK's client would cost every
// server a megabyte of memory for one operation.
type Lambda struct {
	Endpoint *url.URL
	// Credentials sign the requests. The region is the function's.
	Credentials aws.CredentialsProvider
	Client      *http.Client // follows no redirects
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
	if failure := functionError(answer); failure != nil {
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
		return nil, nil, unreachableError(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := readAnswer(response.Body)
	if err != nil {
		return nil, nil, unreachableError(err)
	}
	if response.StatusCode/100 != 2 {
		return nil, nil, endpointError(response)
	}
	return response.Header, answer, nil
}

// request returns the signed request.
func (l *Lambda) request(ctx context.Context, function string, event []byte, how string) (*http.Request, error) {
	name, err := cognate.ParseARN(cognate.FunctionARN, function)
	if err != nil {
		return nil, &trigger.InvocationError{Message: "Invalid function ARN", Err: err}
	}
	segment := strings.ReplaceAll(url.PathEscape(name.String()), ":", "%3A") // as the SDKs write it
	u := l.Endpoint.JoinPath("2015-03-31", "functions", segment, "invocations")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(event))
	if err != nil {
		return nil, unreachableError(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", how)
	credentials, err := l.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, &trigger.InvocationError{Message: "No credentials to invoke the function with", Err: err}
	}
	if err := sigv4.Sign(request, event, credentials, name.Region().String(), "lambda", l.Now()); err != nil {
		return nil, &trigger.InvocationError{Message: "No credentials to invoke the function with", Err: fmt.Errorf("sign: %w", err)}
	}
	return request, nil
}

// maxErrorCode limits the part of an endpoint's error code that callers see, in bytes.
const maxErrorCode = 64

// endpointError returns the error for an endpoint that rejected the request. Its message is the error code, as in the
// service.
func endpointError(response *http.Response) error {
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	if code == "" || len(code) > maxErrorCode {
		code = "Status " + strconv.Itoa(response.StatusCode)
	}
	return &trigger.InvocationError{Message: code}
}
