package devapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/internal/bodies"
	"cognate/store"
)

// maxBody limits the size of a request body, and maxSeed that of a seed, in bytes.
const (
	maxBody = 64 << 10
	maxSeed = 4 << 20
)

// handler answers one route. It returns a value for the JSON body, or nil for status 204. Clients see requestError,
// *api.Error and store.ErrNotFound; any other error is logged.
type handler func(r *http.Request) (any, error)

// requestError is an error that the client may see, with its HTTP status.
type requestError struct {
	status int
	text   string
}

func (e requestError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return requestError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

var errNoRoute = requestError{http.StatusNotFound, "unknown path; see docs/testing.md"}

// missing returns err. If err is store.ErrNotFound, its text names what does not exist.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotFound) {
		return &missingError{fmt.Sprintf(format, args...) + " does not exist"}
	}
	return err
}

// missingError is store.ErrNotFound with a text for the client.
type missingError struct{ text string }

func (e *missingError) Error() string { return e.text }

func (e *missingError) Unwrap() error { return store.ErrNotFound }

// toHTTP returns the http.Handler of a handler.
func toHTTP(log *slog.Logger, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := h(r)
		if err != nil {
			writeError(w, r, log, err)
			return
		}
		if body == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		write(w, r, log, http.StatusOK, body)
	})
}

func writeError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	status, text := http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError)
	known, isKnown := errors.AsType[requestError](err)
	service, isService := errors.AsType[*api.Error](err)
	switch {
	case isKnown:
		status, text = known.status, known.text
	case isService:
		status, text = service.Status, service.Code+": "+service.Message
	case errors.Is(err, store.ErrNotFound):
		status, text = http.StatusNotFound, err.Error()
	case r.Context().Err() != nil:
		return // the client has disconnected
	default:
		log.ErrorContext(r.Context(), "the development API failed", "path", r.URL.Path, "error", err)
	}
	write(w, r, log, status, map[string]string{"Message": text})
}

func write(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, v any) {
	body, err := api.Marshal(v)
	if err != nil {
		log.ErrorContext(r.Context(), "the development API failed", "path", r.URL.Path, "error", err)
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have disconnected
}

// readBodies reads the body of each request before next answers it.
func (s *API) readBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxBody)
		if r.URL.Path == seedPath {
			limit = maxSeed
		}
		err := s.Bodies.Read(w, r, limit, func(body []byte) error {
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
			return nil
		})
		switch {
		case errors.Is(err, bodies.ErrTooLarge):
			err = requestError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request body is larger than %d bytes", limit)}
		case errors.Is(err, bodies.ErrUnreadable):
			err = badRequest("the request body could not be read")
		case errors.Is(err, bodies.ErrBusy):
			err = requestError{http.StatusServiceUnavailable, "too many large requests at the same time"}
		}
		if err != nil {
			writeError(w, r, s.Log, err)
		}
	})
}

// decode decodes a JSON body into a T. Without a body it returns the zero value. It rejects unknown members, because a test
// with a misspelled member would pass by mistake.
func decode[T any](r *http.Request) (T, error) {
	var v T
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) == 0 {
		return v, err
	}
	if err := json.Unmarshal(body, &v, json.RejectUnknownMembers(true)); err != nil {
		return v, badRequest("invalid request body: %v", err)
	}
	return v, nil
}

// query returns the query parameters of a request. It rejects unknown parameters.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("invalid query")
	}
	for name := range values {
		if !slices.Contains(known, name) {
			return nil, badRequest("unknown parameter %q; known parameters: %q", name, known)
		}
	}
	return values, nil
}
