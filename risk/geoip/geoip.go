// Package geoip finds the places of IP addresses in the operator's database, a file in the MaxMind DB format.
package geoip

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"

	"cognate"
)

// Database is a database of places.
type Database struct {
	path   string
	reader atomic.Pointer[maxminddb.Reader]
}

// record has the members of a record that a place needs.
type record struct {
	Country country `maxminddb:"country"`
	City    struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  float64 `maxminddb:"latitude"`
		Longitude float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
}

type country struct {
	Code  string `maxminddb:"iso_code"`
	Names names  `maxminddb:"names"`
}

type names struct {
	English string `maxminddb:"en"`
}

// Open reads a database of countries or of cities. It returns an error for a file in another format, and for a database without
// countries.
func Open(path string) (*Database, error) {
	d := &Database{path: path}
	if err := d.Reload(); err != nil {
		return nil, err
	}
	return d, nil
}

// Reload reads the file again. After an error the previous database stays in use. The file is read into memory, because an
// operator may overwrite it in place, which would break a mapped file.
func (d *Database) Reload() error {
	content, err := os.ReadFile(d.path)
	if err != nil {
		return err
	}
	reader, err := maxminddb.OpenBytes(content)
	if err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	if err := requireCountries(reader); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	d.reader.Store(reader)
	return nil
}

// sampled is how many networks Open reads to find a country.
const sampled = 10_000

// requireCountries returns an error if the first networks have no country: a database of networks and companies has none.
func requireCountries(reader *maxminddb.Reader) error {
	n := 0
	for network := range reader.Networks() {
		var r record
		if err := network.Decode(&r); err != nil {
			return err
		}
		if r.Country.Code != "" {
			return nil
		}
		if n++; n == sampled {
			break
		}
	}
	return errors.New("has no countries: use a database of countries or cities")
}

// String describes the database for a log.
func (d *Database) String() string {
	m := d.reader.Load().Metadata
	return fmt.Sprintf("%s of %s", m.DatabaseType, m.BuildTime().UTC().Format("2006-01-02"))
}

// Locate returns the place of an IP address. It is unknown for a text that is not an address, and for an address that is not in
// the database.
func (d *Database) Locate(address string) cognate.Place {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return cognate.Place{}
	}
	var r record
	if err := d.reader.Load().Lookup(ip.Unmap().WithZone("")).Decode(&r); err != nil || r.Country.Code == "" {
		return cognate.Place{}
	}
	return cognate.Place{
		CountryCode: r.Country.Code, Country: cmp.Or(r.Country.Names.English, r.Country.Code), City: r.City.Names.English,
		Latitude: r.Location.Latitude, Longitude: r.Location.Longitude,
	}
}
