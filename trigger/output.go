package trigger

import (
	"context"
	"log/slog"
	"strings"

	"cognate"
)

// maxQuoted limits the part of an output that the log quotes, in bytes.
const maxQuoted = 200

// OutputLog logs the output of functions that is not a valid answer. Its authors often find out only from the log that their
// function printed a message of its own.
type OutputLog struct {
	Log *slog.Logger
	// Quote adds the first bytes of the output, which may contain the event. Without it, only the length is logged.
	Quote bool
}

// NotJSON logs an output that is not JSON.
func (l OutputLog) NotJSON(ctx context.Context, function string, output []byte) {
	l.Log.LogAttrs(ctx, slog.LevelWarn, "the output of the function is not JSON: a program must write only the event to standard "+
		"output, and its own messages (console.log, print) to standard error", l.attrs(function, output)...)
}

// noResponse logs an output that is JSON without a valid response.
func (l OutputLog) noResponse(ctx context.Context, function string, output []byte) {
	l.Log.LogAttrs(ctx, slog.LevelWarn, "the output of the function has no valid response: it must be the event with its response",
		l.attrs(function, output)...)
}

func (l OutputLog) attrs(function string, output []byte) []slog.Attr {
	attrs := []slog.Attr{slog.String("function", function), slog.Int("bytes", len(output))}
	if l.Quote {
		quoted := strings.ToValidUTF8(string(output[:min(len(output), maxQuoted)]), "\uFFFD")
		attrs = append(attrs, slog.String("output", quoted))
	}
	return attrs
}

// FunctionName returns the name of the function that an ARN names, for the log. It returns an invalid ARN unchanged.
func FunctionName(arn string) string {
	parsed, err := cognate.ParseARN(cognate.FunctionARN, arn)
	if err != nil {
		return arn
	}
	return parsed.FunctionName()
}
