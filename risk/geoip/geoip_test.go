package geoip_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate"
	"cognate/risk/geoip"
	"cognate/risk/geoip/geoiptest"
)

var (
	berlin = cognate.Place{CountryCode: "DE", Country: "Germany", City: "Berlin", Latitude: 52.52, Longitude: 13.405}
	france = cognate.Place{CountryCode: "FR", Country: "France"}
)

func mustWrite(t *testing.T, path string, places map[string]cognate.Place) {
	t.Helper()
	if err := geoiptest.Write(path, places); err != nil {
		t.Fatal(err)
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	mustWrite(t, path, map[string]cognate.Place{
		"203.0.113.0/28": berlin, "2001:db8::/32": france, "198.51.100.0/24": {CountryCode: "XK"},
	})
	d, err := geoip.Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	for address, want := range map[string]cognate.Place{
		"203.0.113.9":        berlin,
		"::ffff:203.0.113.9": berlin,
		"203.0.113.16":       {},
		"2001:db8::1%eth0":   france,
		"198.51.100.7":       {CountryCode: "XK", Country: "XK"},
		"127.0.0.1":          {},
		"":                   {},
		"unknown":            {},
	} {
		if got := d.Locate(address); got != want {
			t.Errorf("Locate(%q) = %+v, want %+v", address, got, want)
		}
	}
}

// A database reads the new file after Reload, and keeps the previous one if the new one is invalid.
func TestReload(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	mustWrite(t, path, map[string]cognate.Place{"203.0.113.0/24": berlin})
	d, err := geoip.Open(path)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Reload(invalid) = %v, want an error with the path", err)
	}
	if got := d.Locate("203.0.113.9"); got != berlin {
		t.Errorf("Locate(after an invalid file) = %+v, want the previous place", got)
	}
	mustWrite(t, path, map[string]cognate.Place{"203.0.113.0/24": france})
	if err := d.Reload(); err != nil {
		t.Errorf("Reload() = %v", err)
	}
	if got := d.Locate("203.0.113.9"); got != france {
		t.Errorf("Locate(after Reload) = %+v, want the new place", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, companies := filepath.Join(dir, "text"), filepath.Join(dir, "companies.mmdb")
	if err := os.WriteFile(text, []byte("1.2.3.0/24,DE"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, companies, map[string]cognate.Place{"203.0.113.0/24": {}})
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "no such file", text: "invalid", companies: "has no countries",
	} {
		if _, err := geoip.Open(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%s) = %v, want %q", path, err, want)
		}
	}
}
