package devapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"cognate/api"
	"cognate/notify"
)

const (
	defaultWait = 10 * time.Second
	maxWait     = 50 * time.Second // less than the server's time limit for an answer
)

// NextMessage returns the oldest message that a filter selects. It waits for one until ctx ends. If After is the ID of the
// previous message, no message is missed and none is returned twice. Errors: ctx's.
func (s *API) NextMessage(ctx context.Context, f notify.Filter) (notify.StoredMessage, error) {
	return s.Options.Mailbox.Next(ctx, f)
}

// FailMessages makes the next matching messages fail: the operation that sends one returns CodeDeliveryFailureException.
func (s *API) FailMessages(f notify.Failure) { s.Options.Mailbox.FailNext(f) }

// messageParameters are the parameters that select messages.
var messageParameters = []string{"pool", "destination", "medium", "kind", "after"}

func filterFrom(r *http.Request, more ...string) (f notify.Filter, timeout string, err error) {
	q, err := query(r, append(more, messageParameters...)...)
	if err != nil {
		return f, "", err
	}
	if after := q.Get("after"); after != "" {
		if f.After, err = strconv.ParseInt(after, 10, 64); err != nil {
			return f, "", badRequest("after: %q is not the ID of a message", after)
		}
	}
	f.PoolID, f.Destination = q.Get("pool"), q.Get("destination")
	f.Medium, f.Kind = api.DeliveryMediumType(q.Get("medium")), notify.Kind(q.Get("kind"))
	return f, q.Get("timeout"), nil
}

func (s *API) getMessages(r *http.Request) (any, error) {
	filter, _, err := filterFrom(r)
	if err != nil {
		return nil, err
	}
	found, newest := s.Options.Mailbox.Find(filter)
	return struct {
		Messages []notify.StoredMessage
		Cursor   int64
	}{found, newest}, nil
}

func (s *API) getNextMessage(r *http.Request) (any, error) {
	filter, text, err := filterFrom(r, "timeout")
	if err != nil {
		return nil, err
	}
	wait := defaultWait
	if text != "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || !(seconds >= 0 && seconds <= maxWait.Seconds()) {
			return nil, badRequest("timeout: %q is not between 0 and %v seconds", text, maxWait.Seconds())
		}
		wait = time.Duration(seconds * float64(time.Second))
	}
	ctx, stop := context.WithTimeout(r.Context(), wait)
	defer stop()
	message, err := s.NextMessage(ctx, filter)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, requestError{http.StatusNotFound, "no message within " + wait.String()}
	}
	return message, err
}

func (s *API) deleteMessages(*http.Request) (any, error) {
	s.Options.Mailbox.Clear()
	return nil, nil
}

func (s *API) postFailures(r *http.Request) (any, error) {
	in, err := decode[notify.Failure](r)
	if err != nil {
		return nil, err
	}
	if in.Medium != "" && in.Medium != api.DeliveryMediumTypeEmail && in.Medium != api.DeliveryMediumTypeSms {
		return nil, badRequest("Medium: %q is neither EMAIL nor SMS", in.Medium)
	}
	s.FailMessages(in)
	return nil, nil
}

func (s *API) deleteFailures(*http.Request) (any, error) {
	s.Options.Mailbox.ClearFailures()
	return nil, nil
}
