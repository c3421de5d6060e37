package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	version2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\x7f\x00\x00\x01\x12\x34\x00\x50"
	for what, tt := range map[string]struct {
		trusted, header, want string
	}{
		"version 1 of a proxy":           {"127.0.0.0/8", "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n", "203.0.113.9:4711"},
		"version 2 of a proxy":           {"127.0.0.0/8", version2, "203.0.113.9:4660"},
		"a check of a proxy":             {"127.0.0.0/8", "", "127.0.0.1:"},
		"an invalid header of a proxy":   {"127.0.0.0/8", "PROXY TCP4 203.0.113.9\r\n", ""},
		"version 1 of any other client":  {"10.0.0.0/8", "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\n", "400 Bad Request"},
		"version 2 of any other client":  {"10.0.0.0/8", version2, "400 Bad Request"},
		"no header of any other client":  {"10.0.0.0/8", "", "127.0.0.1:"},
		"a second header, of the client": {"127.0.0.0/8", "PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\nPROXY TCP4 198.51.100.1 127.0.0.1 1 80\r\n", "400 Bad Request"},
	} {
		answer := exchangeBehindProxy(t, netip.MustParsePrefix(tt.trusted), tt.header+"GET / HTTP/1.0\r\n\r\n")
		if tt.want == "" && answer != "" || !strings.Contains(answer, tt.want) {
			t.Errorf("%s: the answer is %q, want %q in it", what, answer, tt.want)
		}
	}
}

// exchangeBehindProxy sends bytes to a server that answers with the address of its client.
func exchangeBehindProxy(t *testing.T, trusted netip.Prefix, request string) string {
	t.Helper()
	var how net.ListenConfig
	listener, err := how.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.RemoteAddr)
	})}
	go func() { _ = h.Serve(acceptProxyProtocol(listener, []netip.Prefix{trusted})) }()
	defer h.Close()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn) // a server that closes the connection may reset it
	return string(answer)
}
