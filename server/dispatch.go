package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/iam"
	"cognate/internal/bodies"
	"cognate/internal/lazyregexp"
	"cognate/tokens"
	"cognate/trace"
)

// dispatcher handles POST /. It finds the operation and takes every request through the same steps, so that no operation can
// forget one: read, authorize, check the shape, ask the policy, authenticate the access token, run, record the event, write.
type dispatcher struct {
	endpoints map[string]api.Endpoint
	access    iam.Access
	tokens    *tokens.Service
	replicas  *replicas
	pools     poolReader
	now       func() time.Time
	bodies    bodyReaders
	audit     audit.Sink
	records   *audit.Recorder // nil stores no records
	log       *slog.Logger
	metrics   *metrics
	limits    *limits
	// details, if not nil, returns what the log line of a request has besides the event. Input is nil if the request was
	// not decoded.
	details func(ctx context.Context, e *audit.Event, input any) []slog.Attr
}

// exchange is one request in the dispatcher.
type exchange struct {
	event          *audit.Event
	input          any         // the decoded request; nil if it was not decoded
	policy         *iam.Policy // of the caller; nil, which allows nothing, if the operation requires no signature
	answer         []byte
	refusal        *api.Error
	responseWriter http.ResponseWriter
}

func (d *dispatcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isVisit(r) {
		http.NotFound(w, r)
		return
	}
	x := &exchange{event: newEvent(r, d.now()), responseWriter: w}
	x.allowBrowsers(r)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusOK)
		return
	}
	x.answer, x.refusal = d.handle(x, r.WithContext(d.records.Begin(r.Context(), x.event)))
	d.record(r.Context(), x)
	x.write()
}

// isVisit reports whether a request is no request of the API, for example that of a browser or a health check. It gets the same
// answer as for any other unknown path, and no event.
func isVisit(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.Header.Get("X-Amz-Target") == ""
}

func newEvent(r *http.Request, now time.Time) *audit.Event {
	origin := originOf(r)
	return &audit.Event{
		RequestID: uuid.NewString(), Began: now, Started: time.Now(), //nolint:forbidigo // real time: how long the answer took
		Address: origin.IPAddress, UserAgent: origin.UserAgent, TLS: audit.TLSDetailsOf(r.TLS, r.Host),
	}
}

// allowBrowsers lets a page of any origin call the API and read its errors. The API uses no cookies, so a foreign page
// cannot act for a signed-in user (docs/behaviour.md §8.1).
func (x *exchange) allowBrowsers(r *http.Request) {
	h := x.responseWriter.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	if r.Method != http.MethodOptions {
		return
	}
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Max-Age", "172800")
	if wanted := r.Header.Get("Access-Control-Request-Headers"); wanted != "" {
		h.Set("Access-Control-Allow-Headers", wanted)
	}
}

func (d *dispatcher) handle(x *exchange, r *http.Request) (answer []byte, refusal *api.Error) {
	defer func() {
		if p := recover(); p != nil {
			d.metrics.panics.Add(1)
			x.event.Internal = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			answer, refusal = nil, internalError()
		}
	}()
	output, err := d.run(x, r)
	if err != nil {
		return nil, x.refuse(err)
	}
	x.setOutput(output)
	answer, err = api.Marshal(output)
	if err != nil {
		return nil, x.refuse(err)
	}
	return answer, nil
}

// run takes a request through the steps up to its operation, and runs the operation.
func (d *dispatcher) run(x *exchange, r *http.Request) (any, error) {
	origin := originOf(r)
	endpoint, err := d.find(x, r)
	if err != nil {
		return nil, d.limits.refused(r.Context(), origin, err)
	}
	reader, err := d.reader(r, endpoint.Operation)
	if err != nil {
		return nil, d.limits.refused(r.Context(), origin, err)
	}
	var ctx context.Context
	var input any
	err = reader.Read(x.responseWriter, r, endpoint.Operation.MaxBody, func(body []byte) (err error) {
		if ctx, err = d.authorize(x, r, endpoint.Operation, body); err == nil {
			input, err = endpoint.Decode(body)
		}
		return err
	})
	if err != nil {
		return nil, d.limits.refused(r.Context(), origin, bodyError(endpoint.Operation, err))
	}
	x.input = input
	x.event.SetInput(input)
	x.scope(input)
	if err := d.permit(ctx, x, r, endpoint.Operation); err != nil {
		return nil, err
	}
	if endpoint.Operation.Auth != api.AuthSigV4 {
		if ctx, err = d.limits.admitUnsigned(ctx, endpoint.Operation, origin, input); err != nil {
			return nil, err
		}
	}
	if ctx, err = d.authenticate(cognate.WithOrigin(ctx, origin), endpoint.Operation, input); err != nil {
		return nil, err
	}
	if ctx, err = d.replicas.admit(ctx, r, endpoint.Operation, input); err != nil {
		return nil, err
	}
	if err := d.limits.admit(ctx, endpoint.Operation, input); err != nil {
		return nil, err
	}
	return endpoint.Run(ctx, input)
}

// originOf returns where a request comes from. It is the only function that reads the address of a client; proxies.resolve has
// replaced that of a trusted proxy.
func originOf(r *http.Request) cognate.Origin {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil { // no port, for example in a test without a network
		ip = ""
	}
	isProxy, _ := r.Context().Value(isProxyKey{}).(bool)
	return cognate.Origin{IPAddress: ip, IsProxy: isProxy, UserAgent: r.UserAgent()}
}

func (d *dispatcher) find(x *exchange, r *http.Request) (api.Endpoint, error) {
	if r.Method != http.MethodPost {
		x.responseWriter.Header().Set("Allow", "POST, OPTIONS")
		return api.Endpoint{}, api.UnknownOperationException()
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), api.TargetPrefix+".")
	endpoint, known := d.endpoints[name]
	if !ok || !known {
		return api.Endpoint{}, api.UnknownOperationException()
	}
	x.event.SetOperation(endpoint.Operation)
	return endpoint, nil
}

// bodyReaders read the bodies of requests.
type bodyReaders struct{ everyone, administrators *bodies.Reader }

func newBodyReaders() bodyReaders {
	return bodyReaders{bodies.ForEveryone(), bodies.ForAdministrators()}
}

// reader returns the reader for the body of a request. The memory for requests of administrators is only for clients that know
// the ID of an access key. The body of any other client is not read.
func (d *dispatcher) reader(r *http.Request, op *api.Operation) (*bodies.Reader, error) {
	if op.Auth != api.AuthSigV4 {
		return d.bodies.everyone, nil
	}
	if err := d.access.CheckHeader(r); err != nil {
		setClaimedKey(r)
		return nil, err
	}
	return d.bodies.administrators, nil
}

// bodyError returns the API error for a body that could not be read. It returns other errors unchanged.
//
// Assumed: a request that is larger than documented gets an InvalidParameterException if the service's message is known.
func bodyError(op *api.Operation, err error) error {
	switch {
	case errors.Is(err, bodies.ErrTooLarge) && op.TooLarge != "":
		return api.InvalidParameterException(op.TooLarge)
	case errors.Is(err, bodies.ErrTooLarge):
		return api.RequestEntityTooLargeException(fmt.Sprintf("The request body is larger than %d bytes.", op.MaxBody))
	case errors.Is(err, bodies.ErrUnreadable):
		return api.SerializationException("The request body could not be read.")
	case errors.Is(err, bodies.ErrBusy):
		return api.ServiceUnavailableException("Too many large requests at the same time. Please try again.")
	}
	return err
}

// authorize checks the signature of a request if the operation requires one, and returns a context with the caller. Other
// operations ignore a signature (docs/behaviour.md §8.2).
func (d *dispatcher) authorize(x *exchange, r *http.Request, op *api.Operation, body []byte) (context.Context, error) {
	if op.Auth != api.AuthSigV4 {
		return r.Context(), nil
	}
	caller, policy, err := d.access.Caller(r, body)
	if err != nil {
		setClaimedKey(r)
		return nil, err
	}
	x.policy = policy
	audit.SetCaller(r.Context(), caller)
	return cognate.WithCaller(r.Context(), caller), nil
}

// credential finds the access key in the Authorization header of a signed request.
var credential = lazyregexp.New(`Credential=([A-Za-z0-9_]{3,128})/`)

// setClaimedKey sets the ID in a refused signature. The signature is not valid, so the ID does not identify the caller.
func setClaimedKey(r *http.Request) {
	if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		audit.SetClaimedKey(r.Context(), found[1])
	}
}

// setOutput gives the event the answer, and the ID of a user pool or an app client that the request has created.
func (x *exchange) setOutput(output any) {
	x.event.SetOutput(output)
	switch out := output.(type) {
	case *api.CreateUserPoolOutput:
		x.event.PoolID = out.UserPool.Id
	case *api.CreateUserPoolClientOutput:
		x.event.ClientID = out.UserPoolClient.ClientId
	}
}

func (x *exchange) scope(input any) {
	if in, ok := input.(api.PoolScoped); ok {
		x.event.PoolID = in.PoolID()
	}
	if in, ok := input.(api.ClientScoped); ok {
		x.event.ClientID = in.AppClientID()
	}
}

// refuse returns the error that the client gets. An API error is returned unchanged. Any other error is internal: it is
// logged with the request ID, and the client gets InternalErrorException.
func (x *exchange) refuse(err error) *api.Error {
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return refusal
	}
	x.event.Internal = err
	return internalError()
}

func internalError() *api.Error { return api.InternalErrorException("Internal server error") }

func (x *exchange) write() {
	h := x.responseWriter.Header()
	h.Set("Content-Type", api.ContentType)
	h.Set("X-Amzn-Requestid", x.event.RequestID)
	status, body := http.StatusOK, x.answer
	if e := x.refusal; e != nil {
		h.Set("X-Amzn-Errortype", e.Code+":")
		h.Set("X-Amzn-Errormessage", headerText(e.Message))
		status = e.Status
		var err error
		if body, err = api.Marshal(e); err != nil {
			status, body = http.StatusInternalServerError, nil
		}
	}
	x.responseWriter.WriteHeader(status)
	_, _ = x.responseWriter.Write(body) // the client may have closed the connection
}

// headerText replaces the characters of a message that a header field cannot contain: all but printable ASCII.
func headerText(message string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, message)
}

// traceEvent gives the span of a request its name and its outcome, and the ID that the log has. The log names pools, clients and users.
func traceEvent(ctx context.Context, name string, e *audit.Event) {
	if e.Operation != "" {
		trace.Name(ctx, name)
	}
	trace.Set(ctx, trace.Operation, e.Operation, trace.Outcome, e.Outcome, trace.RequestID, e.RequestID)
}

// record writes the event of the request and counts it. The change is already committed, so a failure to write the event is
// logged and does not change the answer.
func (d *dispatcher) record(ctx context.Context, x *exchange) {
	x.event.Outcome = audit.OK
	if x.refusal != nil {
		x.event.Outcome, x.event.Message = x.refusal.Code, x.refusal.Message
	}
	x.event.Took = time.Since(x.event.Started) //nolint:forbidigo // as above
	traceEvent(ctx, x.event.Operation, x.event)
	ctx = context.WithoutCancel(ctx) // also if the client has closed the connection
	logged := ctx
	if d.details != nil {
		logged = audit.WithDetails(ctx, d.details(ctx, x.event, x.input)...)
	}
	err := errors.Join(d.audit.Record(logged, x.event), d.records.Record(ctx, x.event))
	if err != nil {
		d.log.ErrorContext(ctx, "an audit event was not written", "request", x.event.RequestID, "error", err)
	}
	d.metrics.count(x.event.Operation, x.event.Outcome, x.event.Internal != nil, x.event.Took)
}
