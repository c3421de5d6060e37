package login_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/cognatetest"
)

// push pushes an authorization request and returns the address that the application sends the browser to. extra are further
// parameters, in pairs.
func (s *site) push(t *testing.T, extra ...string) string {
	t.Helper()
	plain, err := url.Parse(s.address("/oauth2/authorize", extra...))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.PostForm(s.base+"/oauth2/par", plain.Query())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		RequestURI string `json:"request_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("POST /oauth2/par = %d, %v", response.StatusCode, err)
	}
	return s.base + "/oauth2/authorize?" + url.Values{"client_id": {s.ClientID}, "request_uri": {answer.RequestURI}}.Encode()
}

func (b *browser) wantUnusable(what string) {
	b.t.Helper()
	if b.status != http.StatusBadRequest || b.at.Query().Get("error") != "invalid_request_uri" || !strings.Contains(b.body, "invalid_request_uri") {
		b.t.Errorf("%s: the browser is at %s (%d), want the error page", what, b.at, b.status)
	}
}

// A pushed request is one sign-in in one browser: reload, a second tab, a wrong password and a late submit work. Then it is used.
func TestPushedRequestOnPages(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := newSite(t, s)
		p.MustUser("ann")
		b, other := p.browser(), p.browser()
		address := p.push(t)
		b.open(address)
		login := b.at.String()
		if strings.Contains(login, "state") || strings.Contains(login, "redirect_uri") {
			t.Errorf("the address %s shows the parameters", login)
		}
		b.open(login)
		b.wantPage("Sign in", "")
		tab := *b
		tab.open(address)
		tab.wantPage("Sign in", "")
		other.open(address)
		other.wantUnusable("another browser")
		other.open(login)
		other.wantUnusable("another browser at the page")
		b.submit("username", "ann", "password", "Wrong-password-1")
		b.wantPage("Sign in", "The username or the password is not correct.")
		s.Clock.Advance(6 * time.Minute)
		b.submit("username", "ann", "password", cognatetest.Password)
		b.wantPage("Sign in", "This took too long. Sign in again.")
		b.submit("username", "ann", "password", cognatetest.Password)
		b.wantCode()
		code := b.at.Query().Get("code")
		tab.submit("username", "ann", "password", cognatetest.Password)
		tab.wantUnusable("the second tab")
		b.open(address)
		b.wantUnusable("a second use")
		if b.open(p.address("/oauth2/authorize")); b.at.Query().Get("code") == code {
			t.Error("the second code is the first one")
		}
	})
}

// A double click on the form or on the link gets the only code twice.
func TestPushedRequestDoubleClick(t *testing.T) {
	t.Parallel()
	p := mustSite(t)
	p.MustUser("ann")
	b := p.browser()
	b.open(p.push(t))
	address, fields := b.form("username", "ann", "password", cognatetest.Password)
	first, second := b.post(address, fields, "same-origin"), b.post(address, fields, "same-origin")
	if first != second || !strings.Contains(first, "code=") {
		t.Errorf("the two submits lead to %q and %q, want the same code", first, second)
	}
	link := p.push(t, "response_mode", "fragment")
	b.open(link)
	silent := b.at.String()
	b.open(link)
	if b.at.String() != silent || !strings.Contains(silent, "#code=") {
		t.Errorf("the two visits lead to %q and %q, want the same code", silent, b.at)
	}
	p.Clock.Advance(time.Minute)
	b.open(link)
	b.wantUnusable("a later visit")
}

// The lifetime after the first visit is that of a long visit, not more.
func TestPushedRequestExpires(t *testing.T) {
	t.Parallel()
	p := mustSite(t)
	b := p.browser()
	address := p.push(t)
	b.open(address)
	p.Clock.Advance(23 * time.Hour)
	b.open(address)
	b.wantPage("Sign in", "")
	p.Clock.Advance(time.Hour)
	b.open(address)
	b.wantUnusable("a day later")
}
