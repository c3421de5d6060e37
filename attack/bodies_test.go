package attack_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

const prefix = api.TargetPrefix + "."

// send sends a body with a method to a target.
func send(t *testing.T, s *cognatetest.Server, method, target, body string, header http.Header) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	maps.Copy(r.Header, header)
	return do(t, r)
}

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	signed := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0"}}
	elsewhere := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0"}}
	for _, c := range []struct {
		what, method, target, body string
		header                     http.Header
		status                     int
		code                       string
	}{
		{"no target", "POST", "", "{}", nil, 400, "UnknownOperationException"},
		{"unknown operation", "POST", prefix + "DropTables", "{}", nil, 400, "UnknownOperationException"},
		{"another service", "POST", "AWSCognitoIdentityService.GetId", "{}", nil, 400, "UnknownOperationException"},
		{"GET", "GET", prefix + "GetUser", "", nil, 400, "UnknownOperationException"},
		{"PUT", "PUT", prefix + "GetUser", "{}", nil, 400, "UnknownOperationException"},
		{"no JSON", "POST", prefix + "GetUser", "{", nil, 400, "SerializationException"},
		{"a list", "POST", prefix + "GetUser", "[]", nil, 400, "SerializationException"},
		{"a number for a string", "POST", prefix + "GetUser", `{"AccessToken":1}`, nil, 400, "SerializationException"},
		{"deep nesting", "POST", prefix + "GetUser", strings.Repeat(`{"a":`, 10000), nil, 400, "SerializationException"},
		{"bad UTF-8", "POST", prefix + "GetUser", "{\"AccessToken\":\"\xff\"}", nil, 400, "SerializationException"},
		{"too large", "POST", prefix + "GetUser", strings.Repeat(" ", 5<<20), nil, 413, "RequestEntityTooLargeException"},
		{"one byte too large", "POST", prefix + "GetUser", "{}" + strings.Repeat(" ", 64<<10-1), nil, 413, "RequestEntityTooLargeException"},
		{"as large as possible", "POST", prefix + "GetUser", `{"AccessToken":"a"}` + strings.Repeat(" ", 64<<10-19), nil, 400, "NotAuthorizedException"},
		{"large messages", "POST", prefix + "CreateUserPool", `{"PoolName":"a"}` + strings.Repeat(" ", 500<<10), nil, 400, "MissingAuthenticationTokenException"},
		{"a large customization", "POST", prefix + "SetUICustomization", strings.Repeat(" ", 135<<10+1), signed, 400, "InvalidParameterException"},
		{"a large branding", "POST", prefix + "CreateManagedLoginBranding", strings.Repeat(" ", 2<<20), nil, 400, "MissingAuthenticationTokenException"},
		{"a larger branding, not signed", "POST", prefix + "CreateManagedLoginBranding", strings.Repeat(" ", 2<<20+1), nil, 400, "MissingAuthenticationTokenException"},
		{"a larger branding", "POST", prefix + "CreateManagedLoginBranding", strings.Repeat(" ", 2<<20+1), signed, 413, "RequestEntityTooLargeException"},
		{"no signature", "POST", prefix + "ListUserPools", `{"MaxResults":1}`, nil, 400, "MissingAuthenticationTokenException"},
		{"signed for another service", "POST", prefix + "ListUserPools", `{"MaxResults":1}`, elsewhere, 400, "InvalidSignatureException"},
	} {
		got := send(t, s, c.method, c.target, c.body, c.header)
		if got.status != c.status || got.code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.what, got.status, got.body, c.status, c.code)
		}
	}
}

// exchange sends bytes to the server and returns the status of the answer, and all that came back before the server closed the connection.
func exchange(t *testing.T, s *cognatetest.Server, request string) (status int, text string) {
	t.Helper()
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // the request ends here
	}
	answer, _ := io.ReadAll(conn) // a reset ends the answer too
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		return 0, string(answer)
	}
	defer response.Body.Close()
	return response.StatusCode, string(answer)
}

// Two lengths, wrong chunks and odd lines end the connection after one answer. So no proxy and server can see different requests.
func TestSmuggledRequests(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	const body = `{"AccessToken":"abc"}`
	head := "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: " + prefix + "GetUser\r\nContent-Type: application/x-amz-json-1.1\r\n"
	second := "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	for what, request := range map[string]string{
		"two lengths":                   head + length + "Content-Length: 3\r\n\r\n" + body,
		"a list of lengths":             head + fmt.Sprintf("Content-Length: %d, 3\r\n\r\n", len(body)) + body,
		"a negative length":             head + "Content-Length: -1\r\n\r\n" + body,
		"a length with a sign":          head + fmt.Sprintf("Content-Length: +%d\r\n\r\n", len(body)) + body,
		"a huge length":                 head + "Content-Length: 99999999999999999999\r\n\r\n" + body,
		"a length and an odd coding":    head + length + "Transfer-Encoding: xchunked\r\n\r\n" + chunked,
		"two codings":                   head + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked,
		"a coding twice":                head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked,
		"a space before the colon":      head + "Transfer-Encoding : chunked\r\n\r\n" + chunked,
		"a chunk with a bad size":       head + "Transfer-Encoding: chunked\r\n\r\n" + "zz\r\n" + body + "\r\n0\r\n\r\n",
		"a chunk with a negative size":  head + "Transfer-Encoding: chunked\r\n\r\n" + "-1\r\n" + body + "\r\n0\r\n\r\n",
		"a chunk with a huge size":      head + "Transfer-Encoding: chunked\r\n\r\n" + "ffffffffffffffff\r\n" + body + "\r\n0\r\n\r\n",
		"a long extension of a chunk":   head + "Transfer-Encoding: chunked\r\n\r\n" + "1;" + strings.Repeat("a", 64<<10) + "\r\n{\r\n0\r\n\r\n",
		"a header without a name":       head + ": x\r\n" + length + "\r\n" + body,
		"a NUL in a header":             head + "X-A: a\x00b\r\n" + length + "\r\n" + body,
		"two hosts":                     head + "Host: other\r\n" + length + "\r\n" + body,
		"a body shorter than announced": head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)+9) + body,
	} {
		status, text := exchange(t, p.Server, request+second)
		if status != 0 && status < 400 || strings.Contains(text, "HTTP/1.1 200") {
			t.Errorf("%s: status %d, want a refusal or no answer, and none of the request behind it:\n%s", what, status, text)
		}
	}
	status, text := exchange(t, p.Server, head+"Transfer-Encoding: chunked\r\n\r\n"+chunked)
	if status != http.StatusBadRequest || !strings.Contains(text, "Invalid Access Token") {
		t.Errorf("a chunked body = %d %s, want the answer of GetUser", status, text)
	}
	status, text = exchange(t, p.Server, head+"Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\n \r\n", 70<<10)+"0\r\n\r\n")
	if status != 0 && status != http.StatusRequestEntityTooLarge {
		t.Errorf("many small chunks = %d %s, want 413", status, text)
	}
}

// The type of a body does not change what it means, and a compressed body is no JSON.
func TestTypesOfBodies(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	body := sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ann","PASSWORD":%q}}`, p.ClientID, cognatetest.Password)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		body   string
		header http.Header
		code   string
	}{
		"gzip":            {packed.String(), http.Header{"Content-Encoding": {"gzip"}}, api.CodeSerializationException},
		"UTF-16":          {string([]rune{0xFFFE}) + body, nil, api.CodeSerializationException},
		"a byte mark":     {"\xef\xbb\xbf" + body, nil, api.CodeSerializationException},
		"a form":          {"ClientId=" + p.ClientID, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, api.CodeSerializationException},
		"parts":           {"--x\r\n\r\n" + body + "\r\n--x--", http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, api.CodeSerializationException},
		"comments":        {"/* */" + body, nil, api.CodeSerializationException},
		"NaN":             {`{"MaxResults":NaN}`, nil, api.CodeSerializationException},
		"a huge number":   {`{"MaxResults":1e999999}`, nil, ""},
		"half a pair":     {strings.Replace(body, `"ann"`, `"\ud800"`, 1), nil, api.CodeSerializationException},
		"a key twice":     {strings.Replace(body, `{"USERNAME"`, `{"USERNAME":"bob","USERNAME"`, 1), nil, api.CodeSerializationException},
		"an escaped key":  {strings.Replace(body, `{"USERNAME"`, `{"USERNAM\u0045":"bob","USERNAME"`, 1), nil, api.CodeSerializationException},
		"another case":    {strings.Replace(body, `"ClientId"`, `"clientid"`, 1), nil, api.CodeInvalidParameterException},
		"a prototype":     {strings.Replace(body, `{"USERNAME"`, `{"__proto__":"x","constructor":"y","USERNAME"`, 1), nil, ""},
		"deep in unknown": {strings.TrimSuffix(body, "}") + `,"X":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}", nil, api.CodeSerializationException},
	} {
		got := send(t, p.Server, http.MethodPost, prefix+"InitiateAuth", c.body, c.header)
		if c.code != "" && got.code != c.code {
			t.Errorf("%s = %d %.300s, want %s", what, got.status, got.body, c.code)
		}
	}
	for _, kind := range []string{"text/plain", "application/json", "", "application/x-amz-json-1.0"} {
		got := send(t, p.Server, http.MethodPost, prefix+"InitiateAuth", body, http.Header{"Content-Type": {kind}})
		if got.status != http.StatusOK {
			t.Errorf("type %q = %d %s, want tokens", kind, got.status, got.body)
		}
	}
}

// The endpoints of a domain refuse bodies of another type, oversized ones, and parameters that occur twice.
func TestBodiesOfEndpoints(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient)
	domain := mustDomain(t, p)
	for _, endpoint := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/par", "/oauth2/device_authorization"} {
		for what, c := range map[string]struct{ kind, body string }{
			"JSON":          {"application/json", sprintf(`{"client_id":%q}`, p.ClientID)},
			"no type":       {"", "client_id=" + p.ClientID},
			"parts":         {"multipart/form-data; boundary=x", "--x--"},
			"twice":         {"application/x-www-form-urlencoded", "client_id=" + p.ClientID + "&client_id=" + p.ClientID},
			"NUL":           {"application/x-www-form-urlencoded", "client_id=" + p.ClientID + "&scope=%00"},
			"bad UTF-8":     {"application/x-www-form-urlencoded", "client_id=" + p.ClientID + "&scope=%ff"},
			"bad escape":    {"application/x-www-form-urlencoded", "client_id=%zz"},
			"oversized":     {"application/x-www-form-urlencoded", "client_id=" + strings.Repeat("a", 70<<10)},
			"many names":    {"application/x-www-form-urlencoded", strings.Repeat("a=b&", 15<<10)},
			"another query": {"application/x-www-form-urlencoded", "grant_type=refresh_token"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, domain+endpoint+"?client_id="+p.ClientID, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", c.kind)
			if got := do(t, r); got.status < 400 {
				t.Errorf("%s with %s = %d %s, want a refusal", endpoint, what, got.status, got.body)
			}
		}
	}
}
