package appclient_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestCreateUserPoolClientByNameOnly(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	got := p.mustCreate(t, api.CreateUserPoolClientInput{})
	if !regexp.MustCompile(`^[0-9a-z]{26}$`).MatchString(got.ClientId) {
		t.Errorf("ClientId = %q, want 26 lower-case letters and digits", got.ClientId)
	}
	if diff := cmp.Diff(p.minimal(got.ClientId), got); diff != "" {
		t.Errorf("CreateUserPoolClient() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, p.mustDescribe(t, got.ClientId)); diff != "" {
		t.Errorf("DescribeUserPoolClient() differs from CreateUserPoolClient() (-created +described):\n%s", diff)
	}
}

func TestClientSecrets(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	const own = "a-secret-of-our-own-making"
	given := "aSecretOfOurOwn0123456789"
	for name, tc := range map[string]struct {
		in   api.CreateUserPoolClientInput
		want string
		err  error
	}{
		"none":                            {want: `^$`},
		"GenerateSecret false":            {in: api.CreateUserPoolClientInput{GenerateSecret: new(false)}, want: `^$`},
		"GenerateSecret true":             {in: api.CreateUserPoolClientInput{GenerateSecret: new(true)}, want: `^[0-9a-z]{51,52}$`},
		"ClientSecret":                    {in: api.CreateUserPoolClientInput{ClientSecret: given}, want: "^" + given + "$"},
		"GenerateSecret and ClientSecret": {in: api.CreateUserPoolClientInput{GenerateSecret: new(true), ClientSecret: given}, err: api.InvalidParameterException("")},
		"ClientSecret, too weak":          {in: api.CreateUserPoolClientInput{ClientSecret: own}, err: api.InvalidParameterException("")},
	} {
		out, err := p.create(t, tc.in)
		cognatetest.WantRefusal(t, "CreateUserPoolClient(secret: "+name+")", err, tc.err)
		if err == nil && !regexp.MustCompile(tc.want).MatchString(out.UserPoolClient.ClientSecret) {
			t.Errorf("ClientSecret (%s) = %q, want a match of %s", name, out.UserPoolClient.ClientSecret, tc.want)
		}
	}
}

func TestRefreshTokenValidityDefaults(t *testing.T) {
	t.Parallel()
	p := mustPool(t, cognatetest.Start(t))
	for unit, want := range map[api.TimeUnitsType]int{"seconds": 2592000, "minutes": 43200, "hours": 720, "days": 30} {
		got := p.mustCreate(t, api.CreateUserPoolClientInput{
			RefreshTokenValidity: new(0), TokenValidityUnits: &api.TokenValidityUnitsType{RefreshToken: unit},
		})
		if *got.RefreshTokenValidity != want {
			t.Errorf("RefreshTokenValidity 0 in %s reads back as %d, want %d", unit, *got.RefreshTokenValidity, want)
		}
	}
}
