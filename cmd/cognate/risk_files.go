package main

import (
	"fmt"

	"cognate/config"
	"cognate/passwords/compromised"
	"cognate/risk"
	"cognate/risk/geoip"
)

// compromisedPasswords opens the list of compromised passwords. It is nil without the setting.
func (n *node) compromisedPasswords() (risk.PasswordList, error) {
	const setting = "compromised_passwords"
	path := n.config.CompromisedPasswords
	if path == "" {
		if n.config.Mode == config.Serve {
			n.log.Warn(setting + " is not set: threat protection finds no compromised password")
		}
		return nil, nil
	}
	list, err := compromised.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	n.log.Info("compromised passwords", "file", path, "list", list.String())
	n.reloads.watch(setting, path, list)
	return list, nil
}

// places opens the database of the places of addresses. It is nil without the setting.
func (n *node) places() (risk.Locator, error) {
	const setting = "geoip_database"
	path := n.config.GeoIPDatabase
	if path == "" {
		return nil, nil
	}
	database, err := geoip.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	n.log.Info("places of addresses", "file", path, "database", database.String())
	n.reloads.watch(setting, path, database)
	return database, nil
}
