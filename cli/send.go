package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/cli/document"
	"cognate/cli/input"
	"cognate/cli/profile"
	"cognate/cli/trace"
	"cognate/internal/pause"
)

// Health check of a local server.
const (
	localHealth  = "/healthz"
	localTimeout = 300 * time.Millisecond
)

// Region and access key of requests to this machine if none are configured.
const (
	localRegion    = "us-east-1"
	placeholderKey = "local"
)

// session has the client and settings for the requests of one operation.
type session struct {
	*call
	client   api.Client
	endpoint string
	region   string
	retries  retries
	settings *profile.Settings

	// unconfigured is true if a placeholder key signs the requests, because no credentials are configured.
	unconfigured bool
}

// connect finds the endpoint, region and credentials and returns a session. It sends no request to the operation.
// Errors: *configurationError; errors of reading the configuration.
func (c *call) connect(ctx context.Context, settings *profile.Settings) (*session, error) {
	s := &session{call: c, settings: settings, retries: retries{sleep: c.Sleep}}
	if s.retries.sleep == nil {
		s.retries.sleep = pause.For
	}
	var err error
	if s.retries.attempts, err = retryRules(settings); err != nil {
		return nil, err
	}
	transport, err := c.transport(settings)
	if err != nil {
		return nil, err
	}
	from, err := c.endpoint(ctx, settings)
	if err != nil {
		return nil, err
	}
	cfg, err := c.configuration(ctx, settings, from)
	if err != nil {
		return nil, err
	}
	if s.region = cfg.Region; s.region == "" && isLoopback(from.url) {
		s.region = localRegion
	}
	if s.region == "" {
		return nil, noRegion()
	}
	if from.url == "" {
		from = endpoint{url: serviceEndpoint(s.region), source: "the public service of the region"}
	}
	s.endpoint = withPath(from.url)
	s.client = api.Client{Endpoint: s.endpoint, HTTP: &http.Client{Transport: s.debugTransport(transport)}, UserAgent: "cognate/" + c.Version}
	if !c.options.values.Is(optNoSign, yes) {
		s.client.Sign = s.signer(ctx, cfg, from)
	}
	s.logf("cognate %s, profile %s: %s at %s (%s), region %s, at most %d attempts", c.Version, settings.Name, c.op.Name,
		redactURL(s.endpoint), from.source, s.region, s.retries.attempts)
	return s, nil
}

// logf writes a line to Stderr if --debug is set.
func (c *call) logf(format string, args ...any) {
	if c.options.values.Is(optDebug, yes) {
		fmt.Fprintf(c.Stderr, c.Now().UTC().Format(time.RFC3339Nano)+" "+format+"\n", args...)
	}
}

// debugTransport returns next, or a transport that logs requests and responses if --debug is set.
func (s *session) debugTransport(next http.RoundTripper) http.RoundTripper {
	if !s.options.values.Is(optDebug, yes) {
		return next
	}
	return &trace.Transport{Next: next, Operation: s.op, Now: s.Now, Logf: s.logf}
}

// endpoint is the URL to call.
type endpoint struct {
	url    string // "" means the public service of the region
	source string // where the URL is configured
	found  bool   // true for a local server that was found without configuration
}

// endpoint returns the configured URL, or that of a local server that responds, or no URL. It prints a note if it uses a
// local server and Stderr is a terminal.
func (c *call) endpoint(ctx context.Context, settings *profile.Settings) (endpoint, error) {
	if url, given := c.options.values.First(optEndpoint); given {
		return endpoint{url: url, source: optEndpoint}, nil
	}
	if url := settings.Endpoint(); url != "" {
		source := "the environment or profile " + settings.Name
		return endpoint{url: url, source: source}, checkEndpoint("endpoint_url", url)
	}
	if c.LocalServer == "" || !respondsOK(ctx, c.LocalServer+localHealth) {
		return endpoint{}, nil
	}
	if c.StderrTerminal {
		fmt.Fprintf(c.Stderr, "cognate: using the local server at %s; use %s for another server\n", c.LocalServer, optEndpoint)
	}
	return endpoint{url: c.LocalServer, source: "local server", found: true}, nil
}

// redactURL returns a URL without its password.
func redactURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an invalid URL"
	}
	return u.Redacted()
}

func respondsOK(ctx context.Context, url string) bool {
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

// serviceEndpoint returns the URL of the public service in a region.
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

// configuration loads region and credentials as the SDK does, from options, environment and the profile's files.
func (c *call) configuration(ctx context.Context, settings *profile.Settings, to endpoint) (aws.Config, error) {
	var load []func(*config.LoadOptions) error
	if isLoopback(to.url) { // the mode auto asks the metadata service for the region
		load = append(load, config.WithDefaultsMode(aws.DefaultsModeStandard))
	}
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

// signer returns a function that signs requests. A development server accepts every key. So a request to this machine
// has a placeholder key if no credentials are configured, and no metadata service is asked for some. A local server that
// was found gets the placeholder key also if the configured credentials cannot be had.
func (s *session) signer(ctx context.Context, cfg aws.Config, to endpoint) func(*http.Request, []byte) error {
	placeholder := aws.Credentials{AccessKeyID: placeholderKey, SecretAccessKey: placeholderKey}
	s.unconfigured = isLoopback(to.url) && fromMetadata(cfg, s.settings)
	return func(req *http.Request, body []byte) error {
		if s.unconfigured {
			s.logf("no credentials are configured; a local server may accept any")
			return sigv4.Sign(req, body, placeholder, s.region, api.SigningName, s.Now())
		}
		credentials, err := cfg.Credentials.Retrieve(ctx)
		switch {
		case err == nil && credentials.HasKeys():
			s.logf("signing with access key %s of %s", credentials.AccessKeyID, credentials.Source)
		case to.found:
			s.logf("no credentials; a local server may accept any: %v", err)
			credentials = placeholder
		default:
			s.logf("no credentials: %v", err)
			return noCredentials()
		}
		return sigv4.Sign(req, body, credentials, s.region, api.SigningName, s.Now())
	}
}

// transport returns an HTTP transport with the configured timeouts and trusted certificates.
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

// request sends one request, with retries, and parses the response. The members of the result are in the order of the
// API description.
func (s *session) request(ctx context.Context, params *document.Object) (*document.Object, error) {
	var response []byte
	start := s.Now()
	attempts, err := s.retries.run(ctx, func() (err error) {
		response, err = s.client.Send(ctx, s.op, input.Body(params))
		return err
	}, func(err error, pause time.Duration) { s.logf("retrying in %v: %v", pause, err) })
	s.logf("%s took %v and %d attempts, error: %v", s.op.Name, s.Now().Sub(start), attempts, err)
	if err != nil {
		return nil, s.requestError(err, attempts)
	}
	if s.op.Output == nil || len(strings.TrimSpace(string(response))) == 0 {
		return &document.Object{}, nil
	}
	value, err := document.Parse(response)
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

// conform returns value with the members of structures in the order of shape and without unknown members. If wire is
// false, times are text in the format of the AWS CLI. If it is true, they stay as received.
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

// timestamp formats seconds since 1970 in the local time zone, with six decimals if there is a fraction.
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
