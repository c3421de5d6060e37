package main

import (
	"fmt"

	"cognate/config"
	"cognate/passwords/compromised"
	"cognate/risk"
	"cognate/risk/geoip"
)

// riskFiles opens the files that threat protection uses. The list and the places are nil if their setting is not set.
func (n *node) riskFiles() (list risk.PasswordList, places risk.Locator, err error) {
	const passwords, database = "compromised_passwords", "geoip_database"
	switch path := n.config.CompromisedPasswords; {
	case path != "":
		opened, err := compromised.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", passwords, err)
		}
		n.log.Info("compromised passwords", "file", path, "list", opened.String())
		n.reloads.watch(passwords, path, opened)
		list = opened
	case n.config.Mode == config.Serve:
		n.log.Warn(passwords + " is not set: threat protection finds no compromised password")
	}
	if path := n.config.GeoIPDatabase; path != "" {
		opened, err := geoip.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", database, err)
		}
		n.log.Info("places of addresses", "file", path, "database", opened.String())
		n.reloads.watch(database, path, opened)
		places = opened
	}
	return list, places, nil
}
