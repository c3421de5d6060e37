package oauth_test

import (
	"crypto/rsa"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cognate/cognatetest"
	"cognate/oauth"
)

// A form that is accepted has only text, and each parameter of the list once.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "grant_type=authorization_code&code=a&client_id=b", "code=a&code=b", "a=%00", "a=%ff", "a;b", "%zz", "&&==", "code", "code=&code=",
		"scope=a+b%20c", "resource=https%3A%2F%2Fapi.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := oauth.ParseForm(body, oauth.TokenOnce)
		if err != nil {
			return
		}
		for _, name := range oauth.TokenOnce {
			if len(form[name]) > 1 {
				t.Errorf("parseForm(%q) has %s twice", body, name)
			}
		}
		for name, values := range form {
			for _, value := range append(values, name) {
				if !isText(value) {
					t.Errorf("parseForm(%q) has %q", body, value)
				}
			}
		}
	})
}

// Credentials have an ID, and a form that names another client is refused.
func FuzzClientCredentials(f *testing.F) {
	f.Add("Basic YTpi", "a", "b")
	f.Add("", "a", "")
	f.Add("Basic YTo=", "", "")
	f.Add("Basic YSUwMDpi", "", "")
	f.Add("Bearer x", "a", "b")
	f.Add("Basic ", "", "")
	f.Fuzz(func(t *testing.T, header, id, secret string) {
		h := make(http.Header)
		if header != "" {
			h.Set("Authorization", header)
		}
		got, secrets, err := oauth.ClientCredentials(h, url.Values{"client_id": {id}, "client_secret": {secret}})
		switch {
		case err != nil:
			return
		case got == "" || !isText(got) && isText(id):
			t.Errorf("clientCredentials(%q, %q) = %q", header, id, got)
		case id != "" && got != id:
			t.Errorf("clientCredentials(%q, %q) = %q, want the client of the form", header, id, got)
		}
		for _, s := range secrets {
			if s == "" {
				t.Errorf("clientCredentials(%q, %q, %q) has an empty secret", header, id, secret)
			}
		}
	})
}

// Keys of clients are public, and RSA keys are strong enough.
func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","use":"enc"},null,1]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, err := oauth.ParseKeys(body)
		if err != nil {
			return
		}
		for _, key := range keys {
			public, isRSA := key.Key.(*rsa.PublicKey)
			if !key.IsPublic() || !key.Valid() || key.Use == "enc" || isRSA && public.N.BitLen() < 2048 {
				t.Errorf("parseKeys(%q) has the key %+v", body, key)
			}
		}
	})
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// No metadata makes the server fail, and no client has a redirect URI that runs a script or sends codes in plain text.
func FuzzRegister(f *testing.F) {
	b := newRegistering(f, cognatetest.Start(f), openRegistration)
	for _, seed := range []string{
		`{"redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`, `{"redirect_uris":["app:/x"],"scope":"openid email"}`,
		`{"redirect_uris":["https://app.example/cb"],"client_name":"\u0000","post_logout_redirect_uris":["x"]}`, `[]`, `null`, `{`, "", `{"redirect_uris":1}`,
		`{"grant_types":["client_credentials"]}`, `{"redirect_uris":["https://a@b:99999/%zz"]}`, `{"redirect_uris":["HTTP://localhost.evil.example/"]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, metadata string) {
		b := *b
		b.t = t
		b.Clock.Advance(time.Hour) // an address may register only some clients in an hour
		a := b.send(http.MethodPost, "/register", metadata, "Content-Type", "application/json")
		if a.status == http.StatusBadRequest && text(a, "error") != "" {
			return
		}
		if a.status != http.StatusCreated {
			t.Fatalf("register %q = %d %s", metadata, a.status, a.text)
		}
		redirects, _ := a.body["redirect_uris"].([]any)
		for _, redirect := range redirects {
			u, err := url.Parse(redirect.(string))
			isLocal := err == nil && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
			if err != nil || u.Scheme == "javascript" || u.Scheme == "data" || u.Scheme == "http" && !isLocal {
				t.Errorf("register %q accepts %q", metadata, redirect)
			}
		}
		gone := b.send(http.MethodDelete, "/register/"+text(a, "client_id"), "", "Authorization", "Bearer "+text(a, "registration_access_token"))
		if gone.status != http.StatusNoContent {
			t.Errorf("delete the registration = %d %s", gone.status, gone.text)
		}
	})
}
