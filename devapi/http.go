package devapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/store"
)

// maxBody bounds a request; a seed is the largest.
const maxBody = 4 << 20

// handler answers one route: a value that becomes JSON, or nil for 204 without a body. Errors: refusal, *api.Error and
// store.ErrNotFound are the caller's; any other is logged.
type handler func(r *http.Request) (any, error)

// refusal is an error that the caller may know, with its HTTP status.
type refusal struct {
	status int
	text   string
}

func (e refusal) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return refusal{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

var (
	errNoRoute = refusal{http.StatusNotFound, "There is nothing here: see docs/testing.md for what there is."}
	errAbsent  = refusal{http.StatusNotFound, "There is no such thing."}
)

// answering makes a handler one of net/http.
func answering(log *slog.Logger, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := h(r)
		if err != nil {
			refuse(w, r, log, err)
			return
		}
		if body == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		write(w, r, log, http.StatusOK, body)
	})
}

func refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	status, text := http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError)
	known, isKnown := errors.AsType[refusal](err)
	service, isService := errors.AsType[*api.Error](err)
	switch {
	case isKnown:
		status, text = known.status, known.text
	case isService:
		status, text = service.Status, service.Code+": "+service.Message
	case errors.Is(err, store.ErrNotFound):
		status, text = errAbsent.status, errAbsent.text
	case r.Context().Err() != nil:
		return // the caller has gone
	default:
		log.ErrorContext(r.Context(), "development surface", "path", r.URL.Path, "error", err)
	}
	write(w, r, log, status, map[string]string{"Message": text})
}

func write(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, v any) {
	body, err := api.Marshal(v)
	if err != nil {
		log.ErrorContext(r.Context(), "development surface", "path", r.URL.Path, "error", err)
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone can't be told
}

// readBody returns a request's body.
func readBody(r *http.Request) ([]byte, error) {
	body, err := api.ReadBody(r, maxBody)
	if failure, ok := errors.AsType[*api.Error](err); ok {
		return nil, refusal{failure.Status, failure.Message}
	}
	return body, err
}

// decode reads a JSON body into T; without a body it is the zero value. A member that T has not is refused: a test with
// a misspelt one would pass for the wrong reason.
func decode[T any](r *http.Request) (T, error) {
	var v T
	body, err := readBody(r)
	if err != nil || len(body) == 0 {
		return v, err
	}
	if err := json.Unmarshal(body, &v, json.RejectUnknownMembers(true)); err != nil {
		return v, badRequest("The request body is not as it should be: %v", err)
	}
	return v, nil
}

// query returns the parameters of a request, once each of them is known.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("The query could not be read.")
	}
	for name := range values {
		if !slices.Contains(known, name) {
			return nil, badRequest("There is no parameter %q here, only %q.", name, known)
		}
	}
	return values, nil
}
