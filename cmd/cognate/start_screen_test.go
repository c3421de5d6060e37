package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/config"
	"cognate/devapi"
)

func TestStartScreen(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	dev := &devapi.API{
		Store: s.Store, PublicURL: "http://localhost:8229", Options: devapi.Options{Caller: cognate.Caller{Region: "eu-west-1"}},
	}
	screen := func() string {
		var out strings.Builder
		if err := (&startScreen{out: newConsole(&out), data: "in memory"}).print(t.Context(), dev); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	const begin, end = `
  export AWS_ENDPOINT_URL=http://localhost:8229
  export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any

  Any access key works. The data is in memory.

`, `
  Messages  in the log below, and at http://localhost:8229/ in a browser
  Help      cognate dev --help; for tests docs/testing.md, for settings docs/configuration.md

`
	if diff := cmp.Diff(begin+`  There are no user pools yet. Create one, or start with --seed FILE:
  cognate cognito-idp create-user-pool --pool-name people
`+end, screen()); diff != "" {
		t.Errorf("screen without pools (-want +got):\n%s", diff)
	}
	p := s.Pool(t, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) { in.PoolName = "two words" }),
		cognatetest.Tag("_custom_id_", "us-east-1_0")) // the first in the list
	if diff := cmp.Diff(begin+"  User pool   "+p.PoolID+"  \"two words\"\n  App client  "+p.ClientID+"  app\n"+end, screen()); diff != "" {
		t.Errorf("screen with a pool (-want +got):\n%s", diff)
	}
	for range maxScreenPools {
		p.MustClient()
		s.Pool(t)
	}
	if got := screen(); !strings.Contains(got, "There are more user pools.") || !strings.Contains(got, "There are more app clients.") {
		t.Errorf("screen with many pools =\n%s", got)
	}
}

func TestStoredIn(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]*config.Config{
		"in memory":                       {},
		"in the folder data":              {Data: "data"},
		"in the database of the settings": {DatabaseURL: "postgres://cognate:hunter2@localhost/cognate"},
	} {
		if got := storedIn(c); got != want {
			t.Errorf("storedIn() = %q, want %q", got, want)
		}
	}
}
