package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/config"
	"cognate/server"
)

// addressLimits are figures that a test reaches quickly.
func addressLimits(change func(*server.AddressLimits)) func(*server.Config) {
	return func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.AddressLimits = server.AddressLimits{Requests: 5, Burst: 10, SignUps: 3, Failures: 1000, Names: 1000, Pool: 1000}
		if change != nil {
			change(&c.AddressLimits)
		}
	}
}

// from sends a request of an operation from an address, through a trusted proxy. It returns the code of the error; "" for none.
func from(t testing.TB, s *cognatetest.Server, address, operation string, input any) string {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", api.TargetPrefix+"."+operation)
	r.Header.Set("X-Forwarded-For", address)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return "no answer"
	}
	defer resp.Body.Close()
	var refusal struct {
		Type string `json:"__type"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&refusal); err != nil && resp.StatusCode != http.StatusOK {
		t.Error(err)
	}
	return refusal.Type
}

func getFrom(t *testing.T, s *cognatetest.Server, address, path string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", address)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// passes returns how many of n requests are within the limits.
func passes(n int, send func() string) int {
	passed := 0
	for range n {
		if send() != api.CodeTooManyRequestsException {
			passed++
		}
	}
	return passed
}

func signIn(p *cognatetest.UserPool, name, password string) *api.InitiateAuthInput {
	in := &api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: map[string]string{
		"USERNAME": name, "PASSWORD": password,
	}}
	if p.ClientSecret != "" {
		in.AuthParameters["SECRET_HASH"] = p.SecretHash(name)
	}
	return in
}

func TestAddressRequests(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(func(l *server.AddressLimits) {
		l.Exempt = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("127.0.0.0/8")}
	})).Pool(t)
	p.MustUser("ann")
	secret := p.WithClient(p.MustClient(cognatetest.ClientSecret()))
	wrong := signIn(secret, "ann", "wrong")
	wrong.AuthParameters["SECRET_HASH"] = p.SecretHash("bob")
	send := func(address, operation string, input any) func() string {
		return func() string { return from(t, p.Server, address, operation, input) }
	}
	for _, tt := range []struct {
		what string
		send func() string
		want int
	}{
		{"a sign-in", send("192.0.2.1", "InitiateAuth", signIn(p, "nobody", "wrong")), 10},
		{"a sign-in of another address", send("192.0.2.2", "InitiateAuth", signIn(p, "nobody", "wrong")), 10},
		{"an IPv6 network", send("2001:db8:1:1::1", "GetUser", map[string]any{"AccessToken": "x"}), 10},
		{"another address of the network", send("2001:db8:1:1::2", "GetUser", map[string]any{"AccessToken": "x"}), 0},
		{"another network", send("2001:db8:1:2::2", "GetUser", map[string]any{"AccessToken": "x"}), 10},
		{"an exempt address", send("198.51.100.9", "InitiateAuth", signIn(p, "nobody", "wrong")), 30},
		{"an exempt proxy that does not name its client", send("unknown", "InitiateAuth", signIn(p, "nobody", "wrong")), 10},
		{"a right secret hash", send("192.0.2.3", "InitiateAuth", signIn(secret, "nobody", "wrong")), 30},
		{"a wrong secret hash", send("192.0.2.3", "InitiateAuth", wrong), 10},
		{"a body that is not JSON", send("192.0.2.4", "InitiateAuth", 1), 10},
		{"an unknown operation", send("192.0.2.5", "Nothing", nil), 10},
		{"no signature", send("192.0.2.6", "ListUserPools", map[string]any{"MaxResults": 1}), 10},
	} {
		if got := passes(30, tt.send); got != tt.want {
			t.Errorf("%s: %d of 30 requests passed, want %d", tt.what, got, tt.want)
		}
	}
	p.Clock.Advance(time.Second)
	if got := passes(30, send("192.0.2.1", "InitiateAuth", signIn(p, "nobody", "wrong"))); got != 5 {
		t.Errorf("%d requests passed after a second, want 5", got)
	}
	for range 30 {
		p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}) // signed
	}
	if _, _, metrics := getFrom(t, p.Server, "192.0.2.1", "/metrics"); !regexp.MustCompile(`cognate_limited_total{limit="address_requests"} [1-9]`).MatchString(metrics) {
		t.Error("the metrics do not count the rejected requests")
	}
}

// A right refresh token of a client proves a SECRET_HASH over its user.
func TestSecretHashOfRefresh(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(nil)).Pool(t, cognatetest.ClientSecret())
	p.MustUser("ann")
	tokens := p.Must(t).InitiateAuth(signIn(p, "ann", cognatetest.Password)).AuthenticationResult
	refresh := func(name string) func() string {
		in := &api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{
			"REFRESH_TOKEN": tokens.RefreshToken, "SECRET_HASH": p.SecretHash(name),
		}}
		return func() string { return from(t, p.Server, "192.0.2.1", "InitiateAuth", in) }
	}
	if got := passes(30, refresh("ann")); got != 30 {
		t.Errorf("%d of 30 refreshes with a right secret hash passed, want all", got)
	}
	if got := passes(30, refresh("bob")); got != 10 {
		t.Errorf("%d of 30 refreshes with a wrong secret hash passed, want 10", got)
	}
	revoke := &api.RevokeTokenInput{ClientId: p.ClientID, ClientSecret: p.ClientSecret, Token: "x"}
	if got := passes(30, func() string { return from(t, p.Server, "192.0.2.1", "RevokeToken", revoke) }); got != 30 {
		t.Errorf("%d of 30 requests with the secret passed, want all", got)
	}
}

// Anyone can get the secret of a client by open registration. So it frees no request from the limits, neither at the endpoints of a
// domain, nor on a page, nor in the API.
func TestSecretOfARegisteredClient(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(nil)).Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "people"})
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: p.PoolID, DcrConfiguration: &api.DcrConfigurationType{
		EnableStatus: api.StatusTypeEnabled, OpenDcrEnabled: new(true), OpenDcrGrantTypes: []api.OAuthFlowType{api.OAuthFlowTypeCode},
	}})
	status, answer := postFrom(t, p.Server, "192.0.2.1", "/domains/people/oauth2/register", "application/json",
		`{"redirect_uris":["https://app.example.com/callback"]}`)
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(answer), &client); err != nil || status != http.StatusCreated || client.Secret == "" {
		t.Fatalf("register = %d %s", status, answer)
	}
	credentials := url.Values{"client_id": {client.ID}, "client_secret": {client.Secret}, "token": {"x"}}.Encode()
	for i, path := range []string{"/oauth2/introspect", "/login"} {
		passed := 0
		for range 15 {
			status, _ := postFrom(t, p.Server, fmt.Sprintf("192.0.2.%d", i+2), "/domains/people"+path, "application/x-www-form-urlencoded", credentials)
			if status != http.StatusTooManyRequests {
				passed++
			}
		}
		if passed != 10 {
			t.Errorf("POST %s: %d of 15 requests passed, want 10", path, passed)
		}
	}
	revoke := &api.RevokeTokenInput{ClientId: client.ID, ClientSecret: client.Secret, Token: "x"}
	if got := passes(15, func() string { return from(t, p.Server, "192.0.2.4", "RevokeToken", revoke) }); got != 10 {
		t.Errorf("%d of 15 requests of the API passed, want 10", got)
	}
}

func postFrom(t *testing.T, s *cognatetest.Server, address, path, kind, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", address)
	r.Header.Set("Content-Type", kind)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestAddressRequestsOfPages(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(nil)).Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "people"})
	for i, path := range []string{
		"/domains/people/login", "/domains/people/oauth2/userInfo", "/domains/none/login", "/" + p.PoolID + "/.well-known/jwks.json", "/nothing",
	} {
		address := fmt.Sprintf("192.0.2.%d", i+1)
		passed := 0
		for range 15 {
			status, header, _ := getFrom(t, p.Server, address, path)
			if status != http.StatusTooManyRequests {
				passed++
			} else if header.Get("Retry-After") != "1" {
				t.Errorf("GET %s: Retry-After is %q, want 1", path, header.Get("Retry-After"))
			}
		}
		if passed != 10 {
			t.Errorf("GET %s: %d of 15 requests passed, want 10", path, passed)
		}
		for _, check := range []string{"/healthz", "/readyz"} {
			if status, _, _ := getFrom(t, p.Server, address, check); status != http.StatusOK {
				t.Errorf("GET %s from an address over its limit = %d, want 200", check, status)
			}
		}
	}
}

func TestAddressSignUps(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(nil)).Pool(t)
	n := 0
	signUp := func() string {
		n++
		return from(t, p.Server, "192.0.2.1", "SignUp", &api.SignUpInput{
			ClientId: p.ClientID, Username: fmt.Sprint("user", n), Password: cognatetest.Password,
		})
	}
	if got := passes(5, signUp); got != 3 {
		t.Errorf("%d of 5 sign-ups passed, want 3", got)
	}
	p.Clock.Advance(20 * time.Minute)
	if got := passes(5, signUp); got != 1 {
		t.Errorf("%d of 5 sign-ups passed after a third of an hour, want 1", got)
	}
}

// The wrong passwords of an address are counted exactly, however many servers it sends them to at the same time.
func TestAddressFailures(t *testing.T) {
	t.Parallel()
	change := addressLimits(func(l *server.AddressLimits) { l.Requests, l.Burst, l.Failures = 1000, 1000, 12 })
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		raceFailures(t, cognatetest.Start(t, change))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		raceFailures(t, cognatetest.StartPair(t, 2, change)...)
	})
}

func raceFailures(t *testing.T, servers ...*cognatetest.Server) {
	p := servers[0].Pool(t)
	names := make([]string, 10)
	for i := range names {
		names[i] = fmt.Sprint("user", i)
		p.MustUser(names[i])
	}
	var wrong atomic.Int64
	var g sync.WaitGroup
	for i, name := range names {
		g.Go(func() {
			for range 4 { // fewer than those that lock a user
				switch code := from(t, servers[i%len(servers)], "192.0.2.1", "InitiateAuth", signIn(p, name, "wrong")); code {
				case api.CodeNotAuthorizedException:
					wrong.Add(1)
				case api.CodeTooManyRequestsException:
				default:
					t.Errorf("a wrong password = %q", code)
				}
			}
		})
	}
	g.Wait()
	if wrong.Load() != 12 {
		t.Errorf("%d wrong passwords got an answer, want 12", wrong.Load())
	}
	for _, s := range servers {
		if code := from(t, s, "192.0.2.1", "InitiateAuth", signIn(p, "user0", cognatetest.Password)); code != api.CodeTooManyRequestsException {
			t.Errorf("the right password after the limit = %q, want %s", code, api.CodeTooManyRequestsException)
		}
		if code := from(t, s, "192.0.2.2", "InitiateAuth", signIn(p, "user0", cognatetest.Password)); code != "" {
			t.Errorf("the right password from another address = %q", code)
		}
	}
	p.Clock.Advance(time.Hour)
	if code := from(t, servers[0], "192.0.2.1", "InitiateAuth", signIn(p, "user0", cognatetest.Password)); code != "" {
		t.Errorf("the right password after an hour = %q", code)
	}
}

// An address over its limit does not learn that a name is known: not from the state of the user, and not from the trigger
// PreAuthentication, which is called for known names only.
func TestAddressNamesHideStates(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(func(l *server.AddressLimits) { l.Requests, l.Burst, l.Names = 1000, 1000, 1 })).
		Pool(t, cognatetest.WithTriggers(cognate.TriggerPreAuthentication))
	p.Triggers.On(cognate.TriggerPreAuthentication, cognatetest.Fail("refused"))
	p.MustUser("ann")
	p.MustUser("bob")
	if _, err := p.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "bob"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, want string }{
		{"nobody", api.CodeUserNotFoundException},
		{"another", api.CodeTooManyRequestsException},
		{"ann", api.CodeTooManyRequestsException},
		{"bob", api.CodeTooManyRequestsException},
	} {
		if code := from(t, p.Server, "192.0.2.1", "InitiateAuth", signIn(p, c.name, cognatetest.Password)); code != c.want {
			t.Errorf("sign-in of %s = %q, want %s", c.name, code, c.want)
		}
	}
	if called := p.Triggers.Sources(); len(called) > 0 {
		t.Errorf("the triggers %q were called", called)
	}
}

// An attacker who tries one password with many names is stopped, whether the names exist or not, and whether the client shows it.
func TestAddressNames(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		options []cognatetest.Option
		name    string // of the names that are tried
	}{
		"users of a client that hides them":   {[]cognatetest.Option{cognatetest.HideUsers()}, "user"},
		"unknown names, hidden":               {[]cognatetest.Option{cognatetest.HideUsers()}, "nobody"},
		"users of a client that shows them":   {nil, "user"},
		"unknown names of a client that does": {nil, "nobody"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Start(t, addressLimits(func(l *server.AddressLimits) { l.Requests, l.Burst, l.Names = 1000, 1000, 5 })).
				Pool(t, tt.options...)
			for i := range 8 {
				p.MustUser(fmt.Sprint("user", i))
			}
			try := func(i int) bool {
				return from(t, p.Server, "192.0.2.1", "InitiateAuth", signIn(p, fmt.Sprint(tt.name, i), "wrong")) != api.CodeTooManyRequestsException
			}
			for range 2 { // one name counts once
				if !try(0) {
					t.Error("a failure of the first name was rejected")
				}
			}
			passed := 2
			for i := 1; i < 8; i++ {
				if try(i) {
					passed++
				}
			}
			if passed != 6 {
				t.Errorf("%d tries with 8 names got an answer, want 6 with 5 names", passed)
			}
			known := signIn(p, "user7", cognatetest.Password)
			if code := from(t, p.Server, "192.0.2.1", "InitiateAuth", known); code != api.CodeTooManyRequestsException {
				t.Errorf("the right password after the limit = %q, want %s", code, api.CodeTooManyRequestsException)
			}
			srp := &api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{
				"USERNAME": "user7", "SRP_A": "abcdef0123",
			}}
			if code := from(t, p.Server, "192.0.2.1", "InitiateAuth", srp); len(tt.options) == 0 && code != api.CodeTooManyRequestsException {
				t.Errorf("whether user7 exists, after the limit = %q, want %s", code, api.CodeTooManyRequestsException)
			}
			p.Clock.Advance(10 * time.Minute)
			if code := from(t, p.Server, "192.0.2.1", "InitiateAuth", known); code != "" {
				t.Errorf("the right password after ten minutes = %q", code)
			}
		})
	}
}

// Wrong codes count too, and the code of a sign-in counts once.
func TestAddressCodes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, addressLimits(func(l *server.AddressLimits) { l.Requests, l.Burst, l.Failures, l.SignUps = 1000, 1000, 3, 100 })).Pool(t)
	confirm := func(name string) string {
		return from(t, p.Server, "192.0.2.1", "ConfirmSignUp", &api.ConfirmSignUpInput{ClientId: p.ClientID, Username: name, ConfirmationCode: "000000"})
	}
	passed := 0
	for i := range 6 {
		name := fmt.Sprint("new", i)
		p.Must(t).SignUp(&api.SignUpInput{
			ClientId: p.ClientID, Username: name, Password: cognatetest.Password,
			UserAttributes: []api.AttributeType{{Name: "email", Value: name + "@example.com"}},
		})
		p.Clock.Advance(20 * time.Minute / 6)
		if confirm(name) != api.CodeTooManyRequestsException {
			passed++
		}
	}
	if passed != 3 {
		t.Errorf("%d of 6 wrong codes got an answer, want 3", passed)
	}
}

func TestPoolLimit(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t, addressLimits(func(l *server.AddressLimits) { l.Pool = 7 }))
	p, other := s.Pool(t), s.Pool(t)
	passed := 0
	for i := range 20 { // each from its own address
		if from(t, s, fmt.Sprintf("192.0.2.%d", i), "InitiateAuth", signIn(p, "nobody", "wrong")) != api.CodeTooManyRequestsException {
			passed++
		}
	}
	if passed != 7 {
		t.Errorf("%d of 20 requests of a pool passed, want 7", passed)
	}
	if code := from(t, s, "192.0.2.99", "InitiateAuth", signIn(other, "nobody", "wrong")); code == api.CodeTooManyRequestsException {
		t.Error("another pool is limited too")
	}
	secret := p.WithClient(p.MustClient(cognatetest.ClientSecret()))
	if code := from(t, s, "192.0.2.99", "InitiateAuth", signIn(secret, "nobody", "wrong")); code == api.CodeTooManyRequestsException {
		t.Error("a client that proves its secret is limited by the pool's other clients")
	}
}

func rates(rates map[string]int) func(*server.Config) {
	return func(c *server.Config) { c.RateLimits = cognate.RateLimits{Rates: rates} }
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	p := cognatetest.Start(t, rates(map[string]int{
		"UserAuthentication": 4, "UserAccountRecovery": 3, "UserList": 2, "ClientAuthentication": 1, "UserRead": 1000, "UserUpdate": 1000,
	})).Pool(t)
	p.MustUser("ann")
	p.Clock.Advance(10 * time.Second)
	respond := func(challenge api.ChallengeNameType) func() string {
		return func() string {
			return from(t, p.Server, "", "RespondToAuthChallenge", &api.RespondToAuthChallengeInput{
				ClientId: p.ClientID, ChallengeName: challenge, Session: "no session at all, but long enough",
				ChallengeResponses: map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "x", "SMS_MFA_CODE": "000000"},
			})
		}
	}
	signed := func(call func() error) func() string {
		return func() string {
			if err := call(); err != nil {
				if refusal, ok := errors.AsType[*api.Error](err); ok {
					return refusal.Code
				}
				t.Error(err)
			}
			return ""
		}
	}
	list := signed(func() error {
		_, err := p.Client.ListUsers(t.Context(), &api.ListUsersInput{UserPoolId: p.PoolID})
		return err
	})
	group := func(poolID string) func() string {
		return signed(func() error {
			_, err := p.Client.ListGroups(t.Context(), &api.ListGroupsInput{UserPoolId: poolID})
			return err
		})
	}
	get := func(name string) func() string {
		return signed(func() error {
			_, err := p.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: name})
			return err
		})
	}
	enable := signed(func() error {
		_, err := p.Client.AdminEnableUser(t.Context(), &api.AdminEnableUserInput{UserPoolId: p.PoolID, Username: "ann"})
		return err
	})
	other := p.Pool(t)
	foreign := &api.Client{Endpoint: p.URL + "/", Sign: cognatetest.SignForeign}
	fromElsewhere := signed(func() error {
		_, err := foreign.ListGroups(t.Context(), &api.ListGroupsInput{UserPoolId: p.PoolID})
		return err
	})
	regions := 0
	listFor := signed(func() error {
		regions++
		client := &api.Client{Endpoint: p.URL + "/", Sign: func(r *http.Request, body []byte) error {
			err := cognatetest.Sign(r, body)
			region := fmt.Sprintf("/eu-central-%d/", regions)
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/"+cognatetest.Region+"/", region, 1))
			return err
		}}
		_, err := client.ListUsers(t.Context(), &api.ListUsersInput{UserPoolId: p.PoolID})
		return err
	})
	p.Clock.Advance(10 * time.Second)
	for _, tt := range []struct {
		what string
		send func() string
		want int
	}{
		{"starts of sign-ins", func() string { return from(t, p.Server, "", "InitiateAuth", signIn(p, "nobody", "wrong")) }, 4},
		{"answers to challenges", respond(api.ChallengeNameTypeSmsMfa), 12},
		{"new passwords", respond(api.ChallengeNameTypeNewPasswordRequired), 3},
		{"lists of users", list, 2},
		{"lists of users, signed for other Regions", listFor, 0},
		{"an operation of a foreign pool", fromElsewhere, 20},
		{"an operation of one pool", group(p.PoolID), 5},
		{"the operation of another pool", group(other.PoolID), 5},
		{"reads of one user", get("ann"), 10},
		{"reads of another user", get("bob"), 10},
		{"writes of one user", enable, 10},
	} {
		if got := passes(20, tt.send); got != tt.want {
			t.Errorf("%s: %d of 20 requests passed, want %d", tt.what, got, tt.want)
		}
	}
}

// An account that chooses a rate gets it on every server within five seconds.
func TestProvisionedRates(t *testing.T) {
	t.Parallel()
	servers := cognatetest.StartPair(t, 2, rates(map[string]int{"UserRead": 4}))
	p := servers[0].Pool(t)
	read := func(s *cognatetest.Server) int {
		n := 0
		return passes(100, func() string {
			n++
			_, err := s.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: fmt.Sprint("user", n)})
			if refusal, ok := errors.AsType[*api.Error](err); ok {
				return refusal.Code
			}
			return "no error"
		})
	}
	if got := read(servers[1]); got > 4 {
		t.Errorf("%d requests passed with the default rate, want at most 4", got)
	}
	definition := &api.LimitDefinitionType{LimitClass: api.LimitClassApiCategory, Attributes: map[string]string{"Category": "UserRead"}}
	p.Must(t).UpdateProvisionedLimit(&api.UpdateProvisionedLimitInput{LimitDefinition: definition, RequestedLimitValue: new(40)})
	got := servers[1].Must(t).GetProvisionedLimit(&api.GetProvisionedLimitInput{LimitDefinition: definition}).Limit
	if *got.ProvisionedLimitValue != 40 || *got.FreeLimitValue != 4 {
		t.Errorf("GetProvisionedLimit() = %d of %d, want 40 of 4", *got.ProvisionedLimitValue, *got.FreeLimitValue)
	}
	p.Clock.Advance(5 * time.Second)
	if got := read(servers[1]); got < 20 || got > 40 { // one or both servers share it, by their heartbeats
		t.Errorf("%d requests passed with the chosen rate, want 20 to 40", got)
	}
}

// The description, the rates and the settings have the same categories.
func TestCategories(t *testing.T) {
	t.Parallel()
	for _, op := range api.Operations() {
		if _, ok := (cognate.RateLimits{}).Of(op.Category); !ok {
			t.Errorf("%s has the category %q, which has no rate", op.Name, op.Category)
		}
	}
	if got := config.RateCategories(); !slices.Equal(got, cognate.RateCategories()) {
		t.Errorf("config.RateCategories() = %v, want %v", got, cognate.RateCategories())
	}
}
