package cognate

import (
	"errors"

	"cognate/api"
)

// LogConfiguration says where a pool sends the records of one source.
type LogConfiguration struct {
	Source api.EventSourceName
	Level  api.LogLevel
	ARN    string // of a log group, a Firehose stream or an S3 bucket
}

// Destination parses the ARN.
func (c *LogConfiguration) Destination() (ARN, error) { return ParseLogDestination(c.ARN) }

var errNoLogDestination = errors.New("not the ARN of a log group, a Firehose stream or an S3 bucket")

// ParseLogDestination parses the ARN of a log group, a Firehose stream or an S3 bucket.
func ParseLogDestination(text string) (ARN, error) {
	for _, kind := range []ARNKind{LogGroupARN, FirehoseARN, BucketARN} {
		if arn, err := ParseARN(kind, text); err == nil {
			return arn, nil
		}
	}
	return ARN{}, errNoLogDestination
}

// LogConfigurationOf returns the configuration for a source; nil if the pool sends its records nowhere.
func (p *UserPool) LogConfigurationOf(source api.EventSourceName) *LogConfiguration {
	for i := range p.LogDelivery {
		if p.LogDelivery[i].Source == source {
			return &p.LogDelivery[i]
		}
	}
	return nil
}

// SetLogDelivery replaces the configurations by those of a request, whose shapes the API has checked.
// Errors: InvalidParameterException, FeatureUnavailableInTierException. Source: docs/behaviour.md §5.10.
// Assumed: the name "Log Export" of userAuthEvents in the error for a feature plan. A pool on the plan PLUS can send
// userAuthEvents before its threat protection is on. A later change to another plan keeps the configuration, which then has no
// effect.
func (p *UserPool) SetLogDelivery(in []api.LogConfigurationType) error {
	configurations, err := logConfigurations(in)
	if err != nil {
		return err
	}
	p.LogDelivery = configurations
	if p.LogConfigurationOf(api.EventSourceNameUserAuthEvents) != nil && p.Tier != api.UserPoolTierTypePlus {
		return errUnavailableInTier(p.Tier, []string{"Log Export"})
	}
	return nil
}

// logLevels has the only level of each source. Source: docs/behaviour.md §5.10.
var logLevels = map[api.EventSourceName]api.LogLevel{
	api.EventSourceNameUserNotification: api.LogLevelError, api.EventSourceNameUserAuthEvents: api.LogLevelInfo,
}

// Assumed: the texts for invalid configurations of log delivery. Each source has only the one documented level.
func logConfigurations(in []api.LogConfigurationType) ([]LogConfiguration, error) {
	seen := make(map[api.EventSourceName]bool)
	var all []LogConfiguration
	for i := range in {
		if in[i] == (api.LogConfigurationType{}) { // a null entry: the other members are required
			continue
		}
		c, kind, err := logConfiguration(&in[i])
		switch {
		case err != nil:
			return nil, err
		case seen[c.Source]:
			return nil, api.InvalidParameterException("The event source " + string(c.Source) + " appears more than once in LogConfigurations.")
		case c.Level != logLevels[c.Source]:
			return nil, api.InvalidParameterException("The log level of the event source " + string(c.Source) + " must be " + string(logLevels[c.Source]) + ".")
		case c.Source == api.EventSourceNameUserNotification && kind != LogGroupARN:
			return nil, api.InvalidParameterException("The destination of the event source " + string(c.Source) + " must be a CloudWatch Logs log group.")
		}
		seen[c.Source] = true
		all = append(all, c)
	}
	return all, nil
}

// logConfiguration converts one configuration. It returns the kind of its destination. Assumed: exactly one destination is
// allowed.
func logConfiguration(in *api.LogConfigurationType) (LogConfiguration, ARNKind, error) {
	c := LogConfiguration{Source: in.EventSource, Level: in.LogLevel}
	var kinds []ARNKind
	var member string
	add := func(kind ARNKind, name, arn string) {
		if arn != "" {
			kinds, member, c.ARN = append(kinds, kind), name, arn
		}
	}
	if d := in.CloudWatchLogsConfiguration; d != nil {
		add(LogGroupARN, "LogGroupArn", d.LogGroupArn)
	}
	if d := in.FirehoseConfiguration; d != nil {
		add(FirehoseARN, "StreamArn", d.StreamArn)
	}
	if d := in.S3Configuration; d != nil {
		add(BucketARN, "BucketArn", d.BucketArn)
	}
	if len(kinds) != 1 {
		return c, "", api.InvalidParameterException("The event source " + string(c.Source) + " must have one destination: a CloudWatch Logs log group, a Firehose stream or an S3 bucket.")
	}
	if _, err := ParseARN(kinds[0], c.ARN); err != nil {
		return c, "", api.InvalidParameterException("Invalid " + member + ": " + c.ARN)
	}
	return c, kinds[0], nil
}

// Wire returns the configuration in the shape of the API.
func (c *LogConfiguration) Wire() api.LogConfigurationType {
	out := api.LogConfigurationType{EventSource: c.Source, LogLevel: c.Level}
	switch to, _ := c.Destination(); to.Kind() { // it was parsed before it was stored
	case LogGroupARN:
		out.CloudWatchLogsConfiguration = &api.CloudWatchLogsConfigurationType{LogGroupArn: c.ARN}
	case FirehoseARN:
		out.FirehoseConfiguration = &api.FirehoseConfigurationType{StreamArn: c.ARN}
	case BucketARN:
		out.S3Configuration = &api.S3ConfigurationType{BucketArn: c.ARN}
	}
	return out
}
