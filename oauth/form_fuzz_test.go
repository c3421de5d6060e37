package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

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

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
