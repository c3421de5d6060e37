package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate/api"
	"cognate/authn/sigv4"
)

const (
	keyID     = "BENCH"
	keySecret = "bench-bench-bench"
	region    = "us-east-1"

	keyReserve = 32 // the reserve of cmd/cognate

	settings = "access_keys: [{id: " + keyID + ", secret: " + keySecret + "}]\n" + limits
	limits   = "public_url: http://bench.example\n" + // a fixed issuer, so that tokens stay valid after a restart on another port
		"address_requests: 1000000\naddress_burst: 1000000\npool_limit: 1000000\n" // all requests come from one address
)

// server is a cognate process with a folder for its binary, settings, log and data.
type server struct {
	dir string
	cmd *exec.Cmd
	url string
	// metrics is the host:port of the server's /metrics.
	metrics string
	log     *os.File
	// databaseURL is the database, if it is not the folder data.
	databaseURL string
	// syncDelay is by how much each sync of the process takes longer. Needs strace.
	syncDelay time.Duration
	// flags are further flags of the command.
	flags []string
}

// build creates the folder and builds the binary with the build tags.
func build(ctx context.Context, parent, tags string) (*server, error) {
	dir, err := os.MkdirTemp(parent, "cognate-bench-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if err := s.prepare(ctx, tags); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *server) prepare(ctx context.Context, tags string) (err error) {
	if s.log, err = os.Create(s.path("log")); err != nil {
		return err
	}
	if err := os.WriteFile(s.path("cognate.yaml"), []byte(settings), 0o600); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"go", "build", "-trimpath", "-buildvcs=false", "-tags=" + tags, "-o", s.path("cognate"), "cognate/cmd/cognate"},
		{s.path("cognate"), "master-key", "--out", s.path("master.key")},
	} {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, out)
		}
	}
	return nil
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

// startOn starts the server on the data in a folder. profile is the path of a CPU profile to write, or empty.
func (s *server) startOn(ctx context.Context, data, profile string) error {
	var err error
	if s.metrics, err = freeAddress(ctx); err != nil {
		return err
	}
	flags := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--metrics-listen", s.metrics,
		"--config", s.path("cognate.yaml"), "--master-key-file", s.path("master.key"), "--cpu-profile", profile,
	}, s.flags...)
	if s.databaseURL != "" {
		flags = append(flags, "--database-url", s.databaseURL)
	} else {
		flags = append(flags, "--data", s.path(data))
	}
	s.cmd = exec.CommandContext(ctx, s.path("cognate"), flags...)
	if s.syncDelay > 0 {
		s.cmd = withSlowSyncs(ctx, s.syncDelay, s.path("cognate"), flags...)
	}
	s.cmd.Stderr = s.log
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "cognate: listening on ")
	if err != nil || !ok {
		return fmt.Errorf("server did not start: %w; see %s", errors.Join(err, s.stop()), s.log.Name())
	}
	s.url = url
	return nil
}

// freeAddress returns a loopback address with a port that is free now.
func freeAddress(ctx context.Context) (string, error) {
	var how net.ListenConfig
	listener, err := how.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// restartOn restarts the server on its data, with a separate profile.
func (s *server) restartOn(ctx context.Context, data, profiles, name string) error {
	if err := s.stop(); err != nil {
		return err
	}
	if err := os.MkdirAll(profiles, 0o700); err != nil {
		return err
	}
	file := strings.NewReplacer(" ", "-", ",", "", "/", "", ":", "").Replace(name) + ".prof"
	return s.startOn(ctx, data, filepath.Join(profiles, file))
}

// waitForKeys waits until the server has generated its reserve of signing keys, which it does in the background. So this
// work is not measured. It takes 30 seconds after the start, and longer if pools wait for their keys.
func (s *server) waitForKeys(ctx context.Context) error {
	const patience, pace = 5 * time.Minute, 200 * time.Millisecond
	for began := time.Now(); time.Since(began) < patience; time.Sleep(pace) {
		ready, err := s.gauge(ctx, "cognate_signing_keys_ready")
		if err != nil || ready >= keyReserve {
			return err
		}
	}
	return errors.New("the server generates no reserve of signing keys")
}

// gauge reads one metric of the server.
func (s *server) gauge(ctx context.Context, name string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.metrics+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.Atoi(value)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

func (s *server) pid() int { return s.cmd.Process.Pid }

func (s *server) stopIfRunning() {
	if s.cmd != nil && s.cmd.ProcessState == nil {
		_ = s.stop()
	}
}

// remove stops the server if it runs, and deletes the folder.
func (s *server) remove() {
	s.stopIfRunning()
	if s.log != nil {
		_ = s.log.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// client returns a client that signs as an administrator and keeps one connection for each worker.
func (s *server) client(workers int) *api.Client { return s.clientOf(keyID, keySecret, workers) }

// clientOf is client, for an access key.
func (s *server) clientOf(id, secret string, workers int) *api.Client {
	credentials := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	return &api.Client{
		Endpoint: s.url + "/",
		HTTP:     &http.Client{Transport: newTransport(workers)},
		Sign: func(r *http.Request, body []byte) error {
			return sigv4.Sign(r, body, credentials, region, api.SigningName, time.Now())
		},
	}
}
