package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cognate"
	"cognate/config"
	"cognate/internal/outgoing"
	"cognate/logdelivery"
)

// gatherObjects is how long an object in a bucket waits for more records.
const gatherObjects = 10 * time.Second

// newLogDelivery returns the queue of log records with the sinks of the settings. Errors: if an ARN is invalid or the
// file cannot be opened; of the AWS configuration in the environment.
func newLogDelivery(ctx context.Context, c *config.Config, now func() time.Time, log *slog.Logger) (*logdelivery.Queue, error) {
	routes := make(map[string]string)
	for arn, sink := range c.LogDelivery.ByARN() {
		if _, err := cognate.ParseLogDestination(arn); err != nil {
			return nil, fmt.Errorf("log_delivery: %q: %w", arn, err)
		}
		routes[arn] = string(sink)
	}
	sinks := make(map[string]logdelivery.Sink)
	for _, name := range []config.LogSink{config.LogToLog, config.LogToFile, config.LogToOTLP, config.LogToAWS} {
		if !c.LogDelivery.Uses(name) {
			continue
		}
		sink, err := newLogSink(ctx, name, c, now, log)
		if err != nil {
			return nil, err
		}
		sinks[string(name)] = sink
	}
	return logdelivery.New(logdelivery.Config{
		Sinks: sinks, Default: string(c.LogDelivery.Default()), Routes: routes, Capacity: c.LogDeliveryQueue, Log: log,
	}), nil
}

func newLogSink(ctx context.Context, name config.LogSink, c *config.Config, now func() time.Time, log *slog.Logger) (logdelivery.Sink, error) {
	switch name {
	case config.LogToFile:
		sink, err := logdelivery.NewFile(c.LogDeliveryFile)
		if err != nil {
			return nil, fmt.Errorf("log_delivery_file: %w", err)
		}
		return sink, nil
	case config.LogToOTLP:
		return &logdelivery.OTLP{Endpoint: c.LogDeliveryOTLPEndpoint, Client: outgoing.Operator()}, nil
	case config.LogToAWS:
		return logdelivery.NewAWS(ctx, logdelivery.AWSConfig{
			Endpoint: c.LogDeliveryAWSEndpoint, STSEndpoint: c.STSEndpoint, AssumeRoles: c.LogDeliveryAssumeRoles,
			SameAccountOnly: c.Mode == config.Serve, Gather: gatherObjects, Outgoing: outgoingRules(c), Now: now,
		})
	default: // config allows no other
		return &logdelivery.Log{Logger: log}, nil
	}
}
