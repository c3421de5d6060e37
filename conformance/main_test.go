package conformance_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// envEndpoint is the variable with the address of the server to test, as http://host:port. TestMain sets it if it
	// starts a server.
	envEndpoint = "COGNATE_ENDPOINT"
	// envBinary is the variable with the path of an existing cognate binary.
	envBinary = "COGNATE_TEST_BINARY"
	// envOwnBinary is the variable with the path of the binary, for tests that start their own servers. TestMain sets
	// it if it starts a server.
	envOwnBinary = "COGNATE_BINARY"

	readyLine = "cognate: listening on "

	// patience bounds the start and the end of the server. A busy machine takes a fraction of it.
	patience = 5 * time.Minute
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(envEndpoint) != "" {
		return m.Run()
	}
	if database := os.Getenv(envNodesDatabase); database != "" {
		return runOnNodes(m, database)
	}
	s, err := startServer("")
	if err != nil {
		fmt.Fprintln(os.Stderr, "start a server:", err)
		return 1
	}
	err = errors.Join(os.Setenv(envEndpoint, s.endpoint), os.Setenv(envOwnBinary, s.cmd.Path))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := m.Run()
	if err := s.stop(); err != nil {
		fmt.Fprintf(os.Stderr, "the server ended with %v; its output:\n%s", err, s.log.String())
		return 1
	}
	return status
}

func runOnNodes(m *testing.M, database string) int {
	n, address, err := startNodes(database)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start two servers:", err)
		return 1
	}
	err = errors.Join(os.Setenv(envEndpoint, address), os.Setenv(envOwnBinary, n.servers[0].cmd.Path))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := m.Run()
	if err := n.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// server is a `cognate dev` process.
type server struct {
	endpoint string
	cmd      *exec.Cmd
	dir      string        // contains the binary if it was built here
	log      bytes.Buffer  // the output of the server; read it after drained is closed
	drained  chan struct{} // closed at the end of the output
}

// startServer starts `cognate dev` on a free port, with more arguments. If binary is empty, it uses the one of envBinary, or
// builds one.
func startServer(binary string, args ...string) (*server, error) {
	dir, err := os.MkdirTemp("", "cognate-conformance-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, drained: make(chan struct{})}
	if err := s.start(binary, args); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// mustStartServer starts a server with more arguments, which stops when t ends. It returns the address.
func mustStartServer(t *testing.T, args ...string) string {
	t.Helper()
	s, err := startServer(os.Getenv(envOwnBinary), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v; its output:\n%s", err, s.log.String())
		}
	})
	return s.endpoint
}

func (s *server) start(binary string, args []string) error {
	var err error
	if binary == "" {
		if binary, err = s.binary(); err != nil {
			return err
		}
	}
	output, input, err := os.Pipe()
	if err != nil {
		return err
	}
	s.cmd = exec.Command(binary, append([]string{"dev", "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Dir = s.dir
	s.cmd.Stdout, s.cmd.Stderr = input, input
	err = s.cmd.Start()
	if err = errors.Join(err, input.Close()); err != nil {
		return err
	}
	ready := make(chan string, 1)
	go s.read(output, ready)
	select {
	case s.endpoint = <-ready:
		return nil
	case <-s.drained:
		return fmt.Errorf("the server ended before it was ready: %w; its output:\n%s", s.cmd.Wait(), s.log.String())
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server was not ready after %v", patience), s.stop())
	}
}

// binary returns the path of the server's binary.
func (s *server) binary() (string, error) {
	if given := os.Getenv(envBinary); given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(s.dir, "cognate")
	build := exec.Command("go", "build", "-o", path, "./cmd/cognate")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/cognate: %w\n%s", err, out)
	}
	return path, nil
}

// read collects the server's output and sends the address in the ready line to ready.
func (s *server) read(output io.ReadCloser, ready chan<- string) {
	defer close(s.drained)
	defer output.Close()
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		s.log.WriteString(line)
		if address, found := strings.CutPrefix(strings.TrimSpace(line), readyLine); found {
			select {
			case ready <- address:
			default: // the line was repeated; the first one counts
			}
		}
		if err != nil {
			return
		}
	}
}

// stop ends the server as a container platform does. Errors: a data race, a panic, a timeout.
func (s *server) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer late.Stop()
	err = errors.Join(err, s.cmd.Wait())
	<-s.drained
	return errors.Join(err, os.RemoveAll(s.dir))
}
