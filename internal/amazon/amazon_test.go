package amazon_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"cognate"
	"cognate/internal/amazon"
	"cognate/internal/outgoing"
)

// mustResolveToLoopback makes every name resolve to 127.0.0.1 until the test ends.
func mustResolveToLoopback(t *testing.T) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go answerLoopback(conn)
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		_ = conn.Close()
	})
}

// answerLoopback answers DNS queries for IPv4 addresses with 127.0.0.1, and others with no record. Source: RFC 1035 section 4.
func answerLoopback(conn net.PacketConn) {
	const header, typeA = 12, 1
	buffer := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		end := header
		for end < n && buffer[end] != 0 { // the labels of the name
			end += int(buffer[end]) + 1
		}
		end += 5 // the last label, type and class
		if end > n {
			continue
		}
		answer := append([]byte{buffer[0], buffer[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, buffer[header:end]...)
		if buffer[end-3] == typeA {
			answer[7] = 1 // one answer: the name of the question, A, IN, TTL 0, 4 bytes
			answer = append(answer, 0xC0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
		}
		if _, err := conn.WriteTo(answer, from); err != nil {
			return
		}
	}
}

func mustNew(t *testing.T, endpoint string, rules *outgoing.Rules) *amazon.Client {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	client, err := amazon.New(t.Context(), amazon.Config{
		Service: "sns", Host: "sns", Region: "eu-west-1", Endpoint: endpoint, Outgoing: rules, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func mustRegion(t *testing.T, name string) cognate.Region {
	t.Helper()
	region, err := cognate.ParseRegion(name)
	if err != nil {
		t.Fatal(err)
	}
	return region
}

// The region of a pool does not lead to an address inside the network, even if DNS says so. The region, the endpoint and the
// exceptions of the operator may.
func TestRegionThatResolvesToLoopback(t *testing.T) {
	mustResolveToLoopback(t)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, tc := range map[string]struct {
		region  string
		rules   *outgoing.Rules
		refused bool
	}{
		"a pool's region":                           {"us-west-2", nil, true},
		"a pool's region in China":                  {"cn-north-1", &outgoing.Rules{}, true},
		"a pool's region, another host is allowed":  {"us-west-2", &outgoing.Rules{Hosts: []string{"sns.us-east-1.amazonaws.com"}}, true},
		"a pool's region, its host is allowed":      {"us-west-2", &outgoing.Rules{Hosts: []string{"sns.us-west-2.amazonaws.com"}}, false},
		"a pool's region, its address is allowed":   {"us-west-2", &outgoing.Rules{Prefixes: loopback}, false},
		"a pool's region in dev":                    {"us-west-2", &outgoing.Rules{Private: true}, false},
		"the server's region, also named by a pool": {"eu-west-1", nil, false},
	} {
		err := mustNew(t, "", tc.rules).Send(t.Context(), amazon.Request{Path: "/", Region: mustRegion(t, tc.region)})
		if err == nil || errors.Is(err, outgoing.ErrRefused) != tc.refused { // nothing listens on port 443, or it has another certificate
			t.Errorf("%s: Send() = %v, want refused: %v", name, err, tc.refused)
		}
	}
	if err := mustNew(t, "", nil).Send(t.Context(), amazon.Request{Path: "/"}); err == nil || errors.Is(err, outgoing.ErrRefused) {
		t.Errorf("the server's region: Send() = %v, want another error than ErrRefused", err)
	}
}

func TestEndpointOfTheOperator(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	for _, region := range []cognate.Region{{}, mustRegion(t, "us-west-2")} {
		if err := mustNew(t, s.URL, nil).Send(t.Context(), amazon.Request{Path: "/", Region: region}); err != nil {
			t.Errorf("Send(region %q) = %v", region, err)
		}
	}
}
