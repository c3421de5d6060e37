package config_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/config"
)

const bucket = "arn:aws:s3:::records"

// The sinks come from each source, by default for all destinations and for single ones.
func TestLogDelivery(t *testing.T) {
	t.Parallel()
	other := map[string]config.LogSink{bucket: config.LogToAWS}
	for name, tt := range map[string]struct {
		source config.Source
		sink   config.LogSink
		routes map[string]config.LogSink
	}{
		"default": {serve(t, ""), config.LogToLog, nil},
		"file":    {serve(t, "log_delivery: otlp\nlog_delivery_otlp_endpoint: http://collector:4318/\n"), config.LogToOTLP, nil},
		"list":    {serve(t, "log_delivery: [file, \""+bucket+"=aws\"]\nlog_delivery_file: records.jsonl\n"), config.LogToFile, other},
		"variable": {
			config.Source{Mode: config.Dev, Environ: []string{"COGNATE_LOG_DELIVERY=" + bucket + "=aws"}}, config.LogToLog, other,
		},
		"flag": {
			config.Source{Mode: config.Dev, Flags: map[string]any{"log_delivery": "aws", "log_delivery_assume_roles": "true", "log_delivery_queue": "1000"}},
			config.LogToAWS, nil,
		},
	} {
		c := mustLoad(t, tt.source)
		if got := c.LogDelivery.Default(); got != tt.sink {
			t.Errorf("%s: Default() = %s, want %s", name, got, tt.sink)
		}
		if got := c.LogDelivery.ByARN(); !maps.Equal(got, tt.routes) {
			t.Errorf("%s: ByARN() = %v, want %v", name, got, tt.routes)
		}
	}
	if got := mustLoad(t, serve(t, "log_delivery: otlp\nlog_delivery_otlp_endpoint: http://collector:4318/\n")).LogDeliveryOTLPEndpoint; got != "http://collector:4318" {
		t.Errorf("log_delivery_otlp_endpoint = %s, want it without the slash", got)
	}
}

func TestLogDeliveryRejects(t *testing.T) {
	t.Parallel()
	const noURL = "not a URL such as https://logs.example.com (http or https, a host, optionally a port and a path)"
	for yaml, want := range map[string][]string{
		"log_delivery: syslog\n":                                                {`log_delivery: "syslog" is neither log, file, otlp nor aws`},
		"log_delivery: [file, otlp]\n":                                          {"log_delivery: set only one sink without an ARN", "log_delivery_file: required with log_delivery: file"},
		"log_delivery: \"records=aws\"\n":                                       {`log_delivery: "records" is not the ARN of a log group, a Firehose stream or a bucket`},
		"log_delivery: [\"arn:a=log\", \"arn:a=log\"]\n":                        {`log_delivery: "arn:a" appears twice`},
		"log_delivery: otlp\n":                                                  {"log_delivery_otlp_endpoint: required with log_delivery: otlp"},
		"log_delivery: otlp\nlog_delivery_otlp_endpoint: collector\n":           {"log_delivery_otlp_endpoint: " + noURL},
		"log_delivery: aws\nlog_delivery_aws_endpoint: https://u:p@localhost\n": {"log_delivery_aws_endpoint: " + noURL},
		"log_delivery_queue: 999\n":                                             {"log_delivery_queue: 999 is not between 1000 and 1000000"},
		"log_delivery_file: a\nlog_delivery_otlp_endpoint: b\nlog_delivery_aws_endpoint: c\nlog_delivery_assume_roles: true\n": {
			"log_delivery_file: has no effect without log_delivery: file", "log_delivery_otlp_endpoint: has no effect without log_delivery: otlp",
			"log_delivery_aws_endpoint: has no effect without log_delivery: aws", "log_delivery_assume_roles: has no effect without log_delivery: aws",
		},
		"sts_endpoint: http://localhost:1\n": {
			"sts_endpoint: has no effect without sns_assume_roles and sms_sender: sns, or log_delivery_assume_roles",
		},
	} {
		_, err := config.Load(serve(t, yaml))
		problems, _ := errors.AsType[config.Problems](err)
		if diff := cmp.Diff(want, slices.Clone([]string(problems))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", yaml, diff)
		}
	}
	mustLoad(t, serve(t, "log_delivery: aws\nlog_delivery_assume_roles: true\nsts_endpoint: http://localhost:1\n"))
}
