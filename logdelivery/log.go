package logdelivery

import (
	"context"
	"log/slog"

	"cognate/api"
)

// Log is the sink that writes each record as a line of the server's log.
type Log struct{ Logger *slog.Logger }

// Lane returns the same lane for all records.
func (s *Log) Lane(*Record) Lane { return Lane{} }

// Deliver writes the records. It returns no error.
func (s *Log) Deliver(ctx context.Context, batch []Record) ([]Record, error) {
	for i := range batch {
		r := &batch[i]
		if r.isLine() {
			s.Logger.InfoContext(ctx, "user import", "log_group", r.Destination.LogGroup(), "log_stream", r.Stream, "message", r.Text)
			continue
		}
		level := slog.LevelInfo
		if r.Level == api.LogLevelError {
			level = slog.LevelError
		}
		s.Logger.Log(ctx, level, "log record", "destination", r.Destination.String(), "record", r.Text)
	}
	return nil, nil
}
