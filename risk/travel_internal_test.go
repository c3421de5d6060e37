package risk

import (
	"math"
	"testing"
	"time"

	"cognate"
	"cognate/store"
)

var (
	berlin  = cognate.Place{CountryCode: "DE", Latitude: 52.52, Longitude: 13.405}
	potsdam = cognate.Place{CountryCode: "DE", Latitude: 52.4, Longitude: 13.07}
	munich  = cognate.Place{CountryCode: "DE", Latitude: 48.137, Longitude: 11.575}
	tokyo   = cognate.Place{CountryCode: "JP", Latitude: 35.69, Longitude: 139.69}
	france  = cognate.Place{CountryCode: "FR"} // without a position
	unknown = cognate.Place{}
)

func TestTravel(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_790_000_000_000)
	from := func(place cognate.Place, ago time.Duration) store.KnownOrigin {
		return store.KnownOrigin{Place: place, Created: now.Add(-ago)}
	}
	for what, tt := range map[string]struct {
		place cognate.Place
		known []store.KnownOrigin
		want  int
	}{
		"the same place":                      {berlin, []store.KnownOrigin{from(berlin, 0)}, 0},
		"a near place, immediately":           {potsdam, []store.KnownOrigin{from(berlin, 0)}, 0},
		"the same country, by air":            {munich, []store.KnownOrigin{from(berlin, 31*time.Minute)}, 0},
		"the same country, too fast":          {munich, []store.KnownOrigin{from(berlin, 29*time.Minute)}, tooFast},
		"a new country, by air":               {tokyo, []store.KnownOrigin{from(berlin, 9*time.Hour)}, newCountry},
		"a new country, too fast":             {tokyo, []store.KnownOrigin{from(berlin, 8*time.Hour)}, newCountry + tooFast},
		"a known country, too fast":           {tokyo, []store.KnownOrigin{from(berlin, time.Hour), from(tokyo, 24*time.Hour)}, tooFast},
		"since the last sign-in":              {tokyo, []store.KnownOrigin{from(tokyo, time.Minute), from(berlin, time.Hour)}, 0},
		"since the last one with a position":  {tokyo, []store.KnownOrigin{from(unknown, time.Minute), from(berlin, time.Hour)}, newCountry + tooFast},
		"a new country without a position":    {france, []store.KnownOrigin{from(berlin, time.Minute)}, newCountry},
		"after a country without a position":  {berlin, []store.KnownOrigin{from(france, time.Minute)}, newCountry},
		"an unknown place":                    {unknown, []store.KnownOrigin{from(berlin, time.Minute)}, 0},
		"after unknown places":                {berlin, []store.KnownOrigin{from(unknown, time.Minute)}, 0},
		"the clock of another server is late": {tokyo, []store.KnownOrigin{from(berlin, -time.Second)}, newCountry + tooFast},
	} {
		if got := travel(&cognate.AuthEvent{Place: tt.place, Created: now}, tt.known); got != tt.want {
			t.Errorf("travel(%s) = %d, want %d", what, got, tt.want)
		}
	}
}

func TestKilometres(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		a, b cognate.Place
		want float64
	}{
		"Berlin to Munich":      {berlin, munich, 504},
		"Berlin to Tokyo":       {berlin, tokyo, 8916},
		"to the other side":     {cognate.Place{Longitude: -90}, cognate.Place{Longitude: 90}, math.Pi * earthRadius},
		"over the 180 meridian": {cognate.Place{Longitude: 179.5}, cognate.Place{Longitude: -179.5}, 111},
	} {
		if got := kilometres(tt.a, tt.b); math.Abs(got-tt.want) > 2 {
			t.Errorf("kilometres(%s) = %.0f, want %.0f", what, got, tt.want)
		}
	}
}
