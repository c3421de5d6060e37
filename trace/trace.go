// Package trace makes traces of requests and of periodic tasks, and sends them to an OpenTelemetry collector by OTLP over HTTP. Other
// packages add spans with Start.
//
// A span has no username, no attribute of a user, no address, no secret, and no text of a request or an error: only the attributes
// that this package allows leave the server.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// The attributes of spans, besides those of HTTP.
const (
	Operation = "cognate.operation"
	Outcome   = "cognate.outcome"
	RequestID = "cognate.request_id"
)

// allowed are the attributes that leave the server.
var allowed = map[attribute.Key]bool{
	Operation: true, Outcome: true, RequestID: true,
	"http.request.method": true, "http.response.status_code": true, "url.scheme": true, "network.protocol.version": true,
	"http.request.body.size": true, "http.response.body.size": true,
}

// scope names the source of the spans.
const scope = "cognate"

// Config says where traces go.
type Config struct {
	// Endpoint is the URL of the collector, without /v1/traces.
	Endpoint string
	// Version and Node are those of the server.
	Version, Node string
	// Trusted are the reverse proxies whose traces the server continues. A request of any other client begins a trace, which
	// links to that of the client.
	Trusted []netip.Prefix
	Log     *slog.Logger
}

// Tracer makes the traces of a server. Nil makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	trusted  []netip.Prefix
}

// New returns a tracer. It does not connect yet. Spans that cannot be sent are dropped, and the error is logged. The standard
// variables OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and others of the exporter and of the sampler apply.
func New(ctx context.Context, c Config) (*Tracer, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.Endpoint+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("otlp_endpoint: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "cognate"), attribute.String("service.version", c.Version), attribute.String("service.instance.id", c.Node),
	), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("otlp_endpoint: describe the server: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { c.Log.Warn("traces were not sent", "error", err) }))
	return &Tracer{
		provider: sdk.NewTracerProvider(sdk.WithBatcher(onlyAllowed{exporter}), sdk.WithResource(described)), trusted: c.Trusted,
	}, nil
}

// Close sends the spans that wait.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send traces: %w", err)
	}
	return nil
}

// nameKey marks the context of a request with the name of its span.
type nameKey struct{}

// Handler returns a handler that makes a span for each request. Health checks and metrics have none.
func (t *Tracer) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	traced := otelhttp.NewHandler(next, "request", otelhttp.WithTracerProvider(t.provider), otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}), otelhttp.WithPublicEndpointFn(t.isPublic), otelhttp.WithFilter(isTraced),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			if name, ok := r.Context().Value(nameKey{}).(*string); ok && *name != "" {
				return *name
			}
			return r.Method
		}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		traced.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nameKey{}, new(string))))
	})
}

// isTraced leaves out what load balancers and Prometheus request every few seconds.
func isTraced(r *http.Request) bool {
	return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/metrics"
}

// isPublic reports whether a request is from a client that must not decide about the trace.
func (t *Tracer) isPublic(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return true
	}
	for _, network := range t.trusted {
		if network.Contains(peer.Addr().Unmap()) {
			return false
		}
	}
	return true
}

// Name names the span of the request, by its operation. It has no effect if the request has no span.
func Name(ctx context.Context, name string) {
	if kept, ok := ctx.Value(nameKey{}).(*string); ok {
		*kept = name
		trace.SpanFromContext(ctx).SetName(name)
	}
}

// Set sets attributes of the current span: pairs of a name and a value. Empty values are left out.
func Set(ctx context.Context, pairs ...string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attributes(pairs)...)
	}
}

func attributes(pairs []string) []attribute.KeyValue {
	var all []attribute.KeyValue
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, attribute.String(pairs[i], pairs[i+1]))
		}
	}
	return all
}

// ID returns the ID of the trace of a request; "" without one.
func ID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return span.TraceID().String()
	}
	return ""
}

// Start starts a span in the span of ctx. The caller calls end with the outcome, which is a failure unless it is empty or "ok". Without a
// span that is recorded, Start costs nothing and end does nothing.
func Start(ctx context.Context, name string) (inside context.Context, end func(outcome string)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(string) {}
	}
	return started(parent.TracerProvider().Tracer(scope).Start(ctx, name))
}

func started(ctx context.Context, span trace.Span) (context.Context, func(outcome string)) {
	return ctx, func(outcome string) {
		if outcome != "" {
			span.SetAttributes(attribute.String(Outcome, outcome))
		}
		if outcome != "" && outcome != ok {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// ok is the outcome of a span that succeeded.
const (
	ok     = "ok"
	failed = "failed"
)

// OutcomeOf returns the outcome of a span that ends with err: "ok" or "failed". It does not quote the error.
func OutcomeOf(err error) string {
	if err != nil {
		return failed
	}
	return ok
}

type tracerKey struct{}

// Context returns a context in which Root makes traces.
func (t *Tracer) Context(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, tracerKey{}, t)
}

// Root is Start for work that belongs to no request. It begins a trace.
func Root(ctx context.Context, name string) (inside context.Context, end func(outcome string)) {
	t, ok := ctx.Value(tracerKey{}).(*Tracer)
	if !ok {
		return ctx, func(string) {}
	}
	return started(t.provider.Tracer(scope).Start(ctx, name, trace.WithNewRoot()))
}

// Outgoing starts the span of a request to another server, within the span of ctx or as a trace of its own. It has the method and the
// status, and neither an address nor a header. The request does not name the trace. end takes the status of the answer, or 0 without one.
func Outgoing(ctx context.Context, method string) (inside context.Context, end func(status int)) {
	start := Start
	if !trace.SpanContextFromContext(ctx).IsValid() {
		start = Root
	}
	inside, done := start(ctx, "HTTP "+method)
	return inside, func(status int) {
		span, outcome := trace.SpanFromContext(inside), ok
		if status == 0 || status >= http.StatusBadRequest {
			outcome = failed
		}
		if span.IsRecording() {
			span.SetAttributes(attribute.String("http.request.method", method))
			if status != 0 {
				span.SetAttributes(attribute.Int("http.response.status_code", status))
			}
		}
		done(outcome)
	}
}
