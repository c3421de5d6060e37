package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/throttle"
)

// tag sets tags of the pool.
func (b *clientEndpoints) tag(pairs ...string) {
	b.t.Helper()
	tags := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		tags[pairs[i]] = pairs[i+1]
	}
	pool := b.Must(b.t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: b.PoolID}).UserPool
	b.Must(b.t).TagResource(&api.TagResourceInput{ResourceArn: pool.Arn, Tags: tags})
}

// visit opens an address of the pool's domain without following redirects, with a cookie if one is given. It returns where the answer
// redirects to.
func (b *clientEndpoints) visit(query url.Values) string {
	b.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/authorize?"+query.Encode(), http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header.Get("Location")
}

// Requests are pushed by public and confidential clients, on both databases. Two servers on one database share them.
func TestPushedRequest(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, servers ...*cognatetest.Server) {
		t.Helper()
		b := newClientEndpoints(t, servers[0])
		at := *b
		at.url = servers[len(servers)-1].URL + "/domains/login/oauth2"
		for what, authentication := range map[string][]string{
			"public": {"client_id", b.public},
			"Basic":  {"Authorization:", basic(b.secret.ClientId, b.secret.ClientSecret)},
			"form":   {"client_id", b.secret.ClientId, "client_secret", b.secret.ClientSecret},
		} {
			got := b.post("/par", append(authentication, "response_type", "code", "redirect_uri", appCallback, "state", "s")...)
			uri := text(got, "request_uri")
			if got.status != http.StatusCreated || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || got.body["expires_in"] != 300.0 ||
				len(got.body) != 2 || got.header.Get("Cache-Control") == "" {
				t.Fatalf("%s: POST /par = %d %s", what, got.status, got.text)
			}
			id := b.secret.ClientId
			if what == "public" {
				id = b.public
			}
			if to := at.visit(url.Values{"client_id": {id}, "request_uri": {uri}}); !strings.HasPrefix(to, "/domains/login/login?client_id="+id+"&request_uri=urn") {
				t.Errorf("%s: /authorize redirects to %q, want the login page", what, to)
			}
			// The first browser has opened it.
			if to := b.visit(url.Values{"client_id": {id}, "request_uri": {uri}}); !strings.HasPrefix(to, "/domains/login/error?error=invalid_request_uri") {
				t.Errorf("%s: another browser gets %q, want the error page", what, to)
			}
		}
	}
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { test(t, s) })
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		test(t, cognatetest.StartPair(t, 2)...)
	})
}

func TestPushRefusals(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	basicHeader := []string{"Authorization:", basic(b.secret.ClientId, b.secret.ClientSecret)}
	valid := []string{"client_id", b.public, "response_type", "code", "redirect_uri", appCallback}
	with := func(more ...string) []string { return append(append([]string{}, valid...), more...) }
	for what, tt := range map[string]struct {
		pairs       []string
		status      int
		code        string
		description string
	}{
		"no client":              {[]string{"response_type", "code"}, 400, "invalid_request", ""},
		"unknown client":         {[]string{"client_id", "none"}, 401, "invalid_client", ""},
		"no secret":              {[]string{"client_id", b.secret.ClientId, "response_type", "code", "redirect_uri", appCallback}, 401, "invalid_client", "invalid_client_secret"},
		"wrong secret":           {[]string{"Authorization:", basic(b.secret.ClientId, "wrong")}, 401, "invalid_client", "invalid_client_secret"},
		"secret of a public one": {with("client_secret", "any"), 401, "invalid_client", "invalid_client_secret"},
		"other client in form":   {append(with(), basicHeader...), 401, "invalid_client", ""},
		"no redirect URI":        {[]string{"client_id", b.public, "response_type", "code"}, 400, "invalid_request", ""},
		"foreign redirect URI":   {[]string{"client_id", b.public, "response_type", "code", "redirect_uri", appCallback + "x"}, 400, "invalid_request", "redirect_uri is not registered"},
		"request_uri":            {with("request_uri", "urn:ietf:params:oauth:request_uri:x"), 400, "invalid_request", "request_uri cannot be pushed"},
		"empty request_uri":      {with("request_uri", ""), 400, "invalid_request", "request_uri cannot be pushed"},
		"request object":         {with("request", "eyJhbGciOiJub25lIn0.e30."), 400, "request_not_supported", ""},
		"state twice":            {with("state", "a", "state", "b"), 400, "invalid_request", ""},
		"redirect_uri twice":     {with("redirect_uri", appCallback), 400, "invalid_request", ""},
		"client_id twice":        {with("client_id", b.public), 400, "invalid_request", ""},
		"scope":                  {with("scope", "openid none"), 400, "invalid_request", "invalid_scope"},
		"flow":                   {[]string{"client_id", b.public, "response_type", "token", "redirect_uri", appCallback}, 400, "unauthorized_client", ""},
		"plain PKCE":             {with("code_challenge", codeChallenge, "code_challenge_method", "plain"), 400, "invalid_request", "code_challenge_method is not S256"},
		"resource":               {with("resource", "http://api.example"), 400, "invalid_target", ""},
		"too long":               {with("state", strings.Repeat("a", 16<<10)), 413, "invalid_request", "the request is too long"},
	} {
		wantRefusal(t, what, b.post("/par", tt.pairs...), tt.status, tt.code, tt.description)
	}
	wantRefusal(t, "JSON", b.send(http.MethodPost, "/par", `{"client_id":"x"}`, "Content-Type", "application/json"), 400, "invalid_request", "")
	wantRefusal(t, "query", b.send(http.MethodPost, "/par?"+url.Values{"client_id": {b.public}}.Encode(), "", "Content-Type", "application/x-www-form-urlencoded"), 400, "invalid_request", "")
	if got := b.send(http.MethodGet, "/par", ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("GET /par = %d %v, want 405", got.status, got.header)
	}
}

// Anyone can push requests for a public client, and for a client of an open registration, so their number is limited.
func TestPushLimit(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	registered := b.mustRegister(native("token_endpoint_auth_method", "client_secret_post", "redirect_uris", []string{appCallback}))
	pool, err := b.Store.UserPool(t.Context(), b.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	endpoints, limits := new(oauth.Endpoints), throttle.DefaultLimits()
	limits.PushedRequestsPerHour = 1
	requests := &oauth.Service{Store: b.Store, Now: b.Clock.Now}
	(&oauth.ClientEndpoints{Store: b.Store, Requests: requests, Limits: limits, Now: b.Clock.Now}).Mount(endpoints)
	push := func(id, secret string) int {
		form := url.Values{
			"client_id": {id}, "client_secret": {secret}, "response_type": {"code"}, "redirect_uri": {appCallback},
			"code_challenge": {codeChallenge}, "code_challenge_method": {"S256"},
		}
		request := httptest.NewRequest(http.MethodPost, "/oauth2/par", strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response := httptest.NewRecorder()
		endpoints.ServeSite(response, request, &oauth.Site{Pool: pool, URL: "https://login.example.com"})
		return response.Code
	}
	for _, step := range []struct {
		what, id, secret string
		want             int
	}{
		{"the first", b.public, "", http.StatusCreated},
		{"the second", b.public, "", http.StatusTooManyRequests},
		{"a client of an open registration", text(registered, "client_id"), text(registered, "client_secret"), http.StatusTooManyRequests},
		{"a confidential client", b.secret.ClientId, b.secret.ClientSecret, http.StatusCreated},
	} {
		if got := push(step.id, step.secret); got != step.want {
			t.Errorf("%s: POST /par = %d, want %d", step.what, got, step.want)
		}
	}
	b.Clock.Advance(time.Hour)
	if got := push(text(registered, "client_id"), text(registered, "client_secret")); got != http.StatusCreated {
		t.Errorf("an hour later: POST /par = %d, want 201", got)
	}
}

// A request_uri is for its client only, and for a short time. Parameters beside it have no effect.
func TestPushedRequestAtAuthorize(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	push := func() string {
		return text(b.post("/par", "client_id", b.public, "response_type", "code", "redirect_uri", appCallback, "prompt", "none", "state", "pushed"), "request_uri")
	}
	const broken = "/domains/login/error?error=invalid_request_uri&client_id="
	uri := push()
	for what, tt := range map[string]struct {
		query url.Values
		want  string // prefix of where the browser goes
	}{
		"foreign client":    {url.Values{"client_id": {b.secret.ClientId}, "request_uri": {uri}}, broken + b.secret.ClientId},
		"unknown client":    {url.Values{"client_id": {"none"}, "request_uri": {uri}}, "/domains/login/error?error=invalid_request"},
		"no client":         {url.Values{"request_uri": {uri}}, "/domains/login/error?error=invalid_request"},
		"two clients":       {url.Values{"client_id": {b.public, b.public}, "request_uri": {uri}}, "/domains/login/error?error=invalid_request"},
		"unknown request":   {url.Values{"client_id": {b.public}, "request_uri": {uri + "x"}}, broken + b.public},
		"another form":      {url.Values{"client_id": {b.public}, "request_uri": {"https://app.example/request"}}, "/domains/login/error?error=request_uri_not_supported"},
		"another form, URI": {url.Values{"client_id": {b.public}, "request_uri": {"https://app.example/r"}, "redirect_uri": {appCallback}}, appCallback + "&error=request_uri_not_supported"},
		"twice":             {url.Values{"client_id": {b.public}, "request_uri": {uri, uri}, "redirect_uri": {appCallback}}, appCallback + "&error=invalid_request"},
	} {
		if got := b.visit(tt.query); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: the browser goes to %q, want %s", what, got, tt.want)
		}
	}
	got := b.visit(url.Values{"client_id": {b.public}, "request_uri": {uri}, "state": {"other"}, "prompt": {"login"}, "redirect_uri": {"https://evil.example"}})
	if !strings.HasPrefix(got, appCallback+"&error=login_required&state=pushed&iss=") {
		t.Errorf("with other parameters the browser goes to %q, want the answer to the pushed request", got)
	}
	late := push()
	b.Clock.Advance(5 * time.Minute)
	if got := b.visit(url.Values{"client_id": {b.public}, "request_uri": {late}}); got != broken+b.public {
		t.Errorf("after 5 minutes the browser goes to %q, want the error page", got)
	}
}

// The tag refuses requests that were not pushed, of its client only.
func TestRequiredPushedRequests(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	b.tag("cognate:client/"+b.public+"/require", "par")
	plain := func(id string) url.Values {
		return url.Values{"client_id": {id}, "response_type": {"code"}, "redirect_uri": {appCallback}, "state": {"s"}}
	}
	if got := b.visit(plain(b.public)); !strings.HasPrefix(got, appCallback+"&error=invalid_request&error_description=the+client+must+push") ||
		!strings.Contains(got, "&state=s&iss=") {
		t.Errorf("the browser goes to %q, want an error", got)
	}
	if got := b.visit(plain(b.secret.ClientId)); !strings.HasPrefix(got, "/domains/login/login?") {
		t.Errorf("another client: the browser goes to %q, want the login page", got)
	}
	uri := text(b.post("/par", "client_id", b.public, "response_type", "code", "redirect_uri", appCallback), "request_uri")
	if got := b.visit(url.Values{"client_id": {b.public}, "request_uri": {uri}}); !strings.HasPrefix(got, "/domains/login/login?") {
		t.Errorf("a pushed request: the browser goes to %q, want the login page", got)
	}
	// The name is for all clients that did not register themselves.
	b.tag("cognate:client/app/require", "par")
	if got := b.visit(plain(b.secret.ClientId)); !strings.HasPrefix(got, appCallback+"&error=invalid_request") {
		t.Errorf("a client with the name: the browser goes to %q, want an error", got)
	}
}
