package trace

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// onlyAllowed is an exporter that removes everything from spans that could be a secret or a name: attributes that are not allowed,
// events, and the texts of statuses. The library that makes the spans of HTTP requests adds addresses, paths and the program of the
// client, and a later version may add more.
type onlyAllowed struct{ sdk.SpanExporter }

// ExportSpans sends the spans without what is not allowed.
func (e onlyAllowed) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	clean := make([]sdk.ReadOnlySpan, len(spans))
	for i, span := range spans {
		clean[i] = cleanSpan{span}
	}
	return e.SpanExporter.ExportSpans(ctx, clean)
}

// cleanSpan is a span without what is not allowed.
type cleanSpan struct{ sdk.ReadOnlySpan }

// Attributes returns the allowed attributes.
func (s cleanSpan) Attributes() []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(s.ReadOnlySpan.Attributes()), func(a attribute.KeyValue) bool { return !allowed[a.Key] })
}

// Events returns none: they can have texts of errors.
func (s cleanSpan) Events() []sdk.Event { return nil }

// Status returns the code without its text.
func (s cleanSpan) Status() sdk.Status { return sdk.Status{Code: s.ReadOnlySpan.Status().Code} }

// Links returns the links to other traces without their texts, which are from clients.
func (s cleanSpan) Links() []sdk.Link {
	links := slices.Clone(s.ReadOnlySpan.Links())
	for i := range links {
		links[i].Attributes = nil
		links[i].SpanContext = links[i].SpanContext.WithTraceState(trace.TraceState{})
	}
	return links
}
