package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
)

// sink stores events, and whether the answer was written before them.
type sink struct {
	answer *httptest.ResponseRecorder
	events []audit.Event
	late   bool
	err    error
}

func (s *sink) Record(ctx context.Context, e *audit.Event) error {
	s.events, s.late = append(s.events, *e), s.late || s.answer.Body.Len() > 0
	return errors.Join(s.err, ctx.Err())
}

// A request has one event before its answer, also if it panics, if the client is gone and if the sink fails.
func TestEventBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		run     func(context.Context, any) (any, error)
		sink    error
		outcome string
		status  int
	}{
		"success":        {run: func(context.Context, any) (any, error) { return &api.ListTermsOutput{}, nil }, outcome: audit.OK, status: 200},
		"internal error": {run: func(context.Context, any) (any, error) { return nil, errors.New("broken") }, outcome: api.CodeInternalErrorException, status: 500},
		"panic":          {run: func(context.Context, any) (any, error) { panic("bug") }, outcome: api.CodeInternalErrorException, status: 500},
		"broken sink": {
			run:  func(context.Context, any) (any, error) { return &api.ListTermsOutput{}, nil },
			sink: errors.New("disk full"), outcome: audit.OK, status: 200,
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := httptest.NewRecorder()
		s, log := &sink{answer: w, err: c.sink}, new(strings.Builder)
		op, _ := api.Lookup("GetUser")
		d := &dispatcher{
			endpoints: map[string]api.Endpoint{"Test": {
				Operation: &api.Operation{Name: "Test", Input: op.Input, MaxBody: op.MaxBody},
				Decode:    func([]byte) (any, error) { return &api.GetUserInput{}, nil }, Run: c.run,
			}},
			now: time.Now, bodies: newBodyReaders(), audit: s, log: slog.New(slog.NewTextHandler(log, nil)), metrics: newMetrics(), replicas: new(replicas),
			limits: newLimits(Config{AddressLimits: AddressLimits{Off: true}, RateLimits: cognate.RateLimits{Off: true}}, nil, nil, nil, newMetrics().limited),
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("X-Amz-Target", api.TargetPrefix+".Test")
		r.Header.Set("User-Agent", "aws-sdk")
		d.ServeHTTP(w, r)
		if len(s.events) != 1 || s.late {
			t.Fatalf("%s: %d events, after the answer: %t, want 1 before the answer", what, len(s.events), s.late)
		}
		e := s.events[0]
		if e.Operation != "Test" || e.Outcome != c.outcome || e.UserAgent != "aws-sdk" || e.Address == "" || e.RequestID == "" || w.Code != c.status {
			t.Errorf("%s: event %+v and status %d, want outcome %s and status %d", what, e, w.Code, c.outcome, c.status)
		}
		if logged := strings.Contains(log.String(), "disk full"); logged != (c.sink != nil) {
			t.Errorf("%s: the sink's error is in the log: %t", what, logged)
		}
	}
}
