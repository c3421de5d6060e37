package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

// anyKey is a header that names an access key, which a server of a test accepts.
const anyKey = "AWS4-HMAC-SHA256 Credential=AKID/20260106/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"

// Clients that send a part of the largest body and stall take little memory, and other clients are answered. The test is not
// parallel, because it measures the memory of the process. How long the other clients wait is tested in package bodies.
func TestStalledBodies(t *testing.T) { //nolint:paralleltest // see above
	const connections, mostMemory = 100, 40 << 20
	s := cognatetest.Start(t)
	before := heap()
	wantLittle := func(when string) {
		if added := heap() - before; added > mostMemory {
			t.Errorf("%s: %d stalled bodies take %d MiB, want at most %d", when, connections, added>>20, mostMemory>>20)
		}
	}
	for i := range connections {
		stall(t, s, i%2 == 0)
	}
	wantLittle("at first")
	if got := send(t, s, http.MethodPost, prefix+"GetUser", `{"AccessToken":"abc"}`, nil); got.status != http.StatusBadRequest {
		t.Errorf("GetUser = %d %s, want 400", got.status, got.body)
	}
	message := strings.Repeat("ü", 20000-len("{####}")) + "{####}"
	_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
		PoolName: "large", EmailVerificationMessage: message,
		AdminCreateUserConfig: &api.AdminCreateUserConfigType{InviteMessageTemplate: &api.MessageTemplateType{
			EmailMessage: strings.Repeat("ü", 19000) + "{username} {####}",
		}},
	})
	if err != nil {
		t.Errorf("CreateUserPool(large messages) = %v", err)
	}
	if got := send(t, s, http.MethodPost, prefix+"CreateManagedLoginBranding", strings.Repeat(" ", 2<<20), http.Header{"Authorization": {anyKey}}); got.status != http.StatusBadRequest {
		t.Errorf("CreateManagedLoginBranding = %d %s, want 400", got.status, got.body)
	}
	wantLittle("after a large request")
}

// The server answers a request of an administrator without an access key before it reads the body. So other clients cannot take
// the memory for such bodies.
func TestBodyOfStranger(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	conn := dial(t, s)
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: %sCreateManagedLoginBranding\r\nContent-Length: 2000000\r\n\r\n", prefix)
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("a request without a body got no answer: %v", err)
	}
	response.Body.Close()
	if got := response.Header.Get("X-Amzn-Errortype"); got != api.CodeMissingAuthenticationTokenException+":" {
		t.Errorf("error of an unsigned request = %q", got)
	}
}

func dial(t *testing.T, s *cognatetest.Server) net.Conn {
	t.Helper()
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// stall opens a connection, waits until the server reads the body, and begins to send most of a body of 2 MiB.
func stall(t *testing.T, s *cognatetest.Server, chunked bool) {
	t.Helper()
	conn := dial(t, s)
	const size = 2 << 20
	w := bufio.NewWriter(conn)
	fmt.Fprintf(w, "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: %sCreateManagedLoginBranding\r\nAuthorization: %s\r\nExpect: 100-continue\r\n", prefix, anyKey)
	if chunked {
		fmt.Fprint(w, "Transfer-Encoding: chunked\r\n\r\n")
	} else {
		fmt.Fprintf(w, "Content-Length: %d\r\n\r\n", size)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("the server answers %q, %v, want 100 Continue", line, err)
	}
	go func() {
		if chunked {
			fmt.Fprintf(w, "%x\r\n", size)
		}
		part := strings.Repeat(" ", 1<<10)
		for range size/len(part) - 1 {
			if _, err := w.WriteString(part); err != nil {
				return // the server has closed the connection
			}
		}
		_ = w.Flush() // as above
	}()
}

// heap returns the memory in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse) //nolint:gosec // far below the maximum
}
