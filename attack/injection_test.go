package attack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/api/apitest"
	"cognate/cognatetest"
)

// payloads mean something to an interpreter: SQL, LIKE, JSON, templates, HTTP, HTML, shells, paths.
var payloads = []string{
	`' OR '1'='1' --`, `'); DROP TABLE users; --`, `%`, `_`, `\`, `$1`, `?1`, `"}],"x":[{`, `{{.}}${7*7}#{1}`, `../../../../etc/passwd`, `$(id);` + "`id`",
	"a\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>", "\u2028\u0085", `"><script>alert(1)</script>`,
}

// No text in any member of any operation breaks a statement, a header or a log line, and users and pools beside it stay as they are.
func TestPayloadsInEveryMember(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, bystander := s.Pool(t, cognatetest.EmailIsAlias()), s.Pool(t)
	p.MustUser("ann")
	bystander.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	known := map[string]string{"UserPoolId": p.PoolID, "ClientId": p.ClientID, "Username": "ann", "AccessToken": token, "Password": secondPassword}
	sent := 0
	for _, op := range api.Operations() {
		for _, m := range op.Input.Members {
			if m.Shape.Kind != api.KindString || m.Shape.Enum != nil {
				continue
			}
			for _, payload := range payloads {
				values := map[string]string{}
				for name, value := range known {
					if op.Input.Member(name) != nil && !ends(op) {
						values[name] = apitest.Quote(value)
					}
				}
				values[m.Name] = apitest.Quote(payload)
				body := apitest.Object(op.Input, values)
				got := call(t, s, op.Name, body, nil)
				if op.Auth == api.AuthSigV4 {
					got = signedCall(t, s, op.Name, body)
				}
				sent++
				if len(got.header.Values("Set-Cookie")) > 0 {
					t.Errorf("%s: %s = %q sets a cookie", op.Name, m.Name, payload)
				}
			}
		}
	}
	if sent < 3000 {
		t.Errorf("sent %d requests, want all members of all operations", sent)
	}
	bystander.MustSignIn("ann", "")
	if users := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: bystander.PoolID}).Users; len(users) != 1 {
		t.Errorf("the other pool has %d users, want 1", len(users))
	}
	wantLines(t, s)
}

// ends reports whether an operation would end or change what the other operations attack.
func ends(op *api.Operation) bool {
	return slices.Contains([]string{
		"DeleteUserPool", "DeleteUserPoolClient", "DeleteUser", "AdminDeleteUser", "AdminDisableUser", "AdminUserGlobalSignOut", "GlobalSignOut",
		"UpdateUserPool", "UpdateUserPoolClient", "SetUserPoolMfaConfig", "SetRiskConfiguration",
	}, op.Name)
}

// wantLines checks that each line of the log is one JSON object.
func wantLines(t *testing.T, s *cognatetest.Server) {
	t.Helper()
	for line := range strings.Lines(s.Log.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Errorf("a line of the log is not an object: %v: %.200q", err, line)
		}
	}
}

// A filter finds what it names literally, and no filter finds users of another pool.
func TestFilters(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	s.Pool(t).MustUser("foreign")
	for _, name := range []string{"ann", "a_n", "a%n", `a\n`, "bob"} {
		p.MustUser(name, cognatetest.Attributes("name", name)...)
	}
	for filter, want := range map[string][]string{
		`username = "a_n"`: {"a_n"}, `username ^= "a_"`: {"a_n"}, `username ^= "a%"`: {"a%n"}, `username = "%"`: {}, `username ^= "_"`: {},
		`name ^= "a_"`: {"a_n"}, `name = "a%n"`: {"a%n"}, `name ^= "a\\"`: {`a\n`}, `name = "a\\n"`: {`a\n`}, `name ^= "%"`: {},
		`name = "' OR 1=1 --"`: {}, `name = "ann' UNION SELECT * FROM users --"`: {}, `name ^= "[a-b]"`: {}, `name ^= "a*"`: {}, `name ^= ".*"`: {},
	} {
		found := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID, Filter: filter}).Users
		names := []string{}
		for _, u := range found {
			names = append(names, u.Username)
		}
		if !slices.Equal(names, want) {
			t.Errorf("ListUsers(%s) = %q, want %q", filter, names, want)
		}
	}
	for _, filter := range []string{
		`name = "a" or name = "b"`, `name = "a" AND 1=1`, `name = "a"; DROP TABLE users`, `name = "a"--`, `(name = "a")`, `name LIKE "a"`, `name != "a"`,
		`name = a`, `name = 'a'`, `name = "a" "b"`, `name="a\"`, `password = "a"`, `sub ^= "a" name ^= "b"`, `pool_id = "a"`, `1 = "1"`, `name = ""b"`,
	} {
		_, err := p.Client.ListUsers(t.Context(), &api.ListUsersInput{UserPoolId: p.PoolID, Filter: filter})
		cognatetest.WantCode(t, "ListUsers("+filter+")", err, api.CodeInvalidParameterException)
	}
}

// Pages show markup in parameters and in forms as text, and a line end in a parameter adds no header.
func TestPayloadsOnPages(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.LogoutURLs = []string{"https://app.example.com/bye"}
	}))
	domain := mustDomain(t, p)
	right := url.Values{"client_id": {p.ClientID}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"s"}}
	paths := []string{"/oauth2/authorize", "/login", "/signup", "/forgotPassword", "/confirmUser", "/resendcode", "/mfa", "/consent", "/logout", "/error", "/device", "/account", "/feedback", "/oauth2/idpresponse", "/saml2/idpresponse"}
	names := []string{
		"client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "prompt", "login_hint", "lang", "ui_locales", "error", "error_description", "code",
		"identity_provider", "idp_identifier", "response_mode", "code_challenge", "claims", "acr_values", "id_token_hint", "logout_uri", "request", "request_uri", "user_code",
		"username", "user_name", "confirmation_code", "flow", "max_age", "display", "resource",
	}
	for _, path := range paths {
		for _, name := range names {
			for _, payload := range []string{`"><script>alert(1)</script>`, "a\r\nSet-Cookie: a=b", "javascript:alert(1)", "//evil.example", "'-alert(1)-'"} {
				q := maps.Clone(right)
				q.Set(name, payload)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, domain+path+"?"+q.Encode(), http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				wantHarmless(t, fmt.Sprintf("GET %s with %s = %q", path, name, payload), do(t, r))
				wantHarmless(t, fmt.Sprintf("POST %s with %s = %q", path, name, payload), post(t, domain+path+"?"+right.Encode(), url.Values{name: {payload}}, nil))
			}
		}
	}
	wantLines(t, p.Server)
}

// No endpoint and no page redirects to an address that the client has not registered: not with a code, not with an error, and not after a
// logout.
func TestForeignRedirects(t *testing.T) {
	t.Parallel()
	const bye = "https://app.example.com/bye"
	p := cognatetest.Pool(t, oauthClient, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.LogoutURLs = []string{bye} }))
	domain := mustDomain(t, p)
	p.MustUser("ann")
	signedIn := newVisitor(t)
	signedIn.open(authorize(p, domain, "/login"))
	signedIn.submit(nil, "username", "ann", "password", cognatetest.Password)
	foreign := []string{
		"https://evil.example/cb", "//evil.example/cb", "/cb", "javascript:alert(1)", "data:text/html,x", `https://app.example.com\@evil.example/cb`, "",
	}
	for _, registered := range []string{callback, bye} {
		path := strings.TrimPrefix(registered, "https://app.example.com")
		foreign = append(foreign, registered+"/", registered+"?a=b", registered+"#a", registered+"/../evil", registered+" ", registered+"\n", " "+registered, registered+"%00",
			"http://app.example.com"+path, "https://APP.example.com"+path, "https://app.example.com:443"+path, "https://app.example.com."+path,
			"https://app.example.com.evil.example"+path, "https://app.example.com@evil.example"+path, "https://evil.example/https://app.example.com"+path,
			"https://app.example.com/%63b", strings.ToUpper(registered), "https://user@app.example.com"+path)
	}
	leaves := func(query url.Values, path string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, domain+path+"?"+query.Encode(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range signedIn.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		got := do(t, r)
		to, err := r.URL.Parse(got.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if to.Host == r.URL.Host {
			return ""
		}
		return to.String()
	}
	request := func(to, name, value string) url.Values {
		q := url.Values{"client_id": {p.ClientID}, "response_type": {"code"}, "redirect_uri": {to}, "scope": {"openid"}, "state": {"s"}}
		q.Set(name, value)
		return q
	}
	for _, c := range []struct {
		what, path string
		query      func(to string) url.Values
		right      string // leads away; empty if no address does
	}{
		{"a code", "/oauth2/authorize", func(to string) url.Values { return request(to, "nonce", "n") }, callback},
		{"no sign-in wanted", "/oauth2/authorize", func(to string) url.Values { return request(to, "prompt", "none") }, callback},
		{"an unknown scope", "/oauth2/authorize", func(to string) url.Values { return request(to, "scope", "unknown") }, callback},
		{"a wrong response", "/oauth2/authorize", func(to string) url.Values { return request(to, "response_type", "unknown") }, callback},
		{"a wrong challenge", "/oauth2/authorize", func(to string) url.Values { return request(to, "code_challenge", "x") }, callback},
		{"logout", "/logout", func(to string) url.Values { return url.Values{"client_id": {p.ClientID}, "logout_uri": {to}} }, bye},
		{"logout of OpenID", "/logout", func(to string) url.Values {
			return url.Values{"client_id": {p.ClientID}, "post_logout_redirect_uri": {to}}
		}, bye},
		{"logout and sign-in", "/logout", func(to string) url.Values { return request(to, "prompt", "none") }, ""},
	} {
		for _, to := range foreign {
			if got := leaves(c.query(to), c.path); got != "" {
				t.Errorf("%s, with the address %q, leads to %s", c.what, to, got)
			}
		}
		if got := leaves(c.query(c.right), c.path); !strings.HasPrefix(got, c.right) {
			t.Errorf("%s, with the registered address, leads to %q, want %s", c.what, got, c.right)
		}
	}
}

// wantHarmless checks that an answer neither runs a payload nor leads to the address in it.
func wantHarmless(t *testing.T, what string, got reply) {
	t.Helper()
	if strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, `href="javascript:`) || strings.Contains(got.body, "'-alert(1)-'") {
		t.Errorf("%s shows the payload as it is:\n%s", what, got.body)
	}
	if slices.ContainsFunc(got.header.Values("Set-Cookie"), func(c string) bool { return strings.HasPrefix(c, "a=b") }) {
		t.Errorf("%s sets a cookie", what)
	}
	location := got.header.Get("Location")
	to, err := url.Parse(location)
	if err != nil || to.Host == "evil.example" || to.Scheme == "javascript" || strings.ContainsAny(location, "\r\n") {
		t.Errorf("%s leads to %q", what, location)
	}
	if got.header.Get("Content-Type") != "" && strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && got.header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s is a page without a content security policy", what)
	}
}

// Rows of an import with markup, formulas, SQL and line ends are users with exactly these texts, or failed rows.
func TestPayloadsInImports(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	job := p.Must(t).CreateUserImportJob(&api.CreateUserImportJobInput{
		UserPoolId: p.PoolID, JobName: "attack", CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs",
	}).UserImportJob
	header := p.Must(t).GetCSVHeader(&api.GetCSVHeaderInput{UserPoolId: p.PoolID}).CSVHeader
	var file strings.Builder
	file.WriteString(strings.Join(header, ",") + "\n")
	row := func(username, name, email string) {
		values := map[string]string{"cognito:username": username, "name": name, "email": email, "email_verified": "TRUE", "phone_number_verified": "FALSE", "cognito:mfa_enabled": "FALSE"}
		var line []string
		for _, column := range header {
			line = append(line, strings.ReplaceAll(values[column], ",", `\,`))
		}
		file.WriteString(strings.Join(line, ",") + "\n")
	}
	names := []string{`=cmd|'/C calc'!A0`, `'); DROP TABLE users; --`, `<script>alert(1)</script>`, `"quoted`, `a\b`, "%s%n", "\x1b[31m", "tab\there", "a, b"}
	for i, name := range names {
		row(fmt.Sprintf("user%d", i), name, fmt.Sprintf("u%d@example.com", i))
	}
	row("long", strings.Repeat("x", 3000), "long@example.com")
	row("' OR '1'='1", "sql", "sql@example.com")
	row("nul\x00", "nul", "nul@example.com")
	row("cr\rlf", "cr", "cr@example.com")
	row("bcc", "mail", "a@example.com\r\nBcc: b@example.com")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, job.PreSignedUrl, strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := do(t, r); got.status != http.StatusOK {
		t.Fatalf("upload = %d %s", got.status, got.body)
	}
	p.Must(t).StartUserImportJob(&api.StartUserImportJobInput{UserPoolId: p.PoolID, JobId: job.JobId})
	for job.CompletionDate.IsZero() {
		time.Sleep(10 * time.Millisecond)
		job = p.Must(t).DescribeUserImportJob(&api.DescribeUserImportJobInput{UserPoolId: p.PoolID, JobId: job.JobId}).UserImportJob
	}
	imported := map[string]string{}
	for _, u := range p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}).Users {
		for _, a := range u.Attributes {
			switch a.Name {
			case "name":
				imported[u.Username] = a.Value
			case "email":
				if strings.ContainsAny(a.Value, "\r\n ") {
					t.Errorf("user %q has the address %q", u.Username, a.Value)
				}
			}
		}
	}
	for i, name := range names {
		if got, ok := imported[fmt.Sprintf("user%d", i)]; ok && got != name {
			t.Errorf("the name %q was imported as %q", name, got)
		}
	}
	if imported["user0"] != names[0] {
		t.Errorf("the first row was not imported: %+v", job)
	}
	p.FlushLogs(t)
	wantLines(t, p.Server)
}
