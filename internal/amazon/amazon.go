// Package amazon sends signed requests to Amazon's services. It replaces the SDK's clients of the services that send messages and
// store logs, which would cost every server megabytes of memory for one operation each.
//
// It knows no particular service: see packages ses, sns, eums and logdelivery.
package amazon

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/authn/sigv4"
	"cognate/internal/outgoing"
)

// Client calls one service. Make it with New.
type Client struct {
	service, host, endpoint, region string
	credentials                     aws.CredentialsProvider
	roles                           *roles // nil if the client assumes no roles
	// operator connects to the operator's endpoint or region, guarded to a region that a pool names.
	operator, guarded *http.Client
	now               func() time.Time
}

// Config names the service and its endpoint.
type Config struct {
	// Service is the service's name in signatures. Host is the first label of its host name.
	Service, Host string
	// Region is the region for requests that name none. Empty means the environment's.
	Region string
	// Endpoint and STSEndpoint, if set, replace the URLs of the service and of STS.
	Endpoint, STSEndpoint string
	// AssumeRoles sends a request with the role that it names. Without it, a role has no effect.
	AssumeRoles bool
	// Outgoing is for connections to regions that requests name. Nil means the rules of `cognate serve`.
	Outgoing *outgoing.Rules
	Now      func() time.Time
}

// New returns a client with the credentials of the AWS SDK's default chain: environment, profile, role of the machine. It
// does not connect yet. Errors: of the AWS configuration in the environment.
func New(ctx context.Context, c Config) (*Client, error) {
	settings, err := LoadConfig(ctx, c.Region)
	if err != nil {
		return nil, err
	}
	client := &Client{
		service: c.Service, host: c.Host, endpoint: strings.TrimRight(c.Endpoint, "/"), region: settings.Region,
		credentials: settings.Credentials, operator: outgoing.Operator(), guarded: c.Outgoing.Client(), now: c.Now,
	}
	if c.AssumeRoles {
		client.roles = newRoles(settings, c.STSEndpoint)
	}
	return client, nil
}

// Region returns the region in the settings or the environment; "" without one.
func (c *Client) Region() string { return c.region }

// Request is a request to a service.
type Request struct {
	Method      string // empty means POST
	Path        string // its characters need no escapes
	ContentType string
	Target      string            // the operation (X-Amz-Target), in services that name it by a header
	Header      map[string]string // further header fields
	Body        []byte
	Region      cognate.Region // zero means the client's
	// Role is the IAM role that sends the request of a pool, with its ExternalID. Zero means the client's own credentials.
	Role       cognate.ARN
	ExternalID string
}

// Fault is an error answer of a service.
type Fault struct {
	Status int
	Code   string // empty if the answer has none
	Body   []byte
}

// Error returns the status and the code, which contain no part of the request.
func (f *Fault) Error() string {
	return strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", f.Status, f.Code))
}

// maxAnswer limits what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Send sends a request. Errors: *Fault if the service rejects the request.
func (c *Client) Send(ctx context.Context, r Request) error {
	_, err := c.Call(ctx, r)
	return err
}

// Call sends a request and returns the body of the answer, which may be cut off. Errors: *Fault if the service rejects the
// request.
func (c *Client) Call(ctx context.Context, r Request) ([]byte, error) {
	request, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := c.httpClient(r.Region).Do(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close()
	if response.StatusCode/100 == 2 { // the service has accepted the request, even if its answer is unreadable
		return answer, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, &Fault{Status: response.StatusCode, Code: codeOf(response.Header, answer), Body: answer}
}

// codeOf returns the code of an error answer: from the header X-Amzn-Errortype, where a URL may follow the code, or else from a JSON
// body, where a namespace may precede it.
func codeOf(h http.Header, body []byte) string {
	if code, _, _ := strings.Cut(h.Get("X-Amzn-Errortype"), ":"); code != "" {
		return code
	}
	var answer struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(body, &answer) != nil { // another format
		return ""
	}
	return answer.Type[strings.LastIndex(answer.Type, "#")+1:]
}

// httpClient returns the client for a region. The server's own region is a setting of the operator.
func (c *Client) httpClient(region cognate.Region) *http.Client {
	if c.endpoint != "" || region == (cognate.Region{}) || region.String() == c.region {
		return c.operator
	}
	return c.guarded
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	region, provider := c.region, c.credentials
	if r.Region != (cognate.Region{}) {
		region = r.Region.String()
	}
	if assumed := c.roles.credentials(r.Role, r.ExternalID); assumed != nil {
		provider = assumed
	}
	request, err := http.NewRequestWithContext(ctx, cmp.Or(r.Method, http.MethodPost), c.url(region)+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", r.ContentType)
	if r.Target != "" {
		request.Header.Set("X-Amz-Target", r.Target)
	}
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
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
