package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"cognate/api"
)

const (
	domain   = "bench"
	callback = "https://app.example/callback"
	verifier = "a-code-verifier-of-the-benchmark-with-more-than-43-characters"
)

// site is the domain of a pool, its clients, and users who are signed in on its pages.
type site struct {
	s        *server
	http     *http.Client // follows no redirects
	workers  int
	pool     pool   // its client signs users in, by the API and on the pages
	request  string // the query of its authorization requests
	passkeys string // the ID of a client whose first page offers passkeys
	machine  credentials
	users    []*browser

	signatures float64 // that all cores can make in a second, at most
}

// credentials are the ID and the secret of a client.
type credentials struct{ id, secret string }

// browser has what a user and the application got from a sign-in on the pages.
type browser struct {
	cookies         []*http.Cookie
	access, refresh string
}

// newSite creates the pool and its users, and signs each of them in on the pages.
func newSite(ctx context.Context, s *server, o options) (*site, error) {
	d := &site{
		s: s, workers: o.workers, users: make([]*browser, plain), signatures: signaturesAtMost(),
		http: &http.Client{
			Transport:     newTransport(o.workers),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c := s.client(o.workers)
	if err := d.createPool(ctx, c); err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(o.workers)
	for i := range d.users {
		g.Go(func() (err error) {
			if err := createUser(ctx, c, d.pool, plainName(i)); err != nil {
				return err
			}
			d.users[i], err = d.signInOnPages(ctx, plainName(i))
			return err
		})
	}
	return d, g.Wait()
}

func (d *site) createPool(ctx context.Context, c *api.Client) (err error) {
	created, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{
		PoolName: "bench",
		Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
			AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn},
		}},
	})
	if err != nil {
		return err
	}
	d.pool.id = created.UserPool.Id
	_, err = c.CreateUserPoolDomain(ctx, &api.CreateUserPoolDomainInput{UserPoolId: d.pool.id, Domain: domain, ManagedLoginVersion: new(2)})
	if err != nil {
		return err
	}
	_, err = c.CreateResourceServer(ctx, &api.CreateResourceServerInput{
		UserPoolId: d.pool.id, Identifier: "orders", Name: "orders",
		Scopes: []api.ResourceServerScopeType{{ScopeName: "read", ScopeDescription: "read"}},
	})
	if err != nil {
		return err
	}
	machine, err := d.createClient(ctx, c, api.OAuthFlowTypeClientCredentials, "orders/read")
	if err != nil {
		return err
	}
	d.machine = credentials{machine.ClientId, machine.ClientSecret}
	web, err := d.createClient(ctx, c, api.OAuthFlowTypeCode, "openid", "email")
	if err != nil {
		return err
	}
	d.pool.clientID, d.request = web.ClientId, authorization(web.ClientId)
	withPasskeys, err := d.createClient(ctx, c, api.OAuthFlowTypeCode, "openid")
	if err != nil {
		return err
	}
	d.passkeys = withPasskeys.ClientId
	_, err = c.UpdateUserPoolClient(ctx, &api.UpdateUserPoolClientInput{
		UserPoolId: d.pool.id, ClientId: d.passkeys,
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
		AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode},
		AllowedOAuthScopes: []string{"openid"}, CallbackURLs: []string{callback}, SupportedIdentityProviders: []string{"COGNITO"},
	})
	return err
}

// createClient creates a client with a login style. A client for machines has a secret.
func (d *site) createClient(ctx context.Context, c *api.Client, flow api.OAuthFlowType, scopes ...string) (*api.UserPoolClientType, error) {
	created, err := c.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: d.pool.id, ClientName: "bench", GenerateSecret: new(flow == api.OAuthFlowTypeClientCredentials),
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
		AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{flow}, AllowedOAuthScopes: scopes,
		CallbackURLs: []string{callback}, SupportedIdentityProviders: []string{"COGNITO"},
	})
	if err != nil {
		return nil, err
	}
	_, err = c.CreateManagedLoginBranding(ctx, &api.CreateManagedLoginBrandingInput{
		UserPoolId: d.pool.id, ClientId: created.UserPoolClient.ClientId, UseCognitoProvidedValues: new(true),
	})
	return created.UserPoolClient, err
}

// url returns the URL of a path below the site. The address of the server changes when it restarts.
func (d *site) url(path string) string { return d.s.url + "/domains/" + domain + path }

// authorization returns the query of an authorization request of a client.
func authorization(clientID string) string {
	challenge := sha256.Sum256([]byte(verifier))
	return url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {callback}, "state": {"a-state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// answer is the answer to a request.
type answer struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

// send sends a request, as a form unless the form is nil, and checks the status.
func (d *site) send(ctx context.Context, to string, form url.Values, want int, prepare func(*http.Request)) (*answer, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if prepare != nil {
		prepare(r)
	}
	resp, err := d.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header, cookies: resp.Cookies()}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	if a.status != want {
		return nil, fmt.Errorf("%s %s: status %d, want %d: %.200s", method, r.URL.Path, a.status, want, a.body)
	}
	return a, nil
}

// with adds cookies to a request.
func with(cookies []*http.Cookie) func(*http.Request) {
	return func(r *http.Request) {
		for _, c := range cookies {
			r.AddCookie(c)
		}
	}
}

// formOf returns the address and the flow of the form of the first page. Errors: the page has no form.
func formOf(page []byte) (action, flow string, err error) {
	action, flow = attribute(page, `<form method="post" action="`), attribute(page, `name="flow" value="`)
	if action == "" || flow == "" {
		return "", "", errors.New("the first page has no form")
	}
	return html.UnescapeString(action), flow, nil
}

// attribute returns the value that follows start in a page; "" without one.
func attribute(page []byte, start string) string {
	_, rest, _ := bytes.Cut(page, []byte(start))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// signInOnPages signs a user in as a browser and an application do: the first page, its form, and the exchange of the code.
func (d *site) signInOnPages(ctx context.Context, username string) (*browser, error) {
	code, cookies, err := d.signInToCode(ctx, username)
	if err != nil {
		return nil, err
	}
	b := &browser{cookies: cookies}
	return b, d.exchange(ctx, code, b)
}

// signInToCode sends the requests of a browser, and returns the code and the cookies that it gets.
func (d *site) signInToCode(ctx context.Context, username string) (code string, cookies []*http.Cookie, err error) {
	page, err := d.send(ctx, d.url("/login?"+d.request), nil, http.StatusOK, nil)
	if err != nil {
		return "", nil, err
	}
	action, flow, err := formOf(page.body)
	if err != nil {
		return "", nil, err
	}
	in, err := d.send(ctx, d.s.url+action, url.Values{
		"flow": {flow}, "username": {username}, "password": {password},
	}, http.StatusSeeOther, with(page.cookies))
	if err != nil {
		return "", nil, err
	}
	code, err = codeOf(in)
	return code, append(page.cookies, in.cookies...), err
}

// codeOf returns the authorization code that an answer sends to the application.
func codeOf(a *answer) (string, error) {
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		return "", err
	}
	if code := to.Query().Get("code"); code != "" && strings.HasPrefix(to.String(), callback) {
		return code, nil
	}
	return "", fmt.Errorf("the browser was sent to %s", to)
}

// tokenResponse is an answer of the token endpoint.
type tokenResponse struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (d *site) tokens(ctx context.Context, form url.Values, prepare func(*http.Request)) (*tokenResponse, error) {
	return d.tokensAt(ctx, d.url("/oauth2/token"), form, prepare)
}

func (d *site) tokensAt(ctx context.Context, endpoint string, form url.Values, prepare func(*http.Request)) (*tokenResponse, error) {
	a, err := d.send(ctx, endpoint, form, http.StatusOK, prepare)
	if err != nil {
		return nil, err
	}
	got := new(tokenResponse)
	if err := json.Unmarshal(a.body, got); err != nil {
		return nil, err
	}
	if got.Access == "" {
		return nil, errors.New("answer without an access token")
	}
	return got, nil
}

// exchange exchanges a code for tokens, and sets those of b, unless it is nil.
func (d *site) exchange(ctx context.Context, code string, b *browser) error {
	got, err := d.tokens(ctx, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {d.pool.clientID}, "code": {code}, "redirect_uri": {callback},
		"code_verifier": {verifier},
	}, nil)
	if err != nil {
		return err
	}
	if got.ID == "" || got.Refresh == "" {
		return errors.New("exchange of a code without ID and refresh tokens")
	}
	if b != nil {
		b.access, b.refresh = got.Access, got.Refresh
	}
	return nil
}

func (d *site) clientCredentials(ctx context.Context) error {
	_, err := d.tokens(ctx, url.Values{"grant_type": {"client_credentials"}, "scope": {"orders/read"}}, func(r *http.Request) {
		r.SetBasicAuth(d.machine.id, d.machine.secret)
	})
	return err
}

func (d *site) anyUser() *browser { return d.users[rand.IntN(len(d.users))] }

func (d *site) refresh(ctx context.Context) error {
	_, err := d.tokens(ctx, url.Values{
		"grant_type": {"refresh_token"}, "client_id": {d.pool.clientID}, "refresh_token": {d.anyUser().refresh},
	}, nil)
	return err
}

func (d *site) userInfo(ctx context.Context) error {
	_, err := d.send(ctx, d.url("/oauth2/userInfo"), nil, http.StatusOK, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+d.anyUser().access)
	})
	return err
}

func (d *site) reachCode(ctx context.Context) error {
	_, _, err := d.signInToCode(ctx, plainName(rand.IntN(plain)))
	return err
}

func (d *site) signInAnyOnPages(ctx context.Context) error {
	_, err := d.signInOnPages(ctx, plainName(rand.IntN(plain)))
	return err
}

// signInByAPI returns the sign-in of a random user by the API.
func (d *site) signInByAPI() task {
	c := d.s.client(d.workers)
	return func(ctx context.Context) error {
		c.Endpoint = d.s.url + "/"
		out, err := signIn(ctx, c, d.pool, plainName(rand.IntN(plain)))
		if err != nil {
			return err
		}
		return mustHaveTokens(out.AuthenticationResult)
	}
}

func (d *site) loginPage(ctx context.Context) error {
	a, err := d.send(ctx, d.url("/login?"+d.request), nil, http.StatusOK, nil)
	if err == nil {
		_, _, err = formOf(a.body)
	}
	return err
}

func (d *site) healthz(ctx context.Context) error {
	_, err := d.send(ctx, d.s.url+"/healthz", nil, http.StatusOK, nil)
	return err
}

// exchanges returns the rate of exchanges of codes. The codes are made before, without measuring that: one for each signature that the
// machine can make in the time, of which an exchange needs two.
func (d *site) exchanges() rate {
	codes := make(chan string)
	return measurement{
		prepare: func(ctx context.Context, span time.Duration) (err error) {
			codes, err = d.makeCodes(ctx, int(span.Seconds()*d.signatures))
			return err
		},
		once: func(ctx context.Context, _ *api.Client) error {
			select {
			case code := <-codes:
				return d.exchange(ctx, code, nil)
			default:
				return errNoMore
			}
		},
	}.rate(d.workers, d.s, nil)
}

// makeCodes gets n codes for users who are signed in.
func (d *site) makeCodes(ctx context.Context, n int) (chan string, error) {
	codes := make(chan string, n)
	_, err := inParallel(ctx, d.workers, n, func(ctx context.Context, i int) error {
		a, err := d.send(ctx, d.url("/oauth2/authorize?"+d.request), nil, http.StatusFound, with(d.users[i%len(d.users)].cookies))
		if err != nil {
			return err
		}
		code, err := codeOf(a)
		codes <- code
		return err
	})
	return codes, err
}

// inlineScript finds the scripts of a page.
var inlineScript = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)

// pageSize returns the bytes of the first page that offers passkeys, and those of its scripts.
func (d *site) pageSize(ctx context.Context) (page, script int, err error) {
	a, err := d.send(ctx, d.url("/login?"+authorization(d.passkeys)), nil, http.StatusOK, nil)
	if err != nil {
		return 0, 0, err
	}
	for _, found := range inlineScript.FindAllSubmatch(a.body, -1) {
		script += len(found[1])
	}
	if script == 0 || bytes.Contains(a.body, []byte("@font-face")) {
		return 0, 0, errors.New("the page has no script, or a web font")
	}
	return len(a.body), script, nil
}
