package config_test

import (
	"testing"

	"cognate/config"
)

func TestLocalURL(t *testing.T) {
	t.Parallel()
	file := mustWrite(t, "cognate.yaml", "listen: 10.0.0.1:1\nmaster_key: in the wrong place\nunknown: 1\n")
	for what, c := range map[string]struct {
		source config.Source
		want   string
	}{
		"default":             {config.Source{}, "http://127.0.0.1:8229"},
		"the file":            {config.Source{File: file}, "http://10.0.0.1:1"},
		"a variable":          {config.Source{File: file, Environ: []string{"COGNATE_LISTEN=localhost:2"}}, "http://localhost:2"},
		"a flag":              {config.Source{File: file, Environ: []string{"COGNATE_LISTEN=a:2"}, Flags: map[string]any{"listen": "b:3"}}, "http://b:3"},
		"every IPv4 address":  {config.Source{Environ: []string{"COGNATE_LISTEN=0.0.0.0:4"}}, "http://127.0.0.1:4"},
		"every IPv6 address":  {config.Source{Environ: []string{"COGNATE_LISTEN=[::]:4"}}, "http://[::1]:4"},
		"every address":       {config.Source{Environ: []string{"COGNATE_LISTEN=:4"}}, "http://127.0.0.1:4"},
		"a certificate":       {config.Source{Environ: []string{"COGNATE_TLS_CERT=missing.pem"}}, "https://127.0.0.1:8229"},
		"no port":             {config.Source{Environ: []string{"COGNATE_LISTEN=127.0.0.1"}}, ""},
		"a name for the port": {config.Source{Environ: []string{"COGNATE_LISTEN=127.0.0.1:http"}}, ""},
		"any port":            {config.Source{Environ: []string{"COGNATE_LISTEN=127.0.0.1:0"}}, ""},
		"a missing file":      {config.Source{File: "missing.yaml"}, ""},
	} {
		got, err := config.LocalURL(c.source)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("LocalURL(%s) = %q, %v; want %q", what, got, err, c.want)
		}
	}
}
