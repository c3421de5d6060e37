package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"cognate"
	"cognate/audit"
	"cognate/internal/bodies"
	"cognate/oauth"
	"cognate/store"
)

// Limits of a request at a domain.
const (
	maxSiteQuery = 16 << 10
	maxSiteBody  = 64 << 10
)

// sites answers the requests at the domains of pools. It takes every request through the same steps, so that no endpoint and no
// page can forget one: find the domain, read the body, run, record the event.
type sites struct {
	hosts     *oauth.Hosts
	endpoints *oauth.Endpoints
	bodies    *bodies.Reader
	audit     audit.Sink
	records   *audit.Recorder // nil stores no records
	now       func() time.Time
	log       *slog.Logger
	metrics   *metrics
	limits    *limits
}

// serve answers a request at a domain. It returns false if the request is not for a domain.
func (s *sites) serve(w http.ResponseWriter, r *http.Request) bool {
	site, below, err := s.hosts.Find(r)
	switch {
	case errors.Is(err, oauth.ErrNoSite):
		return false
	case errors.Is(err, store.ErrNotFound):
		if wait, ok := s.limits.takeRequest(r.Context(), originOf(r)); !ok {
			tooMany(w, wait)
			break
		}
		http.NotFound(w, r)
	case err != nil:
		s.log.ErrorContext(r.Context(), "the domain of a request could not be read", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	default:
		s.answer(w, below, site)
	}
	return true
}

func (s *sites) answer(w http.ResponseWriter, r *http.Request, site *oauth.Site) {
	event := newEvent(r, s.now())
	event.SetEndpoint(r.Method, s.operation(r), site.Domain.Name)
	event.PoolID, event.AccountID = site.Pool.ID, site.Pool.AccountID
	h := w.Header()
	h.Set("X-Amz-Cognito-Request-Id", event.RequestID)
	h.Set("X-Content-Type-Options", "nosniff")
	s.endpoints.AllowBrowsers(h, r.URL.Path) // also of an answer before the endpoint, such as one about a limit
	answer := &siteAnswer{ResponseWriter: w}
	defer func() { s.record(r, event, answer.status) }()
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Add(1)
			event.Internal = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			if answer.status == 0 {
				s.endpoints.Refuse(answer, r, site, http.StatusInternalServerError)
			}
		}
	}()
	r = r.WithContext(s.records.Begin(cognate.WithOrigin(r.Context(), originOf(r)), event))
	s.run(answer, r, site, event)
}

// run reads the body of the request and calls its endpoint.
func (s *sites) run(w http.ResponseWriter, r *http.Request, site *oauth.Site, event *audit.Event) {
	if len(r.URL.RawQuery) > maxSiteQuery {
		s.endpoints.Refuse(w, r, site, http.StatusRequestURITooLong)
		return
	}
	err := s.bodies.Read(w, r, maxSiteBody, func(body []byte) error {
		body = escapeSemicolons(r, body)
		admitted, wait, ok, err := s.limits.admitSite(r, site, s.endpoints.Pattern(r), body)
		switch {
		case err != nil:
			return err
		case !ok:
			s.refuseFor(w, r, site, wait)
			return nil
		}
		admitted.Body, admitted.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		event.Form = form(r, body)
		s.endpoints.ServeSite(w, admitted, site)
		return nil
	})
	isUnread := errors.Is(err, bodies.ErrTooLarge) || errors.Is(err, bodies.ErrBusy) || errors.Is(err, bodies.ErrUnreadable)
	if isUnread {
		if wait, ok := s.limits.takeRequest(r.Context(), originOf(r)); !ok {
			s.refuseFor(w, r, site, wait)
			return
		}
	}
	switch {
	case errors.Is(err, bodies.ErrTooLarge):
		s.endpoints.Refuse(w, r, site, http.StatusRequestEntityTooLarge)
	case errors.Is(err, bodies.ErrBusy):
		s.endpoints.Refuse(w, r, site, http.StatusServiceUnavailable)
	case isUnread:
		s.endpoints.Refuse(w, r, site, http.StatusBadRequest)
	case err != nil:
		s.log.ErrorContext(r.Context(), "the limits on a request at a domain could not be checked", "error", err)
		s.endpoints.Refuse(w, r, site, http.StatusInternalServerError)
	}
}

// refuseFor answers a request over a limit, which can be repeated after wait.
func (s *sites) refuseFor(w http.ResponseWriter, r *http.Request, site *oauth.Site, wait time.Duration) {
	setRetryAfter(w.Header(), wait)
	s.endpoints.Refuse(w, r, site, http.StatusTooManyRequests)
}

// escapeSemicolons encodes the semicolons in the query of a request and in a form, and returns the form. They are characters like others
// and browsers do not encode them in addresses, but net/url rejects them. Source: URL Standard, application/x-www-form-urlencoded parsing.
func escapeSemicolons(r *http.Request, body []byte) []byte {
	if strings.Contains(r.URL.RawQuery, ";") {
		u := *r.URL
		u.RawQuery = strings.ReplaceAll(u.RawQuery, ";", "%3B")
		r.URL = &u
	}
	if isForm(r) {
		return bytes.ReplaceAll(body, []byte(";"), []byte("%3B"))
	}
	return body
}

func isForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}

// form returns the parameters in the address and in a form, as far as they can be read.
func form(r *http.Request, body []byte) url.Values {
	all := r.URL.Query()
	if isForm(r) {
		posted, _ := url.ParseQuery(string(body)) // the endpoint refuses a form that cannot be read
		for name, values := range posted {
			all[name] = append(all[name], values...)
		}
	}
	return all
}

// operation returns the path in the pattern of the endpoint; "" for a path that the site does not have.
func (s *sites) operation(r *http.Request) string {
	pattern := s.endpoints.Pattern(r)
	if slash := strings.IndexByte(pattern, '/'); slash >= 0 {
		return pattern[slash:]
	}
	return ""
}

// record writes the event of the request, and counts it. An endpoint can set the outcome; otherwise it is the status.
func (s *sites) record(r *http.Request, event *audit.Event, status int) {
	if outcome := strconv.Itoa(status); event.Outcome == "" {
		event.Outcome = audit.OK
		if status >= http.StatusBadRequest {
			event.Outcome = outcome
		}
	}
	event.Took = time.Since(event.Started) //nolint:forbidigo // real time: how long the answer took
	event.Status = status
	traceEvent(r.Context(), r.Method+" "+event.Operation, event)
	ctx := context.WithoutCancel(r.Context())
	if err := errors.Join(s.audit.Record(ctx, event), s.records.Record(ctx, event)); err != nil {
		s.log.ErrorContext(r.Context(), "an audit event was not written", "request", event.RequestID, "error", err)
	}
	s.metrics.count(event.Operation, event.Outcome, event.Internal != nil || status == http.StatusInternalServerError, event.Took)
}

// siteAnswer remembers the status of an answer.
type siteAnswer struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the first status.
func (a *siteAnswer) WriteHeader(status int) {
	a.status = cmp.Or(a.status, status)
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body, which implies the status 200.
func (a *siteAnswer) Write(part []byte) (int, error) {
	a.status = cmp.Or(a.status, http.StatusOK)
	return a.ResponseWriter.Write(part)
}

// Unwrap returns the writer of the server, for http.ResponseController.
func (a *siteAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
