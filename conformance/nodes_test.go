package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// envNodesDatabase is the variable with the postgres:// URL of an empty database. If it is set, the tests run on two servers on this database,
// behind a proxy that sends each request to the other server than the one before.
const envNodesDatabase = "COGNATE_TEST_NODES_DATABASE"

// nodes are two servers and their proxy.
type nodes struct {
	servers []*server
	proxy   *http.Server
	folder  string // with the master key
}

// startNodes starts two servers on a database, and their proxy. It returns the address of the proxy.
func startNodes(database string) (n *nodes, address string, err error) {
	n = &nodes{}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stop())
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address = "http://" + listener.Addr().String()
	if n.folder, err = os.MkdirTemp("", "cognate-nodes-"); err != nil {
		return nil, "", err
	}
	first := &server{dir: n.folder}
	binary, err := first.binary()
	if err != nil {
		return nil, "", err
	}
	key := filepath.Join(n.folder, "master.key")
	if out, err := exec.Command(binary, "master-key", "--out", key).CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("make a master key: %w: %s", err, out)
	}
	for range 2 {
		s, err := startServer(binary, "--database-url", database, "--master-key-file", key, "--public-url", address)
		if err != nil {
			return nil, "", err
		}
		n.servers = append(n.servers, s)
	}
	n.proxy = &http.Server{Handler: roundRobin(n.servers)} //nolint:gosec // its clients are tests
	go func() { _ = n.proxy.Serve(listener) }()
	return n, address, nil
}

// roundRobin sends each request to the next server. Each server keeps the messages that it has sent in its memory, so a request for
// messages goes to all.
func roundRobin(servers []*server) http.Handler {
	var requests atomic.Int64
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		u, err := url.Parse(servers[requests.Add(1)%int64(len(servers))].endpoint)
		if err != nil {
			panic(err)
		}
		r.SetURL(u)
		r.Out.Host = r.In.Host // a part of the signature
	}})
	mux.Handle("GET /_cognate/messages", &mailboxes{servers: servers, seen: make(map[string]int)})
	return mux
}

// mailboxes answers with the messages of all servers, with new numbers in the order in which they were first seen.
type mailboxes struct {
	servers []*server
	mu      sync.Mutex
	seen    map[string]int // the new numbers, by server and old number
}

func (m *mailboxes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	type messages struct{ Messages []map[string]any }
	m.mu.Lock()
	defer m.mu.Unlock()
	all := messages{Messages: []map[string]any{}}
	for _, s := range m.servers {
		var own messages
		answer, err := http.Get(s.endpoint + r.URL.String())
		if err == nil {
			err = errors.Join(json.NewDecoder(answer.Body).Decode(&own), answer.Body.Close())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		for _, message := range own.Messages {
			id := fmt.Sprint(s.endpoint, message["ID"])
			if _, known := m.seen[id]; !known {
				m.seen[id] = len(m.seen)
			}
			message["ID"] = m.seen[id]
		}
		all.Messages = append(all.Messages, own.Messages...)
	}
	slices.SortFunc(all.Messages, func(a, b map[string]any) int { return a["ID"].(int) - b["ID"].(int) })
	_ = json.NewEncoder(w).Encode(all)
}

func (n *nodes) stop() error {
	var err error
	if n.proxy != nil {
		err = n.proxy.Close()
	}
	for _, s := range n.servers {
		if stopped := s.stop(); stopped != nil {
			err = errors.Join(err, fmt.Errorf("a server ended with %w; its output:\n%s", stopped, s.log.String()))
		}
	}
	return errors.Join(err, os.RemoveAll(n.folder))
}
