package oauth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/cognatetest"
	"cognate/signin"
)

// What a request says about single claims. Unknown claims have no effect.
func TestReadClaims(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	for text, want := range map[string]struct {
		subs   []string
		claims cognate.RequestedClaims
	}{
		`{}`: {},
		`{"id_token":{"name":null,"email":{"essential":true},"nobody":{"essential":true},"constructor":null,"iss":null},"other":{"name":null}}`: {
			claims: cognate.RequestedClaims{IDToken: []string{"email", "name"}},
		},
		`{"userinfo":{"phone_number":{"value":"+1"},"custom:unknown":null},"id_token":null}`: {
			claims: cognate.RequestedClaims{UserInfo: []string{"phone_number"}},
		},
		`{"id_token":{"sub":{"value":"a"},"acr":{"value":"x"}}}`:                            {subs: []string{"a"}},
		`{"id_token":{"sub":{"values":["a","b"]}}}`:                                         {subs: []string{"a", "b"}},
		`{"id_token":{"sub":{"values":["a","b"]}},"userinfo":{"sub":{"values":["c","b"]}}}`: {subs: []string{"b"}},
		`{"userinfo":{"sub":{"essential":true}}}`:                                           {},
	} {
		got, err := a.parse(t, a.form(map[string]string{"claims": text}))
		if err != nil {
			t.Errorf("ParseAuthorization(claims %s) = %v", text, err)
			continue
		}
		sub := ""
		if len(want.subs) > 0 {
			sub = want.subs[0]
		}
		if diff := cmp.Diff(want.claims, got.Claims); diff != "" || cmp.Diff(want.subs, got.Subs) != "" || !got.Expects(sub) || got.Expects("z") != (sub == "") {
			t.Errorf("claims %s: users %q, claims (-want +got):\n%s", text, got.Subs, diff)
		}
	}
}

// The ID token and userInfo have the claims that the scopes show, and those that the request asks for there.
func TestRequestedClaims(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		b := newClientEndpoints(t, s)
		code := b.code(b.public, func(a *signin.Authorization) {
			a.Claims = cognate.RequestedClaims{IDToken: []string{"name"}, UserInfo: []string{"custom:unknown"}}
		})
		set := b.mustPost("/token", "grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback,
			"code_verifier", codeVerifier)
		again := b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(set, "refresh_token"))
		for _, got := range []answered{set, again} {
			if id := claimsIn(t, text(got, "id_token")); id["name"] != "Ann" || id["email"] != "ann@example.com" {
				t.Errorf("ID token = %v, want the name", id)
			}
			info := b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(got, "access_token"))
			if info.body["name"] != nil || info.body["email"] != "ann@example.com" {
				t.Errorf("userInfo = %s, want no name", info.text)
			}
		}
		code = b.code(b.public, func(a *signin.Authorization) { a.Claims.UserInfo = []string{"name"} })
		set = b.mustPost("/token", "grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback,
			"code_verifier", codeVerifier)
		info := b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(set, "access_token"))
		if id := claimsIn(t, text(set, "id_token")); info.body["name"] != "Ann" || id["name"] != nil {
			t.Errorf("userInfo = %s, ID token = %v, want the name in userInfo only", info.text, id)
		}
	})
}
