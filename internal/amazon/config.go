package amazon

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"cognate/trace"
)

// LoadConfig reads the AWS settings of the environment and the profile, as the AWS SDK does. A request for credentials, for example to
// STS, is a span. The SDK makes its own HTTP client, because it rejects AWS_CA_BUNDLE with another one.
func LoadConfig(ctx context.Context, region string) (aws.Config, error) {
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region), awsconfig.WithAPIOptions([]func(*middleware.Stack) error{addSpans}))
	if err != nil {
		return aws.Config{}, fmt.Errorf("read AWS settings: %w", err)
	}
	return settings, nil
}

// addSpans makes a span of each request that the SDK sends, as package outgoing does of others.
func addSpans(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("span", traced), middleware.After)
}

func traced(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return next.HandleDeserialize(ctx, in)
	}
	_, end := trace.Outgoing(ctx, request.Method)
	out, metadata, err := next.HandleDeserialize(ctx, in)
	status := 0
	if answer, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
		status = answer.StatusCode
	}
	end(status)
	return out, metadata, err
}
