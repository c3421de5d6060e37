package risk

import (
	"math"
	"slices"

	"cognate"
	"cognate/store"
)

// Locator finds the places of IP addresses.
type Locator interface {
	// Locate returns the place of an address; the zero Place if it is unknown.
	Locate(address string) cognate.Place
}

// Locate returns the place of an address. It is unknown if the server has no Locator.
func (s *Service) Locate(address string) cognate.Place {
	if s.Places == nil {
		return cognate.Place{}
	}
	return s.Places.Locate(address)
}

const (
	maxSpeed = 1000 // km/h: that of an airliner
	// minDistance is a distance, in km, below which the speed does not count: places of addresses are not exact.
	minDistance = 100
	earthRadius = 6371 // km
)

// travel returns the points for a country that the user has not signed in from, and for a place that the user cannot have
// reached since the last sign-in. known has the latest sign-in first. A sign-in whose place is unknown does not count.
func travel(e *cognate.AuthEvent, known []store.KnownOrigin) int {
	points := 0
	countries := slices.DeleteFunc(slices.Clone(known), func(o store.KnownOrigin) bool { return o.Place.CountryCode == "" })
	isSame := func(o store.KnownOrigin) bool { return o.Place.CountryCode == e.Place.CountryCode }
	if e.Place.CountryCode != "" && len(countries) > 0 && !slices.ContainsFunc(countries, isSame) {
		points += newCountry
	}
	last := slices.IndexFunc(known, func(o store.KnownOrigin) bool { return o.Place.HasPosition() })
	if last >= 0 && e.Place.HasPosition() {
		distance, took := kilometres(known[last].Place, e.Place), e.Created.Sub(known[last].Created)
		if distance >= minDistance && distance > maxSpeed*took.Hours() {
			points += tooFast
		}
	}
	return points
}

// kilometres returns the distance of two places on a sphere (haversine formula).
func kilometres(a, b cognate.Place) float64 {
	const radian = math.Pi / 180
	latitudes, longitudes := (b.Latitude-a.Latitude)*radian, (b.Longitude-a.Longitude)*radian
	h := math.Pow(math.Sin(latitudes/2), 2) +
		math.Cos(a.Latitude*radian)*math.Cos(b.Latitude*radian)*math.Pow(math.Sin(longitudes/2), 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}
