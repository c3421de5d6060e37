// Package geoiptest writes small databases of places for tests.
package geoiptest

import (
	"net"
	"os"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"cognate"
)

// Write writes a database to a file, with the place of each network in CIDR.
func Write(path string, places map[string]cognate.Place) error {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-City", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		return err
	}
	for cidr, place := range places {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		if err := tree.Insert(network, toRecord(place)); err != nil {
			return err
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = tree.WriteTo(file)
	return err
}

// toRecord returns a place in the form of a database of cities. An unknown value is left out.
func toRecord(p cognate.Place) mmdbtype.Map {
	record := mmdbtype.Map{}
	if p.CountryCode != "" {
		country := mmdbtype.Map{"iso_code": mmdbtype.String(p.CountryCode)}
		if p.Country != "" {
			country["names"] = mmdbtype.Map{"en": mmdbtype.String(p.Country)}
		}
		record["country"] = country
	}
	if p.City != "" {
		record["city"] = mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(p.City)}}
	}
	if p.HasPosition() {
		record["location"] = mmdbtype.Map{"latitude": mmdbtype.Float64(p.Latitude), "longitude": mmdbtype.Float64(p.Longitude)}
	}
	return record
}
