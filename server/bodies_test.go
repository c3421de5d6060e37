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

// Clients that send a part of the largest body and stall take little memory, and other clients are answered. The test is not
// parallel, because it measures the memory of the process.
func TestStalledBodies(t *testing.T) { //nolint:paralleltest // see above
	const connections, mostMemory = 100, 40 << 20
	s := cognatetest.Start(t)
	before := heap()
	for i := range connections {
		stall(t, s, i%2 == 0)
	}
	time.Sleep(100 * time.Millisecond) // the server reads what was sent
	if added := heap() - before; added > mostMemory {
		t.Errorf("%d stalled bodies take %d MiB, want at most %d", connections, added>>20, mostMemory>>20)
	}
	began := time.Now()
	if got := send(t, s, http.MethodPost, prefix+"GetUser", `{"AccessToken":"abc"}`, nil); got.status != http.StatusBadRequest {
		t.Errorf("GetUser = %d %s, want 400", got.status, got.body)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a small request took %v", took)
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
	if got := send(t, s, http.MethodPost, prefix+"CreateManagedLoginBranding", strings.Repeat(" ", 2<<20), nil); got.status != http.StatusBadRequest {
		t.Errorf("CreateManagedLoginBranding = %d %s, want 400", got.status, got.body)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the requests took %v", took)
	}
}

// stall opens a connection and sends most of a body of 2 MiB.
func stall(t *testing.T, s *cognatetest.Server, chunked bool) {
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
	const size = 2 << 20
	w := bufio.NewWriter(conn)
	fmt.Fprintf(w, "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: %sCreateManagedLoginBranding\r\n", prefix)
	if chunked {
		fmt.Fprintf(w, "Transfer-Encoding: chunked\r\n\r\n%x\r\n", size)
	} else {
		fmt.Fprintf(w, "Content-Length: %d\r\n\r\n", size)
	}
	go func() {
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
