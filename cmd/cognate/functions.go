package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"cognate/config"
	"cognate/internal/amazon"
	"cognate/internal/outgoing"
	"cognate/trigger"
	"cognate/trigger/codekeys"
	"cognate/trigger/invoker"
)

// maxCommands is how many functions that are programs run at the same time.
const maxCommands = 16

// functions returns the invoker for the functions of triggers, from the settings.
func functions(ctx context.Context, c *config.Config, now func() time.Time, log *slog.Logger) (trigger.Invoker, error) {
	router := &invoker.Router{ByARN: make(map[string]trigger.Invoker)}
	client, local := outgoing.Operator(), outgoingRules(c).Client()
	if c.LambdaEndpoint != "" {
		lambda, err := lambdaOf(ctx, c, client, now)
		if err != nil {
			return nil, err
		}
		router.Else = lambda
	}
	slots := make(chan struct{}, maxCommands)
	output := trigger.OutputLog{Log: log, Quote: c.Mode == config.Dev}
	for _, f := range c.Functions {
		if len(f.Command) > 0 {
			router.ByARN[f.ARN] = &invoker.Command{Arguments: f.Command, Slots: slots, Output: output}
			continue
		}
		web := &invoker.Web{URL: f.URL, Secret: []byte(f.Secret), Client: client, Now: now}
		if c.Mode == config.Dev && strings.HasPrefix(f.URL, "http:") {
			web.Client = local // an event by HTTP must not leave the private network
		}
		router.ByARN[f.ARN] = web
	}
	return router, nil
}

func lambdaOf(ctx context.Context, c *config.Config, client *http.Client, now func() time.Time) (*invoker.Lambda, error) {
	endpoint, err := url.Parse(c.LambdaEndpoint)
	if err != nil {
		return nil, err
	}
	credentials, err := awsCredentials(ctx, c)
	return &invoker.Lambda{Endpoint: endpoint, Credentials: credentials, Client: client, Now: now}, err
}

// awsCredentials returns the credentials that sign requests to Lambda and KMS: those of the AWS SDK's default chain. A
// development server without credentials uses invented ones. Local replacements of AWS accept them, and the default chain
// would first query a cloud's metadata service.
func awsCredentials(ctx context.Context, c *config.Config) (aws.CredentialsProvider, error) {
	env, err := awsconfig.NewEnvConfig()
	if err != nil {
		return nil, fmt.Errorf("read AWS settings: %w", err)
	}
	if c.Mode == config.Dev && !env.Credentials.HasKeys() && env.SharedConfigProfile == "" {
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "cognate", SecretAccessKey: "cognate", Source: "cognate dev"}, nil
		}), nil
	}
	found, err := amazon.LoadConfig(ctx, "")
	return found.Credentials, err
}

// codeKeys returns the keys that encrypt codes for custom senders, from the settings.
func codeKeys(ctx context.Context, c *config.Config, now func() time.Time) (*codekeys.Keys, error) {
	keys := &codekeys.Keys{ByID: make(map[string]codekeys.Key), SameAccountOnly: c.Mode == config.Serve}
	for _, k := range c.CodeKeys {
		key, err := codeKey(ctx, c, k, now)
		if err != nil {
			return nil, err
		}
		keys.ByID[k.KMSKeyID] = key
	}
	if c.KMSEndpoint == "" {
		return keys, nil
	}
	kms, err := kmsAt(ctx, c, c.KMSEndpoint, now)
	keys.Else = kms
	return keys, err
}

func codeKey(ctx context.Context, c *config.Config, k config.CodeKey, now func() time.Time) (codekeys.Key, error) {
	switch {
	case k.KMSEndpoint != "":
		return kmsAt(ctx, c, k.KMSEndpoint, now)
	case k.Format == config.Cognate1:
		return codekeys.NewCognate1([]byte(k.Key))
	default: // config allows no other
		return codekeys.NewRawAES(k.KMSKeyID, []byte(k.Key))
	}
}

func kmsAt(ctx context.Context, c *config.Config, endpoint string, now func() time.Time) (*codekeys.KMS, error) {
	credentials, err := awsCredentials(ctx, c)
	return &codekeys.KMS{Endpoint: endpoint, Credentials: credentials, Client: outgoing.Operator(), Now: now}, err
}
