package invoker

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"cognate/trigger"
)

// Lambda invokes functions by the API of AWS Lambda. It is made by NewLambda.
type Lambda struct {
	client *lambda.Client
}

// NewLambda returns an invoker that asks one endpoint, whatever the region of a function; requests are signed with the
// credentials for that region.
func NewLambda(endpoint string, credentials aws.CredentialsProvider) *Lambda {
	return &Lambda{client: lambda.New(lambda.Options{
		BaseEndpoint: &endpoint, Credentials: credentials, Retryer: aws.NopRetryer{},
		HTTPClient: &http.Client{Transport: bounded{newTransport()}, CheckRedirect: stay},
	})}
}

// Invoke runs a function and waits for its answer.
func (l *Lambda) Invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	out, err := l.invoke(ctx, function, event, types.InvocationTypeRequestResponse)
	if err != nil {
		return nil, err
	}
	if out.FunctionError == nil {
		return out.Payload, nil
	}
	if failure := thrown(out.Payload); failure != nil {
		return nil, failure
	}
	return nil, &trigger.FunctionError{Message: *out.FunctionError}
}

// Start queues the event at the endpoint.
func (l *Lambda) Start(ctx context.Context, function string, event []byte) error {
	_, err := l.invoke(ctx, function, event, types.InvocationTypeEvent)
	return err
}

func (l *Lambda) invoke(ctx context.Context, function string, event []byte, how types.InvocationType) (*lambda.InvokeOutput, error) {
	name, err := arn.Parse(function)
	if err != nil {
		return nil, &trigger.InvocationError{Message: "Invalid function ARN", Err: err}
	}
	out, err := l.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, InvocationType: how, Payload: event},
		func(o *lambda.Options) { o.Region = name.Region })
	if err == nil {
		return out, nil
	}
	if refusal, ok := errors.AsType[smithy.APIError](err); ok { // by its code, as the service shows it
		return nil, &trigger.InvocationError{Message: refusal.ErrorCode(), Err: err}
	}
	return nil, unreached(err)
}

// bounded refuses answers that are too large while they are read: the SDK reads them whole.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = &boundedBody{ReadCloser: response.Body, left: trigger.MaxAnswer}
	}
	return response, err
}

type boundedBody struct {
	io.ReadCloser
	left int // bytes; negative once there were more
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
