// Package amazon posts signed requests to Amazon's services. The SDK's clients of the two services that send messages would
// cost every server three megabytes of memory, for one operation each.
//
// It knows no service: see packages ses and sns.
package amazon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"cognate/authn/sigv4"
)

// Client reaches one service. It is made by New.
type Client struct {
	service, host, endpoint, region string
	// Settings are those of the environment.
	Settings aws.Config
	http     *http.Client
	now      func() time.Time
}

// Config says which service, and where.
type Config struct {
	// Service is its name in signatures, Host the first part of its host's name.
	Service, Host string
	// Region is where requests go that name none; empty means the environment's.
	Region string
	// Endpoint is used instead of Amazon's own addresses, when set.
	Endpoint string
	Now      func() time.Time
}

// New returns a client with the credentials that every AWS tool finds: environment, profile, role of the machine. It connects
// to nothing yet. Errors: of the AWS configuration that the environment names.
func New(ctx context.Context, c Config) (*Client, error) {
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(c.Region))
	if err != nil {
		return nil, fmt.Errorf("configure AWS: %w", err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{
		service: c.Service, host: c.Host, endpoint: strings.TrimRight(c.Endpoint, "/"), region: settings.Region, Settings: settings,
		http: client, now: c.Now,
	}, nil
}

// Request is one to a service.
type Request struct {
	Path        string
	ContentType string
	Body        []byte
	Region      string                  // empty means the client's
	Credentials aws.CredentialsProvider // nil means the client's
}

// Fault is a service's refusal.
type Fault struct {
	Status int
	Code   string // from the header X-Amzn-Errortype; empty without one
	Body   []byte
}

// Error shows what is no part of any message.
func (f *Fault) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", f.Status, f.Code))
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Post sends a request. Errors: *Fault, when the service refuses.
func (c *Client) Post(ctx context.Context, r Request) error {
	request, err := c.request(ctx, r)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	if response.StatusCode/100 == 2 { // the service has taken charge, whatever became of its answer
		return nil
	}
	if err != nil {
		return err
	}
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	return &Fault{Status: response.StatusCode, Code: code, Body: answer}
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	region, provider := c.region, c.Settings.Credentials
	if r.Region != "" {
		region = r.Region
	}
	if r.Credentials != nil {
		provider = r.Credentials
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url(region)+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", r.ContentType)
	credentials, err := provider.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("find AWS credentials: %w", err)
	}
	if err := sigv4.Sign(request, r.Body, credentials, region, c.service, c.now()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return request, nil
}

func (c *Client) url(region string) string {
	switch {
	case c.endpoint != "":
		return c.endpoint
	case strings.HasPrefix(region, "cn-"):
		return "https://" + c.host + "." + region + ".amazonaws.com.cn"
	default:
		return "https://" + c.host + "." + region + ".amazonaws.com"
	}
}
