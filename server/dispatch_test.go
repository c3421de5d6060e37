package server_test

import (
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const prefix = "AWSCognitoIdentityProviderService."

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// send posts a body to a target and returns the answer.
func send(t *testing.T, s *cognatetest.Server, method, target, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	maps.Copy(req.Header, header)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func TestErrorEnvelope(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	got := send(t, s, http.MethodPost, prefix+"GetUser", `{"AccessToken":"abc"}`, nil)
	if want := `{"__type":"NotAuthorizedException","message":"Invalid Access Token"}`; got.body != want || got.status != http.StatusBadRequest {
		t.Errorf("answer = %d %s, want 400 %s", got.status, got.body, want)
	}
	for name, want := range map[string]string{
		"Content-Type":                  "application/x-amz-json-1.1",
		"X-Amzn-Errortype":              "NotAuthorizedException:",
		"X-Amzn-Errormessage":           "Invalid Access Token",
		"Access-Control-Allow-Origin":   "*",
		"Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s = %q, want %q", name, value, want)
		}
	}
	if id := got.header.Get("X-Amzn-Requestid"); !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("X-Amzn-Requestid = %q, want a UUID", id)
	}
}

func TestBrowsersMayCall(t *testing.T) {
	t.Parallel()
	got := send(t, cognatetest.Start(t), http.MethodOptions, "", "", http.Header{
		"Origin": {"http://localhost:5173"}, "Access-Control-Request-Method": {"POST"},
		"Access-Control-Request-Headers": {"content-type,x-amz-target,x-amz-user-agent,amz-sdk-request"},
	})
	if got.status != http.StatusOK || got.body != "" {
		t.Errorf("preflight = %d %q, want 200 and nothing", got.status, got.body)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST",
		"Access-Control-Allow-Headers": "content-type,x-amz-target,x-amz-user-agent,amz-sdk-request",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s = %q, want %q", name, value, want)
		}
	}
}

// A web page that the developer opens must not be able to administer a server that checks no access keys.
func TestForeignPagesMayNotAdministerADevelopmentServer(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for origin, want := range map[string]int{
		"https://evil.example": http.StatusBadRequest, "null": http.StatusBadRequest, "http://localhost.evil.example": http.StatusBadRequest,
		"http://localhost:5173": http.StatusOK, "http://127.0.0.1:8080": http.StatusOK, "http://[::1]:3000": http.StatusOK,
	} {
		got := send(t, s, http.MethodPost, prefix+"ListUserPools", `{"MaxResults":1}`, http.Header{
			"Origin":        {origin},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"},
		})
		if got.status != want {
			t.Errorf("ListUserPools from %s = %d %s, want %d", origin, got.status, got.body, want)
		}
	}
}

// The log contains no secrets of requests and answers, for requests that succeed and that fail.
func TestLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	first := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup)
	secret, access := p.MustEnrol("ann")
	code := p.WrongCode(secret)
	session := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
	_, _ = p.AnswerCode("ann", session, code)
	_, _ = p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access + "x"})
	_, _ = p.Client.SignUp(t.Context(), &api.SignUpInput{ClientId: p.ClientID, Username: "bob", Password: "weak-password"})
	log := s.Log.String()
	for what, text := range map[string]string{
		"password": cognatetest.Password, "weak password": "weak-password", "session": first.Session, "session of a challenge": session,
		"secret": secret, "access token": access, "code": `"` + code + `"`,
	} {
		if strings.Contains(log, text) {
			t.Errorf("the log holds a %s", what)
		}
	}
	for _, want := range []string{`"operation":"InitiateAuth"`, `"outcome":"CodeMismatchException"`, `"pool":"` + p.PoolID, `"client":"` + p.ClientID} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestPlatformRoutes(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ok", "/metrics": "cognate_requests_total",
		"/" + p.PoolID + "/.well-known/jwks.json":            `"alg":"RS256"`,
		"/" + p.PoolID + "/.well-known/openid-configuration": `"issuer":"` + s.URL + "/" + p.PoolID + `"`,
	} {
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s = %d %.200s, want 200 and %s", path, resp.StatusCode, body, want)
		}
	}
	for _, path := range []string{"/us-east-1_none/.well-known/jwks.json", "/_cognate", "/elsewhere"} {
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, resp.StatusCode)
		}
	}
}
