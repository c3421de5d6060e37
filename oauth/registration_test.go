package oauth_test

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/server"
	"cognate/signin"
	"cognate/store"
	"cognate/throttle"
)

// openRegistration lets clients of a pool register with and without an access token.
var openRegistration = api.DcrConfigurationType{
	EnableStatus: api.StatusTypeEnabled, OpenDcrEnabled: new(true), OpenDcrGrantTypes: []api.OAuthFlowType{api.OAuthFlowTypeCode},
	AuthenticatedGrantTypes: []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeClientCredentials},
	AllowedScopes:           []string{"orders/read", "orders/gone"},
}

func newRegistering(t testing.TB, s *cognatetest.Server, c api.DcrConfigurationType) *clientEndpoints {
	t.Helper()
	b := newClientEndpoints(t, s)
	b.setRegistration(c)
	return b
}

func (b *clientEndpoints) setRegistration(c api.DcrConfigurationType) {
	b.t.Helper()
	b.Must(b.t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: b.PoolID, DcrConfiguration: &c})
}

// register sends metadata. A token is for an authenticated registration.
func (b *clientEndpoints) register(metadata map[string]any, token string) answered {
	b.t.Helper()
	return b.sendJSON(http.MethodPost, "/register", metadata, token)
}

func (b *clientEndpoints) sendJSON(method, path string, body any, token string) answered {
	b.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	headers := []string{"Content-Type", "application/json"}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return b.send(method, path, string(text), headers...)
}

func (b *clientEndpoints) mustRegister(metadata map[string]any) answered {
	b.t.Helper()
	a := b.register(metadata, "")
	if a.status != http.StatusCreated {
		b.t.Fatalf("register %v = %d %s", metadata, a.status, a.text)
	}
	return a
}

func (b *clientEndpoints) clients() int {
	b.t.Helper()
	return len(b.Must(b.t).ListUserPoolClients(&api.ListUserPoolClientsInput{UserPoolId: b.PoolID}).UserPoolClients)
}

// native is the metadata of an application on a computer.
func native(changes ...any) map[string]any {
	m := map[string]any{
		"redirect_uris": []string{"http://127.0.0.1/callback"}, "token_endpoint_auth_method": "none", "client_name": "My app (beta)",
		"grant_types": []string{"authorization_code", "refresh_token"}, "software_id": "ignored",
	}
	for i := 0; i < len(changes); i += 2 {
		m[changes[i].(string)] = changes[i+1]
	}
	return m
}

func TestRegister(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	a := b.mustRegister(native())
	id := text(a, "client_id")
	if len(text(a, "registration_access_token")) != 52 || a.header.Get("Cache-Control") == "" {
		t.Errorf("register = %s", a.text)
	}
	delete(a.body, "registration_access_token")
	want := map[string]any{
		"client_id": id, "client_id_issued_at": float64(b.Clock.Now().Unix()), "client_name": "My app beta", "token_endpoint_auth_method": "none",
		"redirect_uris": []any{"http://127.0.0.1/callback"}, "grant_types": []any{"authorization_code", "refresh_token"},
		"response_types": []any{"code"}, "scope": "openid email phone profile orders/read", "registration_client_uri": b.url + "/register/" + id,
	}
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Errorf("register (-want +got):\n%s", diff)
	}
	client := b.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: b.PoolID, ClientId: id}).UserPoolClient
	if client.ClientType != "DCR" || client.PreventUserExistenceErrors != "ENABLED" || len(client.ExplicitAuthFlows) != 1 {
		t.Errorf("DescribeUserPoolClient() = %+v", client)
	}
	list := func(kind api.ClientTypeType) int {
		return len(b.Must(t).ListUserPoolClients(&api.ListUserPoolClientsInput{UserPoolId: b.PoolID, ClientType: kind}).UserPoolClients)
	}
	if dcr, regular := list("DCR"), list("REGULAR"); dcr != 1 || dcr+regular != b.clients() {
		t.Errorf("ListUserPoolClients() = %d DCR, %d REGULAR", dcr, regular)
	}

	confidential := b.mustRegister(map[string]any{"redirect_uris": []string{"https://app.example/cb"}, "scope": "openid"})
	if len(text(confidential, "client_secret")) != 52 || confidential.body["client_secret_expires_at"] != 0.0 ||
		text(confidential, "token_endpoint_auth_method") != "client_secret_basic" || text(confidential, "scope") != "openid" ||
		text(confidential, "client_name") != text(confidential, "client_id") {
		t.Errorf("register without a method = %s", confidential.text)
	}
	secretID := text(confidential, "client_id")
	_, err := b.Client.AddUserPoolClientSecret(t.Context(), &api.AddUserPoolClientSecretInput{UserPoolId: b.PoolID, ClientId: secretID})
	cognatetest.WantCode(t, "AddUserPoolClientSecret", err, "InvalidParameterException")
	_, err = b.Client.DeleteUserPoolClientSecret(t.Context(), &api.DeleteUserPoolClientSecretInput{UserPoolId: b.PoolID, ClientId: secretID, ClientSecretId: secretID + "--1"})
	cognatetest.WantCode(t, "DeleteUserPoolClientSecret", err, "InvalidParameterException")
	_, err = b.Client.ListUserPoolClientSecrets(t.Context(), &api.ListUserPoolClientSecretsInput{UserPoolId: b.PoolID, ClientId: secretID})
	cognatetest.WantCode(t, "ListUserPoolClientSecrets", err, "InvalidParameterException")
	_, err = b.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: id, AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "SRP_A": "1234"},
	})
	cognatetest.WantCode(t, "InitiateAuth with a registered client", err, "InvalidParameterException")
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	before := b.clients()
	for what, tt := range map[string]struct {
		metadata map[string]any
		code     string
	}{
		"no redirect URI":         {native("redirect_uris", nil), "invalid_redirect_uri"},
		"http to a host":          {native("redirect_uris", []string{"http://app.example/cb"}), "invalid_redirect_uri"},
		"a script":                {native("redirect_uris", []string{"javascript:alert(1)"}), "invalid_redirect_uri"},
		"a fragment":              {native("redirect_uris", []string{"https://app.example/#x"}), "invalid_redirect_uri"},
		"a host like another":     {native("redirect_uris", []string{"https://аpple.com/cb"}), "invalid_redirect_uri"},
		"a redirect URI twice":    {native("redirect_uris", []string{"https://a.example/", "https://a.example/"}), "invalid_client_metadata"},
		"a bad logout URI":        {native("post_logout_redirect_uris", []string{"data:x"}), "invalid_client_metadata"},
		"implicit":                {native("grant_types", []string{"implicit"}), "invalid_client_metadata"},
		"no code":                 {native("grant_types", []string{"refresh_token"}), "invalid_client_metadata"},
		"machines, openly":        {map[string]any{"grant_types": []string{"client_credentials"}}, "invalid_client_metadata"},
		"both flows":              {native("grant_types", []string{"authorization_code", "client_credentials"}), "invalid_client_metadata"},
		"response type token":     {native("response_types", []string{"token"}), "invalid_client_metadata"},
		"the scope to register":   {native("scope", "openid aws.cognito/dcr/register"), "invalid_client_metadata"},
		"a scope of others":       {native("scope", "orders/write"), "invalid_client_metadata"},
		"a scope that is gone":    {native("scope", "orders/gone"), "invalid_client_metadata"},
		"the scope of the API":    {native("scope", cognate.ScopeUserAdmin), "invalid_client_metadata"},
		"a method":                {native("token_endpoint_auth_method", "tls_client_auth"), "invalid_client_metadata"},
		"a list that is no list":  {native("redirect_uris", "https://app.example/"), "invalid_client_metadata"},
		"a name that is a number": {native("client_name", 7), "invalid_client_metadata"},
	} {
		if got := b.register(tt.metadata, ""); got.status != http.StatusBadRequest || text(got, "error") != tt.code {
			t.Errorf("%s: %d %s, want %s", what, got.status, got.text, tt.code)
		}
	}
	if got := b.send(http.MethodPost, "/register", `{"redirect_uris":["https://app.example/"]}`); text(got, "error") != "invalid_request" {
		t.Errorf("no content type: %s", got.text)
	}
	if got := b.send(http.MethodPost, "/register", `[]`, "Content-Type", "application/json"); text(got, "error") != "invalid_client_metadata" {
		t.Errorf("a list: %s", got.text)
	}
	if got := b.clients(); got != before {
		t.Errorf("%d clients after refusals, want %d", got, before)
	}
}

// The setting of the pool decides who can register, and for what.
func TestRegistrationSetting(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), api.DcrConfigurationType{AllowedScopes: []string{"orders/read"}})
	if got := b.register(native(), ""); got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("open registration = %d %s %s", got.status, got.header.Get("WWW-Authenticate"), got.text)
	}
	registrant := b.client(true, []api.OAuthFlowType{api.OAuthFlowTypeClientCredentials}, []string{cognate.ScopeRegistration})
	token := text(b.mustPost("/token", "grant_type", "client_credentials", "scope", cognate.ScopeRegistration,
		"Authorization:", basic(registrant.ClientId, registrant.ClientSecret)), "access_token")
	other := text(b.mustPost("/token", "grant_type", "client_credentials", "Authorization:", basic(b.machine.ClientId, b.machine.ClientSecret)), "access_token")
	for what, wrong := range map[string]string{"another scope": other, "no token": "x.y.z", "a changed one": token + "A"} {
		wantRefusal(t, what, b.register(native(), wrong), http.StatusUnauthorized, "invalid_token", "")
	}
	machine := map[string]any{"grant_types": []string{"client_credentials"}, "client_name": "machine"}
	made := b.register(machine, token)
	if made.status != http.StatusCreated || text(made, "scope") != "orders/read" {
		t.Fatalf("register a machine = %d %s", made.status, made.text)
	}
	got := b.mustPost("/token", "grant_type", "client_credentials", "Authorization:", basic(text(made, "client_id"), text(made, "client_secret")))
	if scope := claimsIn(t, text(got, "access_token"))["scope"]; scope != "orders/read" {
		t.Errorf("scope of the machine = %v", scope)
	}
	if got := b.register(native(), token); got.status != http.StatusCreated {
		t.Errorf("register with a token = %d %s", got.status, got.text)
	}
	b.setRegistration(api.DcrConfigurationType{AuthenticatedGrantTypes: []api.OAuthFlowType{}})
	if got := b.register(native(), token); text(got, "error") != "invalid_client_metadata" {
		t.Errorf("register without grant types = %s", got.text)
	}
	b.setRegistration(api.DcrConfigurationType{EnableStatus: api.StatusTypeDisabled, OpenDcrEnabled: new(true)})
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		r, err := http.NewRequestWithContext(t.Context(), method, b.url+"/register", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); method == http.MethodPost && response.StatusCode != http.StatusNotFound {
			t.Errorf("%s without registration = %d, want 404", method, response.StatusCode)
		}
	}
}

func TestManageRegistration(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t, func(c *server.Config) { c.DeletedRetention = time.Hour }), openRegistration)
	made := b.mustRegister(native("token_endpoint_auth_method", "client_secret_post"))
	other := b.mustRegister(native())
	id, token, path := text(made, "client_id"), text(made, "registration_access_token"), "/register/"+text(made, "client_id")
	if got := b.send(http.MethodGet, path, "", "Authorization", "Bearer "+token); got.status != http.StatusOK || cmp.Diff(made.body, got.body) != "" {
		t.Errorf("GET = %d (-made +read):\n%s", got.status, cmp.Diff(made.body, got.body))
	}
	changed := native("client_id", id, "client_secret", text(made, "client_secret"), "redirect_uris", []string{"https://new.example/cb"})
	delete(changed, "token_endpoint_auth_method")
	for what, wrong := range map[string]string{"no token": "", "another's": text(other, "registration_access_token"), "an invented one": "a"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			wantRefusal(t, method+" with "+what, b.sendJSON(method, path, changed, wrong), http.StatusUnauthorized, "invalid_token", "")
		}
		wantRefusal(t, "a client of nobody", b.sendJSON(http.MethodGet, "/register/none", nil, wrong), http.StatusUnauthorized, "invalid_token", "")
	}
	for what, bad := range map[string]map[string]any{
		"no ID": native(), "another ID": native("client_id", text(other, "client_id")), "a wrong secret": native("client_id", id, "client_secret", "x"),
		"no secret any more": native("client_id", id), "the token": native("client_id", id, "token_endpoint_auth_method", "client_secret_basic", "registration_access_token", token),
	} {
		wantCode := b.sendJSON(http.MethodPut, path, bad, token)
		if wantCode.status != http.StatusBadRequest || text(wantCode, "error") != "invalid_client_metadata" {
			t.Errorf("PUT with %s = %d %s", what, wantCode.status, wantCode.text)
		}
	}
	got := b.sendJSON(http.MethodPut, path, changed, token)
	if got.status != http.StatusOK || cmp.Diff([]any{"https://new.example/cb"}, got.body["redirect_uris"]) != "" ||
		text(got, "client_secret") != text(made, "client_secret") || text(got, "token_endpoint_auth_method") != "client_secret_post" {
		t.Errorf("PUT = %d %s", got.status, got.text)
	}
	if got := b.send(http.MethodDelete, path, "", "Authorization", "Bearer "+token); got.status != http.StatusNoContent {
		t.Errorf("DELETE = %d %s", got.status, got.text)
	}
	wantRefusal(t, "GET after DELETE", b.send(http.MethodGet, path, "", "Authorization", "Bearer "+token), http.StatusUnauthorized, "invalid_token", "")
	if kept, err := b.Store.Trash(t.Context(), store.TrashPosition{}, 9); err != nil || len(kept) != 1 || kept[0].Key != id {
		t.Errorf("Trash() = %+v, %v, want the client", kept, err)
	}
	if b.Must(t).DescribeUserPoolClient(&api.DescribeUserPoolClientInput{UserPoolId: b.PoolID, ClientId: text(other, "client_id")}) == nil {
		t.Error("the other client is gone")
	}
}

// A client that registered itself must use PKCE, and may use any port of a loopback address.
func TestRegisteredClientRequests(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	id := text(b.mustRegister(native("redirect_uris", []string{"http://127.0.0.1/callback", "https://app.example/cb"})), "client_id")
	for address, want := range map[string]string{
		"http://127.0.0.1/callback": "302 code", "http://127.0.0.1:50123/callback": "302 code", "http://[::1]:50123/callback": "redirect_mismatch",
		"http://127.0.0.1:50123/other": "redirect_mismatch", "http://127.0.0.1.evil.example/callback": "redirect_mismatch", "http://127.0.0.1:1@evil.example/callback": "redirect_mismatch",
		"https://app.example:8443/cb": "redirect_mismatch", "https://127.0.0.1:50123/callback": "redirect_mismatch", "http://127.0.0.1:50123/callback?x=1": "redirect_mismatch",
		"http://127.0.0.1:50123/callback#x": "redirect_mismatch",
	} {
		_, _, got := b.authorize("client_id", id, "redirect_uri", address, "response_type", "code", "prompt", "none",
			"code_challenge", codeChallenge, "code_challenge_method", "S256")
		if isKnown := strings.Contains(got, "login_required"); isKnown != (want == "302 code") || !isKnown && !strings.Contains(got, want) {
			t.Errorf("redirect_uri %s: the browser is sent to %s, want %s", address, got, want)
		}
	}
	if _, _, got := b.authorize("client_id", id, "redirect_uri", "https://app.example/cb", "response_type", "code"); !strings.Contains(got, "code_challenge+is+required") {
		t.Errorf("without PKCE: the browser is sent to %s", got)
	}
	if _, _, got := b.authorize("client_id", b.public, "redirect_uri", "http://127.0.0.1:50123/callback", "response_type", "code"); !strings.Contains(got, "redirect_mismatch") {
		t.Errorf("another client: the browser is sent to %s", got)
	}
}

var leavingLink = regexp.MustCompile(`<a class="button" href="([^"]*)"`)

// authorize sends an authorization request. It returns where the browser is sent, or where the link of a page leads that asks first.
func (b *clientEndpoints) authorize(pairs ...string) (status int, header http.Header, location string) {
	b.t.Helper()
	query := make(map[string][]string)
	for i := 0; i < len(pairs); i += 2 {
		query[pairs[i]] = []string{pairs[i+1]}
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/authorize?"+url.Values(query).Encode(), http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		b.t.Fatal(err)
	}
	if link := leavingLink.FindSubmatch(page); link != nil {
		return response.StatusCode, response.Header, html.UnescapeString(string(link[1]))
	}
	return response.StatusCode, response.Header, response.Header.Get("Location")
}

func TestRegistrationLimits(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	b := newRegistering(t, s, openRegistration)
	perHour := throttle.DefaultLimits().RegistrationsPerHour
	statuses := make(chan int, 2*perHour)
	var all sync.WaitGroup
	for range 2 * perHour {
		all.Go(func() { statuses <- b.register(native(), "").status })
	}
	all.Wait()
	close(statuses)
	count := make(map[int]int)
	for status := range statuses {
		count[status]++
	}
	if count[http.StatusCreated] != perHour || count[http.StatusTooManyRequests] != perHour {
		t.Errorf("statuses of %d registrations at once = %v, want %d registered", 2*perHour, count, perHour)
	}
	b.Clock.Advance(time.Hour)
	if got := b.register(native(), ""); got.status != http.StatusCreated {
		t.Errorf("an hour later: %d %s", got.status, got.text)
	}
}

// Clients that are never used are deleted.
func TestUnusedRegistrations(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	unused := text(b.mustRegister(native()), "client_id")
	used := text(b.mustRegister(native()), "client_id")
	before := b.clients()
	code := b.code(used, func(a *signin.Authorization) { a.RedirectURI = "http://127.0.0.1:4321/callback" })
	b.mustPost("/token", "grant_type", "authorization_code", "client_id", used, "code", code, "redirect_uri", "http://127.0.0.1:4321/callback", "code_verifier", codeVerifier)
	task := &oauth.Registrations{Store: b.Store, Now: b.Clock.Now}
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{cognate.UnusedRegistrationLifetime - time.Second, before}, {time.Second, before - 1}, {100 * 24 * time.Hour, before - 1}} {
		b.Clock.Advance(tt.after)
		if err := task.DeleteAbandoned(t.Context()); err != nil {
			t.Fatalf("DeleteAbandoned() = %v", err)
		}
		if got := b.clients(); got != tt.want {
			t.Errorf("after %s more: %d clients, want %d", tt.after, got, tt.want)
		}
	}
	if _, err := b.Store.AppClient(t.Context(), unused); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("AppClient(unused) = %v, want ErrNotFound", err)
	}
}

// Registrations count toward the quota of app clients, also concurrent ones.
func TestRegistrationQuota(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	room := cognate.QuotaAppClients.Max
	err := b.Store.Write(t.Context(), func(tx *store.Tx) error {
		have, err := tx.CountAppClients(t.Context(), b.PoolID)
		if err != nil {
			return err
		}
		for range room - have - 1 {
			if err := tx.CreateAppClient(t.Context(), &cognate.AppClient{PoolID: b.PoolID, ID: cognate.NewClientID(), Name: "filler"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const atOnce = 10
	answers := make(chan answered, atOnce)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() { answers <- b.register(native(), "") })
	}
	all.Wait()
	close(answers)
	made := 0
	for got := range answers {
		if got.status == http.StatusCreated {
			made++
		} else if got.status != http.StatusForbidden || text(got, "error") != "access_denied" {
			t.Errorf("register beyond the quota = %d %s", got.status, got.text)
		}
	}
	if made != 1 {
		t.Errorf("%d of %d registrations took the last place, want 1", made, atOnce)
	}
}

// A client can register that it pushes its requests, and that its tokens are bound to a key. The server then accepts nothing else.
func TestRegisterRequirements(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	const par, dpop = "require_pushed_authorization_requests", "dpop_bound_access_tokens"
	wantRefusal(t, "a text", b.register(native(dpop, "true"), ""), 400, "invalid_client_metadata", "the body is not an object with members of the right types")
	a := b.mustRegister(native(par, true, dpop, true))
	if a.body[par] != true || a.body[dpop] != true {
		t.Errorf("register = %s", a.text)
	}
	id, token := text(a, "client_id"), text(a, "registration_access_token")
	redirect := a.body["redirect_uris"].([]any)[0].(string)
	request := url.Values{
		"client_id": {id}, "response_type": {"code"}, "redirect_uri": {redirect}, "code_challenge": {codeChallenge}, "code_challenge_method": {"S256"},
	}
	refresh := []string{"grant_type", "refresh_token", "client_id", id, "refresh_token", "wrong"}
	if got := b.visit(request); got != "" { // a page asks the user before the error goes to an unverified client
		t.Errorf("a request that was not pushed leads to %q", got)
	}
	wantRefusal(t, "no proof", b.post("/token", refresh...), 400, "invalid_dpop_proof", "the client must send a DPoP proof")

	changed := b.sendJSON(http.MethodPut, "/register/"+id, native("client_id", id), token)
	if changed.status != http.StatusOK || changed.body[par] != nil || changed.body[dpop] != nil {
		t.Errorf("without both = %d %s", changed.status, changed.text)
	}
	if got := b.visit(request); !strings.HasPrefix(got, "/domains/login/login?") {
		t.Errorf("a plain request after the change leads to %q", got)
	}
	wantRefusal(t, "no proof after the change", b.post("/token", refresh...), 400, "invalid_grant", "")
}

// A client can register the address of its keys instead of getting a secret.
func TestRegisterWithKeys(t *testing.T) {
	t.Parallel()
	b := newRegistering(t, cognatetest.Start(t), openRegistration)
	keys := newKeyServer(t)
	withKeys := func(changes ...any) map[string]any {
		return native(append([]any{"token_endpoint_auth_method", "private_key_jwt", "jwks_uri", keys.url}, changes...)...)
	}
	for what, m := range map[string]map[string]any{
		"no address":      withKeys("jwks_uri", ""),
		"keys themselves": withKeys("jwks_uri", "", "jwks", map[string]any{"keys": []any{}}),
		"plain HTTP":      withKeys("jwks_uri", "http://app.example/jwks"),
		"too long":        withKeys("jwks_uri", "https://app.example/"+strings.Repeat("a", 256)),
	} {
		wantRefusal(t, what, b.register(m, ""), http.StatusBadRequest, "invalid_client_metadata", "private_key_jwt needs jwks_uri, an address with https")
	}
	a := b.mustRegister(withKeys())
	if a.body["jwks_uri"] != keys.url || a.body["token_endpoint_auth_method"] != "private_key_jwt" || a.body["client_secret"] != nil {
		t.Errorf("register = %s", a.text)
	}
	id, token := text(a, "client_id"), text(a, "registration_access_token")
	signs := &assertions{b: b, id: id, key: mustECKey(t)}
	keys.publish(t, signs.key)
	refresh := []string{"grant_type", "refresh_token", "refresh_token", "wrong"}
	wantRefusal(t, "with an assertion", b.post("/token", with(signs.sign(), refresh...)...), 400, "invalid_grant", "")
	wantRefusal(t, "without one", b.post("/token", append(refresh, "client_id", id)...), 400, "invalid_client", "client_assertion: the client must use private_key_jwt")
	change := func(changes ...any) answered {
		return b.sendJSON(http.MethodPut, "/register/"+id, withKeys(append(changes, "client_id", id)...), token)
	}
	for _, method := range []string{"none", "client_secret_basic", "unknown"} {
		wantRefusal(t, "to "+method, change("token_endpoint_auth_method", method), 400, "invalid_client_metadata", "token_endpoint_auth_method cannot be changed to this")
	}
	if got := change("jwks_uri", "https://app.example/jwks"); got.status != http.StatusOK || got.body["jwks_uri"] != "https://app.example/jwks" {
		t.Errorf("a new address = %d %s", got.status, got.text)
	}
	if got := b.mustRegister(native("token_endpoint_auth_method", "none", "jwks_uri", keys.url)); got.body["jwks_uri"] != nil {
		t.Errorf("a client that does not authenticate has %v", got.body["jwks_uri"])
	}
}
