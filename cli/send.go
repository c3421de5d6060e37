package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/cli/document"
	"cognate/cli/input"
	"cognate/cli/profile"
)

// Where a server of ours listens unless told otherwise, and what it answers when it is well.
const (
	localServer  = "http://127.0.0.1:8229"
	localHealth  = localServer + "/healthz"
	localTimeout = 300 * time.Millisecond
)

// localRegion is the region of a local server's pools when no region is configured.
const localRegion = "us-east-1"

// session is a connection to a service, for one operation.
type session struct {
	*call
	client   api.Client
	endpoint string
	debug    bool
	settings *profile.Settings
}

// connect finds out where and as whom to call. Errors: *configurationError; of reading the configuration.
func (c *call) connect(ctx context.Context, settings *profile.Settings) (*session, error) {
	s := &session{call: c, settings: settings, debug: c.options.values.Is(optDebug, yes)}
	transport, err := c.transport(settings)
	if err != nil {
		return nil, err
	}
	var local bool
	if s.endpoint, local, err = c.endpoint(ctx, settings); err != nil {
		return nil, err
	}
	cfg, err := c.configuration(ctx, settings)
	if err != nil {
		return nil, err
	}
	region := cfg.Region
	if region == "" && local {
		region = localRegion
	}
	if region == "" {
		return nil, &configurationError{"You must specify a region. You can also configure your region by running" +
			` "aws configure".`}
	}
	if s.endpoint == "" {
		s.endpoint = serviceEndpoint(region)
	}
	s.endpoint = withPath(s.endpoint)
	s.client = api.Client{Endpoint: s.endpoint, HTTP: &http.Client{Transport: transport}, UserAgent: "cognate/" + c.Version}
	if !c.options.values.Is(optNoSign, yes) {
		s.client.Sign = s.signer(ctx, cfg, region, local)
	}
	s.logf("calling %s at %s in region %s", c.op.Name, s.endpoint, region)
	return s, nil
}

func (s *session) logf(format string, args ...any) {
	if s.debug {
		fmt.Fprintf(s.Stderr, s.Now().UTC().Format(time.RFC3339Nano)+" "+format+"\n", args...)
	}
}

// endpoint is the configured URL; else that of a local server that answers, which is told; else "".
func (c *call) endpoint(ctx context.Context, settings *profile.Settings) (url string, local bool, err error) {
	if url, given := c.options.values.First(optEndpoint); given {
		return url, false, nil
	}
	if url := settings.Endpoint(); url != "" {
		return url, false, checkEndpoint("endpoint_url", url)
	}
	if !answers(ctx, localHealth) {
		return "", false, nil
	}
	fmt.Fprintf(c.Stderr, "cognate: using the local server at %s; %s calls another\n", localServer, optEndpoint)
	return localServer, true, nil
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, localTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// serviceEndpoint is the public service of a region.
// Source: AWS General Reference, "Amazon Cognito user pools endpoints".
func serviceEndpoint(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return "https://" + api.SigningName + "." + region + "." + domain
}

func withPath(endpoint string) string {
	if _, rest, _ := strings.Cut(endpoint, "://"); strings.Contains(rest, "/") {
		return endpoint
	}
	return endpoint + "/"
}

// configuration reads region and credentials as the SDK does: options, environment, files of the profile.
func (c *call) configuration(ctx context.Context, settings *profile.Settings) (aws.Config, error) {
	var load []func(*config.LoadOptions) error
	if region, ok := c.options.values.First(optRegion); ok {
		load = append(load, config.WithRegion(region))
	}
	if name, ok := c.options.values.First(optProfile); ok {
		load = append(load, config.WithSharedConfigProfile(name))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the configuration of profile %s: %w", settings.Name, err)
	}
	return cfg, nil
}

// signer signs requests. A local server that was found by itself is also called without any credentials configured: in
// development it takes every key.
func (s *session) signer(ctx context.Context, cfg aws.Config, region string, local bool) func(*http.Request, []byte) error {
	return func(req *http.Request, body []byte) error {
		credentials, err := cfg.Credentials.Retrieve(ctx)
		if err != nil || !credentials.HasKeys() {
			s.logf("no credentials: %v", err)
			if !local {
				return &configurationError{`Unable to locate credentials. You can configure credentials by running` +
					` "aws configure".`}
			}
			credentials = aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}
		}
		return sigv4.Sign(req, body, credentials, region, api.SigningName, s.Now())
	}
}

// transport is how to connect: timeouts, and which certificates to believe.
func (c *call) transport(settings *profile.Settings) (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: c.options.connectTimeout}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   c.options.connectTimeout,
		ResponseHeaderTimeout: c.options.readTimeout,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.options.values.Is(optNoVerify, yes) {
		transport.TLSClientConfig.InsecureSkipVerify = true
		return transport, nil
	}
	bundle, _ := c.options.values.First(optCABundle)
	for _, other := range []string{os.Getenv("AWS_CA_BUNDLE"), settings.Get("ca_bundle")} {
		if bundle == "" {
			bundle = other
		}
	}
	if bundle == "" {
		return transport, nil
	}
	pem, err := os.ReadFile(bundle)
	if err != nil {
		return nil, fmt.Errorf("read the certificates of %s: %w", optCABundle, err)
	}
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", bundle)
	}
	return transport, nil
}

// ask sends one request and reads the answer, its members in the order of the description.
func (s *session) ask(ctx context.Context, params *document.Object) (*document.Object, error) {
	started := s.Now()
	answer, err := s.client.Send(ctx, s.op, input.Body(params))
	s.logf("answered after %v: %d bytes, error %v", s.Now().Sub(started), len(answer), err)
	if err != nil {
		return nil, s.unanswered(err)
	}
	if s.op.Output == nil || len(strings.TrimSpace(string(answer))) == 0 {
		return &document.Object{}, nil
	}
	value, err := document.Parse(answer)
	if err != nil {
		return nil, fmt.Errorf("Unable to parse response, received data that is no JSON: %w", err)
	}
	wire := s.settings.Get("cli_timestamp_format") == "wire"
	object, ok := conform(value, s.op.Output, wire).(*document.Object)
	if !ok {
		return nil, errors.New("Unable to parse response: it is no JSON object")
	}
	return object, nil
}

// unanswered turns an error of sending into what the user is told.
func (s *session) unanswered(err error) error {
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return &serviceError{op: s.op, err: refused, hint: s.hint(refused)}
	}
	if configuration, ok := errors.AsType[*configurationError](err); ok {
		return configuration
	}
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("SSL validation failed for %s %w", s.endpoint, certificate)
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
		return "\nThe name " + dns.Name + " isn't known: check " + optEndpoint + " and " + optRegion + "."
	}
	return ""
}

// hint says what to do next about a refusal, in a line of its own, or nothing.
func (s *session) hint(refused *api.Error) string {
	switch {
	case refused.Code == "ExpiredTokenException" || strings.Contains(refused.Message, "security token included in the request is expired"):
		return "\nYour credentials have expired: sign in again, or refresh those of profile " + s.settings.Name + "."
	case strings.Contains(refused.Message, "Signature expired") || strings.Contains(refused.Message, "Signature not yet current"):
		return "\nThe clock of this machine says " + s.Now().UTC().Format(time.RFC3339) + ": set it right, then try again."
	case refused.Code == api.CodeUnrecognizedClientException:
		return "\nThis server doesn't know the access key: check " + optProfile + ", AWS_ACCESS_KEY_ID and " + optEndpoint + "."
	case refused.Code == "ResourceNotFoundException" && strings.Contains(refused.Message, "User pool") && s.otherRegion() != "":
		return "\nThe pool's ID is of region " + s.otherRegion() + ": check " + optRegion + "."
	}
	return ""
}

// otherRegion is the region of the pool that was asked for, if another one was called.
func (s *session) otherRegion() string {
	pool, _ := s.values.First("--user-pool-id")
	region, _, found := strings.Cut(pool, "_")
	called, _ := s.options.values.First(optRegion)
	if called == "" {
		called = os.Getenv("AWS_REGION")
	}
	if !found || called == "" || region == called {
		return ""
	}
	return region
}

// conform orders the members of an answer as the description has them, drops what it doesn't know, and writes times as
// the AWS CLI does, unless wire leaves them as they came.
func conform(value any, shape *api.Shape, wire bool) any {
	switch v := value.(type) {
	case *document.Object:
		switch shape.Kind {
		case api.KindStructure:
			return conformStructure(v, shape, wire)
		case api.KindMap:
			object := &document.Object{}
			for name, entry := range v.All() {
				object.Set(name, conform(entry, shape.Element, wire))
			}
			return object
		}
	case []any:
		if shape.Kind != api.KindList {
			return value
		}
		list := make([]any, len(v))
		for i, entry := range v {
			list[i] = conform(entry, shape.Element, wire)
		}
		return list
	case int64, float64:
		if shape.Kind == api.KindTimestamp && !wire {
			return timestamp(v)
		}
	}
	return value
}

func conformStructure(object *document.Object, shape *api.Shape, wire bool) *document.Object {
	ordered := &document.Object{}
	for _, m := range shape.Members {
		if value, _ := object.Get(m.Name); value != nil {
			ordered.Set(m.Name, conform(value, m.Shape, wire))
		}
	}
	return ordered
}

// timestamp writes seconds since 1970 in the local time zone, with six digits of a second if there is a fraction.
func timestamp(seconds any) string {
	var t time.Time
	switch s := seconds.(type) {
	case int64:
		t = time.Unix(s, 0)
	case float64:
		t = time.UnixMicro(int64(s*1e6 + 0.5))
	}
	layout := "2006-01-02T15:04:05-07:00"
	if t.Nanosecond() != 0 {
		layout = "2006-01-02T15:04:05.000000-07:00"
	}
	return t.Format(layout)
}
