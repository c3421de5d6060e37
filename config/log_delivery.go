package config

import (
	"net/url"
	"strings"
)

// LogSink is where the records of user pools go.
type LogSink string

// The sinks.
const (
	LogToLog  LogSink = "log"
	LogToFile LogSink = "file"
	LogToOTLP LogSink = "otlp"
	LogToAWS  LogSink = "aws"
)

// LogSettings holds the settings for the delivery of the records that pools send to log groups, Firehose streams and buckets. The
// credentials for AWS come from the AWS SDK's default chain (environment, profile, role of the machine).
type LogSettings struct {
	// LogDelivery is the sink for the records: log, file, otlp or aws. Further entries in the form ARN=SINK set the sink for one
	// destination. Default log.
	LogDelivery LogRoutes `koanf:"log_delivery"`
	// LogDeliveryFile is the file of the sink file. Required with it.
	LogDeliveryFile string `koanf:"log_delivery_file"`
	// LogDeliveryOTLPEndpoint is the URL of the OpenTelemetry collector of the sink otlp, without /v1/logs. Required with it.
	LogDeliveryOTLPEndpoint string `koanf:"log_delivery_otlp_endpoint"`
	// LogDeliveryAWSEndpoint replaces the URLs of CloudWatch Logs, Firehose and S3 in the sink aws.
	LogDeliveryAWSEndpoint string `koanf:"log_delivery_aws_endpoint"`
	// LogDeliveryAssumeRoles writes the log of a user import with the role that the job names, which STS returns credentials for.
	// In the sink aws only.
	LogDeliveryAssumeRoles bool `koanf:"log_delivery_assume_roles"`
	// LogDeliveryQueue is the number of records that can wait for their delivery. Default 10000.
	LogDeliveryQueue int `koanf:"log_delivery_queue"`
}

// The least and the greatest LogDeliveryQueue.
const (
	minLogQueue = 1000
	maxLogQueue = 1_000_000
)

// LogRoutes is a list with one sink, and with ARNs that have another one: "file", "arn:aws:s3:::a-bucket=aws". As text it is
// separated by commas.
type LogRoutes []string

// UnmarshalText reads the list from a flag or a variable.
func (l *LogRoutes) UnmarshalText(text []byte) error { return (*Hosts)(l).UnmarshalText(text) }

// Default returns the sink for the ARNs that ByARN does not have.
func (l LogRoutes) Default() LogSink {
	for _, item := range l {
		if !strings.Contains(item, "=") {
			return LogSink(item)
		}
	}
	return LogToLog
}

// ByARN returns the ARNs that have another sink.
func (l LogRoutes) ByARN() map[string]LogSink {
	routes := make(map[string]LogSink)
	for _, item := range l {
		if arn, sink, ok := strings.Cut(item, "="); ok {
			routes[arn] = LogSink(sink)
		}
	}
	return routes
}

// Uses reports whether any record can go to a sink.
func (l LogRoutes) Uses(sink LogSink) bool {
	if l.Default() == sink {
		return true
	}
	for _, s := range l.ByARN() {
		if s == sink {
			return true
		}
	}
	return false
}

func (l LogRoutes) check(p *Problems) {
	seen := make(names)
	for _, item := range l {
		arn, sink, ok := strings.Cut(item, "=")
		if !ok {
			arn, sink = "", item
		}
		switch LogSink(sink) {
		case LogToLog, LogToFile, LogToOTLP, LogToAWS:
		default:
			p.add("log_delivery: %q is neither log, file, otlp nor aws", sink)
			continue
		}
		switch {
		case ok && !strings.HasPrefix(arn, "arn:"):
			p.add("log_delivery: %q is not the ARN of a log group, a Firehose stream or a bucket", arn)
		case !ok && seen[arn]:
			p.add("log_delivery: set only one sink without an ARN")
		default:
			seen.add(p, "log_delivery", arn)
		}
	}
}

func (l *LogSettings) checkLogDelivery(p *Problems) {
	l.LogDelivery.check(p)
	if l.LogDeliveryQueue < minLogQueue || l.LogDeliveryQueue > maxLogQueue {
		p.add("log_delivery_queue: %d is not between %d and %d", l.LogDeliveryQueue, minLogQueue, maxLogQueue)
	}
	for _, setting := range []struct {
		name, value string
		sink        LogSink
		isRequired  bool
		isURL       bool
	}{
		{"log_delivery_file", l.LogDeliveryFile, LogToFile, true, false},
		{"log_delivery_otlp_endpoint", l.LogDeliveryOTLPEndpoint, LogToOTLP, true, true},
		{"log_delivery_aws_endpoint", l.LogDeliveryAWSEndpoint, LogToAWS, false, true},
	} {
		u, err := url.Parse(setting.value)
		switch used := l.LogDelivery.Uses(setting.sink); {
		case setting.value != "" && !used:
			p.add("%s: has no effect without log_delivery: %s", setting.name, setting.sink)
		case setting.value == "" && used && setting.isRequired:
			p.add("%s: required with log_delivery: %s", setting.name, setting.sink)
		case setting.value != "" && setting.isURL && (err != nil || !isBase(u)):
			p.add("%s: not a URL such as https://logs.example.com (http or https, a host, optionally a port and a path)", setting.name)
		}
	}
	if l.LogDeliveryAssumeRoles && !l.LogDelivery.Uses(LogToAWS) {
		p.add("log_delivery_assume_roles: has no effect without log_delivery: %s", LogToAWS)
	}
}
