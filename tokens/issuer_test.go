package tokens_test

import (
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/tokens"
)

func TestIssuer(t *testing.T) {
	t.Parallel()
	const publicURL = "https://id.example.com/auth"
	pool := func(kind api.IssuerType) *cognate.UserPool {
		p := &cognate.UserPool{ID: "eu-west-1_AbCdEfGhI"}
		if kind != "" {
			p.IssuerConfiguration = &api.IssuerConfigurationType{Type: kind}
		}
		return p
	}
	for _, c := range []struct {
		aws  bool
		kind api.IssuerType
		want string
	}{
		{false, "", publicURL + "/eu-west-1_AbCdEfGhI"},
		{false, api.IssuerTypeOriginal, publicURL + "/eu-west-1_AbCdEfGhI"},
		{false, api.IssuerTypeUpdated, publicURL + "/eu-west-1_AbCdEfGhI"},
		{true, "", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"}, // a pool of an earlier build
		{true, api.IssuerTypeOriginal, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"},
		{true, api.IssuerTypeUpdated, "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"},
	} {
		if got := (tokens.Issuer{PublicURL: publicURL, AWS: c.aws}).Of(pool(c.kind)); got != c.want {
			t.Errorf("issuer with AWS %v and type %q = %s, want %s", c.aws, c.kind, got, c.want)
		}
	}
}

// Access tokens with each issuer of their pool are valid, so that a change of the setting signs out no user. Other issuers
// are not valid.
func TestIssuersOfAPool(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	h, other := mustHolder(t, s), mustHolder(t, s)
	access := h.keys[cognate.TokenUseAccess]
	for _, c := range []struct {
		iss  string
		want *api.Error
	}{
		{s.URL + "/" + h.PoolID, nil},
		{"https://cognito-idp.us-east-1.amazonaws.com/" + h.PoolID, nil},
		{"https://issuer-cognito-idp.us-east-1.amazonaws.com/" + h.PoolID, nil},
		{"https://cognito-idp.us-east-1.amazonaws.com/" + other.PoolID, api.ErrTokenSignature},
		{"https://cognito-idp.eu-west-1.amazonaws.com/" + h.PoolID, api.ErrInvalidAccessToken},
		{"https://cognito-idp.us-east-1.amazonaws.com/", api.ErrInvalidAccessToken},
		{"https://cognito-idp.us-east-1.amazonaws.com/" + h.PoolID + "/", api.ErrInvalidAccessToken},
		{"http://cognito-idp.us-east-1.amazonaws.com/" + h.PoolID, api.ErrInvalidAccessToken},
		{"https://cognito-idp.us-east-1.amazonaws.com.example.com/" + h.PoolID, api.ErrInvalidAccessToken},
		{h.PoolID, api.ErrInvalidAccessToken},
	} {
		err := h.getUser(t, h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"iss": c.iss}))
		if c.want == nil && err != nil {
			t.Errorf("GetUser(issuer %s) = %v, want the user", c.iss, err)
		}
		if c.want != nil {
			cognatetest.WantError(t, "GetUser(issuer "+c.iss+")", err, c.want)
		}
	}
}
