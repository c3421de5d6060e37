package cognate

// Place is where an address is. The zero value means that the place is unknown.
type Place struct {
	CountryCode   string // ISO 3166-1, such as "DE"
	Country, City string // English names; City may be empty
	// Latitude and Longitude are degrees; both are 0 if they are unknown.
	Latitude, Longitude float64
}

// HasPosition reports whether the latitude and the longitude are known.
func (p Place) HasPosition() bool { return p.Latitude != 0 || p.Longitude != 0 }

// noCity is the text for an unknown city of a known country. Source: docs/behaviour.md §5.10.
const noCity = "null"

// ShownCity returns the city as events and messages show it; empty if the place is unknown.
func (p Place) ShownCity() string {
	if p.City == "" && p.Country != "" {
		return noCity
	}
	return p.City
}
