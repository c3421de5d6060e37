package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cognate/config"
)

const publicURL = "public_url: https://id.example.com\n"

func TestACME(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, serve(t, publicURL+"acme_domains: [ID.example.com, xn--bcher-kva.example]\n"))
	if !c.ACME() || fmt.Sprint(c.ACMEDomains.Lower()) != "[id.example.com xn--bcher-kva.example]" ||
		c.ACMEDirectory != "https://acme-v02.api.letsencrypt.org/directory" {
		t.Errorf("settings: %+v", c.ACMESettings)
	}
	c = mustLoad(t, serve(t, publicURL+"acme_domains: [id.example.com]\nacme_email: a.b+c@example.com\n"+
		"acme_directory: https://ca.example.com:14000/acme/dir\nacme_http_listen: ':80'\n"))
	if c.ACMEDirectory != "https://ca.example.com:14000/acme/dir" {
		t.Errorf("settings: %+v", c.ACMESettings)
	}
	if c := mustLoad(t, serve(t, "")); c.ACME() {
		t.Error("ACME is on without acme_domains")
	}
	mustLoad(t, serve(t, publicURL+"acme_domains: [other.example.com]\ntls_domains: "+filepath.Dir(mustWrite(t, "a", ""))+"\n"))
}

func TestACMEProblems(t *testing.T) {
	t.Parallel()
	const id = "acme_domains: [id.example.com]\n"
	for settings, want := range map[string]string{
		"acme_email: a@example.com\n":                  "acme_email: has no effect without acme_domains",
		"acme_http_listen: ':80'\n":                    "acme_http_listen: has no effect without acme_domains",
		"acme_directory: https://ca.example.com/dir\n": "acme_directory: has no effect without acme_domains",
		id: "public_url: required with acme_domains, such as https://id.example.com",
		"public_url: http://id.example.com\n" + id:              "public_url: with acme_domains the server speaks HTTPS only; use https",
		"public_url: https://www.example.com\n" + id:            "acme_domains: add www.example.com, the host of public_url",
		publicURL + id + "tls_cert: a\ntls_key: b\n":            "acme_domains, tls_cert: set only one of them",
		publicURL + id + "acme_email: Ann <ann@example.com>\n":  `acme_email: "Ann <ann@example.com>" is not a mail address`,
		publicURL + id + "acme_email: a@example.com?b=c\n":      `acme_email: "a@example.com?b=c" is not a mail address`,
		publicURL + id + "acme_directory: http://127.0.0.1/\n":  "acme_directory: not a URL such as https://acme-v02",
		publicURL + id + "acme_directory: https://a:b@c.test\n": "acme_directory: not a URL such as https://acme-v02",
		publicURL + id + "acme_http_listen: '80'\n":             `acme_http_listen: "80" is not host:port`,
	} {
		_, err := config.Load(serve(t, settings))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Load() = %v, want %s", settings, err, want)
		}
	}
	for _, name := range []string{"'*.example.com'", "127.0.0.1", "'::1'", "localhost", "a.localhost", "id", "id.example.com.", "a_b.example.com", "bücher.example", "'a b.example'", "id.example.com:443", "https://id.example.com"} {
		_, err := config.Load(serve(t, publicURL+"acme_domains: [id.example.com, "+name+"]\n"))
		if err == nil || !strings.Contains(err.Error(), "acme_domains: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("acme_domains: %s: Load() = %v, want one problem", name, err)
		}
	}
	_, err := config.Load(config.Source{Mode: config.Dev, Environ: []string{"COGNATE_ACME_DOMAINS=id.example.com"}})
	if err == nil || !strings.Contains(err.Error(), "acme_domains: has no effect in cognate dev") {
		t.Errorf("in dev: Load() = %v", err)
	}
}

func TestLocalURLWithACME(t *testing.T) {
	t.Parallel()
	got, err := config.LocalURL(config.Source{Environ: []string{"COGNATE_ACME_DOMAINS=id.example.com", "COGNATE_LISTEN=:443"}})
	if err != nil || got != "https://127.0.0.1:443" {
		t.Errorf("LocalURL() = %q, %v", got, err)
	}
}
