package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const afterLogout = "https://app.example.com/bye?from=logout"

// What a request of /logout leads to. Package login tests the pages around it.
func TestParseLogout(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.LogoutURLs = []string{afterLogout} }))
	a.MustUser("ann")
	hint := a.MustSignIn("ann", "").AuthenticationResult.IdToken
	other := a.Pool(t)
	login := "/domains/login/login?" + url.Values{"client_id": {a.ClientID}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"s"}}.Encode()
	for _, tt := range []struct {
		query   string
		to      string
		refusal string
		asks    bool // of another user
	}{
		{"client_id=ID&logout_uri=BYE", afterLogout, "", false},
		{"client_id=ID&logout_uri=BYE&redirect_uri=CB&post_logout_redirect_uri=x&state=s", afterLogout, "", false},
		{"client_id=ID&redirect_uri=CB&response_type=code&state=s", login, "", false},
		{"client_id=ID&redirect_uri=CB&response_type=code&state=s&unknown=1", login, "", false},
		{"client_id=ID&post_logout_redirect_uri=BYE", afterLogout, "", true},
		{"id_token_hint=HINT&post_logout_redirect_uri=BYE", afterLogout, "", true},
		{"id_token_hint=HINT&client_id=ID&post_logout_redirect_uri=BYE&state=", afterLogout, "", true},
		{"id_token_hint=HINT&client_id=ID&post_logout_redirect_uri=BYE&state=a%2Bb", afterLogout + "&state=a%2Bb", "", true},
		{"id_token_hint=HINT", "", "", true},
		{"id_token_hint=invalid", "", "", true},
		{"", "", "", true},
		{"state=s", "", "", true},
		{"id_token_hint=invalid&post_logout_redirect_uri=BYE", "", "invalid_request", true},
		{"post_logout_redirect_uri=BYE", "", "invalid_request", true},
		{"id_token_hint=HINT&post_logout_redirect_uri=https://evil.example", "", "redirect_mismatch", true},
		{"client_id=ID&logout_uri=https://evil.example", "", "redirect_mismatch", false},
		{"client_id=ID&logout_uri=CB", "", "redirect_mismatch", false},
		{"client_id=ID&redirect_uri=BYE", "", "redirect_mismatch", false},
		{"client_id=ID", "", "invalid_request", false},
		{"client_id=none&logout_uri=BYE", "", "invalid_request", false},
		{"client_id=OTHER&logout_uri=BYE", "", "invalid_request", false},
		{"id_token_hint=HINT&client_id=OTHER&post_logout_redirect_uri=BYE", "", "invalid_request", false},
		{"logout_uri=BYE", "", "invalid_request", false},
		{"client_id=ID&logout_uri=BYE&logout_uri=BYE", "", "invalid_request", false},
		{"client_id=ID&logout_uri=BYE&state=a&state=b", "", "invalid_request", false},
	} {
		query := strings.NewReplacer("ID&", a.ClientID+"&", "OTHER", other.ClientID, "BYE", url.QueryEscape(afterLogout), "CB", url.QueryEscape(callback), "HINT", hint).Replace(tt.query + "&")
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		site := a.site(t)
		site.Path = "/domains/login"
		got, err := a.service.ParseLogout(t.Context(), site, form)
		if err != nil {
			t.Errorf("ParseLogout(%s) = %v", tt.query, err)
			continue
		}
		refusal := ""
		if got.Refusal != nil {
			refusal = got.Refusal.Code
		}
		if got.To != tt.to || refusal != tt.refusal || got.Asks(&cognate.SSOSession{Sub: "another"}) != tt.asks || got.Asks(nil) {
			t.Errorf("ParseLogout(%s) = to %q, refusal %q, asks %v, want %q, %q, %v", tt.query, got.To, refusal,
				got.Asks(&cognate.SSOSession{Sub: "another"}), tt.to, tt.refusal, tt.asks)
		}
	}
}

func FuzzParseLogout(f *testing.F) {
	a := mustAuthorizer(f, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.LogoutURLs = []string{afterLogout} }))
	f.Add(url.Values{"client_id": {a.ClientID}, "logout_uri": {afterLogout}, "state": {"+%"}}.Encode())
	f.Add(url.Values{"client_id": {a.ClientID}, "redirect_uri": {callback}, "id_token_hint": {"a.b.c"}}.Encode())
	f.Fuzz(func(t *testing.T, query string) {
		form, _ := url.ParseQuery(query)
		got, err := a.service.ParseLogout(t.Context(), a.site(t), form)
		if err != nil {
			t.Fatalf("ParseLogout(%q) = %v", query, err)
		}
		if to := got.To; to != "" && !strings.HasPrefix(to, afterLogout) && !strings.HasPrefix(to, "/login?") {
			t.Errorf("ParseLogout(%q) leads to %s", query, to)
		}
	})
}
