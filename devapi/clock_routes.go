package devapi

import (
	"math"
	"net/http"
	"time"
)

func (s *API) getClock(*http.Request) (any, error) { return s.Options.Clock.State(), nil }

// putClock sets the time. A frozen clock stays frozen.
func (s *API) putClock(r *http.Request) (any, error) {
	in, err := decode[struct{ Now time.Time }](r)
	if err != nil {
		return nil, err
	}
	if err := s.Options.Clock.Set(in.Now); err != nil {
		return nil, badRequest("%v", err)
	}
	return s.getClock(r)
}

func (s *API) freezeClock(r *http.Request) (any, error) {
	s.Options.Clock.Freeze()
	return s.getClock(r)
}

func (s *API) resumeClock(r *http.Request) (any, error) {
	s.Options.Clock.Resume()
	return s.getClock(r)
}

func (s *API) advanceClock(r *http.Request) (any, error) {
	in, err := decode[struct{ Seconds *float64 }](r)
	if err != nil {
		return nil, err
	}
	if in.Seconds == nil || math.Abs(*in.Seconds) > maxTime.Sub(minTime).Seconds() {
		return nil, badRequest("Seconds must be a number, and the clock must stay between the years 1970 and 2199")
	}
	s.Options.Clock.Advance(time.Duration(*in.Seconds * float64(time.Second)))
	return s.getClock(r)
}
