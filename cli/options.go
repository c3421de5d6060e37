package cli

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	"cognate/cli/arguments"
	"cognate/cli/jmespath"
	"cognate/cli/output"
	"cognate/cli/profile"
)

// options are the global options of a command line.
type options struct {
	values         *arguments.Values
	query          *jmespath.Query // nil without --query
	readTimeout    time.Duration   // 0 means no limit
	connectTimeout time.Duration   // 0 means no limit
	paginate       bool

	settings *profile.Settings // nil until profile reads them
}

// defaultTimeout limits connecting and reading a response. Source: AWS CLI reference, global options.
const defaultTimeout = 60 * time.Second

func newOptions(values *arguments.Values) (*options, error) {
	o := &options{values: values, paginate: !values.Is(optNoPaginate, yes)}
	if expression, ok := values.First(optQuery); ok {
		query, err := jmespath.Compile(expression)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("Bad value for --query %s: %s", expression, err)}
		}
		o.query = query
	}
	if endpoint, ok := values.First(optEndpoint); ok {
		if err := checkEndpoint(optEndpoint, endpoint); err != nil {
			return nil, err
		}
	}
	var err error
	if o.readTimeout, err = timeout(values, optReadTimeout); err != nil {
		return nil, err
	}
	o.connectTimeout, err = timeout(values, optConnectTimeout)
	return o, err
}

// noOptions returns the options of an empty command line.
func noOptions() *options { return &options{values: &arguments.Values{}, paginate: true} }

func checkEndpoint(source, endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme == "" {
		return &usageError{fmt.Sprintf("Bad value for %s \"%s\": scheme is missing.  Must be of the form "+
			"http://<hostname>/ or https://<hostname>/", source, endpoint)}
	}
	if u.Host == "" {
		return fmt.Errorf("Invalid endpoint: %s", endpoint)
	}
	return nil
}

func timeout(values *arguments.Values, name string) (time.Duration, error) {
	text, ok := values.First(name)
	if !ok {
		return defaultTimeout, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds < 0 {
		return 0, fmt.Errorf("invalid literal for int() with base 10: '%s'", text)
	}
	return time.Duration(seconds) * time.Second, nil
}

func (o *options) profile() (*profile.Settings, error) {
	if o.settings != nil {
		return o.settings, nil
	}
	name, _ := o.values.First(optProfile)
	settings, err := profile.Load(name)
	o.settings = settings
	return settings, err
}

// format returns the output format of the option, the environment or the profile, in this order. The default is JSON.
func (o *options) format(settings *profile.Settings) (output.Format, error) {
	name, _ := o.values.First(optOutput)
	for _, other := range []string{os.Getenv("AWS_DEFAULT_OUTPUT"), settings.Get("output"), string(output.JSON)} {
		if name == "" {
			name = other
		}
	}
	format := output.Format(name)
	if !format.Known() {
		return "", fmt.Errorf("Unknown output type: %s", name)
	}
	return format, nil
}

// rawBlobs reports whether blobs in arguments are plain bytes instead of base64.
func (o *options) rawBlobs(settings *profile.Settings) bool {
	if format, ok := o.values.First(optBinaryFormat); ok {
		return format == binaryRaw
	}
	return settings.Get("cli_binary_format") == binaryRaw
}
