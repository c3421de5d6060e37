package login_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const callback = "https://app.example.com/cb?from=login"

// site is a user pool with a domain, and an app client that signs in on its pages.
type site struct {
	*cognatetest.UserPool
	t    *testing.T
	base string // URL of the pages
}

func mustSite(t *testing.T, options ...cognatetest.Option) *site {
	t.Helper()
	return newSite(t, cognatetest.Start(t), options...)
}

func newSite(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *site {
	t.Helper()
	oauth := cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlowsUserPoolClient = new(true)
		in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode}
		in.AllowedOAuthScopes = []string{"openid", "email"}
		in.CallbackURLs = []string{callback}
		in.SupportedIdentityProviders = []string{"COGNITO"}
	})
	p := s.Pool(t, append([]cognatetest.Option{oauth}, options...)...)
	domain := fmt.Sprintf("login%x", p.PoolID[10:]) // hex has no reserved word
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: domain})
	return &site{p, t, s.URL + "/domains/" + domain}
}

// address returns the address of a page with an authorization request. extra are further parameters, in pairs.
func (s *site) address(path string, extra ...string) string {
	q := url.Values{
		"client_id": {s.ClientID}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {`{"a":"b+c%"}`},
	}
	for i := 0; i < len(extra); i += 2 {
		q.Set(extra[i], extra[i+1])
	}
	return s.base + path + "?" + q.Encode()
}

// browser visits pages. It keeps cookies, follows redirects below the site, and runs no script.
type browser struct {
	*site
	t    *testing.T
	http *http.Client
	// The page that it shows. At the application, body is empty and at is the address that the site redirected to.
	at     *url.URL
	status int
	header http.Header
	body   string
}

func (s *site) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{site: s, t: s.t, http: &http.Client{Jar: jar, CheckRedirect: noRedirect}}
}

// open gets a page and follows redirects.
func (b *browser) open(address string) {
	b.t.Helper()
	for range 10 {
		request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		next := b.send(request)
		if next == "" {
			return
		}
		address = next
		if !strings.HasPrefix(address, b.base) {
			b.at, _ = url.Parse(address)
			b.body = ""
			return
		}
	}
	b.t.Fatalf("%s redirects too often", address)
}

// send sends a request and returns where it redirects to; "" if it does not.
func (b *browser) send(request *http.Request) string {
	b.t.Helper()
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status, b.header, b.body = request.URL, response.StatusCode, response.Header, string(body)
	if strings.Contains(b.body, `type="password"`) && !strings.Contains(b.body, `autocomplete="username`) {
		b.t.Errorf("%s has a password and no username for password managers:\n%s", b.at, b.body)
	}
	location := response.Header.Get("Location")
	if location == "" {
		return ""
	}
	to, err := request.URL.Parse(location)
	if err != nil {
		b.t.Fatal(err)
	}
	return to.String()
}

var (
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	alertText   = regexp.MustCompile(`role="alert" id="alert"[^>]*>([^<]*)<`)
	warningText = regexp.MustCompile(`class="note warn">([^<]*)<`)
	noticeText  = regexp.MustCompile(`role="status">([^<]*)<`)
	headingText = regexp.MustCompile(`<h1>([^<]*)</h1>`)
	linkTarget  = regexp.MustCompile(`<a (?:class="button" )?href="([^"]*)"`)
)

func (b *browser) first(form *regexp.Regexp) string {
	m := form.FindStringSubmatch(b.body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func (b *browser) heading() string { return b.first(headingText) }
func (b *browser) alert() string   { return b.first(alertText) }
func (b *browser) warning() string { return b.first(warningText) }
func (b *browser) notice() string  { return b.first(noticeText) }

// form returns the address and the fields of the page's form, with values in pairs.
func (b *browser) form(values ...string) (address string, fields url.Values) {
	b.t.Helper()
	action := b.first(formAction)
	if action == "" {
		b.t.Fatalf("%s has no form:\n%s", b.at, b.body)
	}
	fields = make(url.Values)
	for _, m := range hiddenField.FindAllStringSubmatch(b.body, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(values); i += 2 {
		fields.Set(values[i], values[i+1])
	}
	to, err := b.at.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	return to.String(), fields
}

// submit posts the page's form, and follows the redirect. It fails unless the answer is a redirect, or the form of form_post.
func (b *browser) submit(values ...string) {
	b.t.Helper()
	address, fields := b.form(values...)
	next := b.post(address, fields, "same-origin")
	if b.first(formAction) == callback {
		return
	}
	if b.status != http.StatusSeeOther {
		b.t.Fatalf("POST %s = %d, want 303", address, b.status)
	}
	if !strings.HasPrefix(next, b.base) {
		b.at, _ = url.Parse(next)
		b.body = ""
		return
	}
	b.open(next)
}

// post posts fields and returns where the answer redirects to.
func (b *browser) post(address string, fields url.Values, from string) string {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", from)
	return b.send(request)
}

// wantPage checks the heading and the alert of the page.
func (b *browser) wantPage(heading, alert string) {
	b.t.Helper()
	if b.heading() != heading || b.alert() != alert {
		b.t.Errorf("%s = %q with the alert %q, want %q with %q", b.at.Path, b.heading(), b.alert(), heading, alert)
	}
}

// wantCode checks that the browser is back at the application, with a code and the state.
func (b *browser) wantCode() {
	b.t.Helper()
	q := b.at.Query()
	if b.at.Host != "app.example.com" || len(q.Get("code")) != 36 || q.Get("state") != `{"a":"b+c%"}` || q.Get("from") != "login" {
		b.t.Errorf("the browser is at %s (%q), want the application with a code and the state\n%s", b.at, b.alert(), b.body)
	}
}

// signIn signs in with a password on the first page.
func (b *browser) signIn(username string) {
	b.t.Helper()
	b.open(b.address("/login"))
	b.submit("username", username, "password", cognatetest.Password)
}

// code returns the newest code that was sent to a destination.
func (b *browser) code(destination string) string {
	b.t.Helper()
	m, ok := b.Mailbox.Last(destination)
	if !ok {
		b.t.Fatalf("no message to %s", destination)
	}
	return m.Code
}
