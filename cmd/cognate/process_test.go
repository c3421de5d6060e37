package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience limits every wait of a test. Only a failing test waits so long.
const patience = 5 * time.Minute

// process is a server that a test has started: this test binary, running main.
type process struct {
	url    string
	cmd    *exec.Cmd
	stdout bytes.Buffer // read it only after the process has ended
	stderr output
	reads  sync.WaitGroup
}

// output is what a process has written. A test can read it while the process runs.
type output struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written.String()
}

// start runs cognate with args in dir and returns when it is ready. A nil env means the test's own.
func start(dir string, env []string, args ...string) (*process, error) {
	return startWith("cognate", dir, env, args...)
}

// startWith is start with another program, which starts cognate.
func startWith(program, dir string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...)}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	p.reads.Go(func() { p.read(stdout, ready) })
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	url, ok := <-ready
	if !ok {
		return nil, fmt.Errorf("ended before it was ready: %w\n%s", p.wait(), &p.stderr)
	}
	p.url = url
	return p, nil
}

// read records the output and sends the URL of its first line, which must be the ready line.
func (p *process) read(stdout io.Reader, ready chan<- string) {
	defer close(ready)
	lines := bufio.NewReader(stdout)
	line, _ := lines.ReadString('\n')
	p.stdout.WriteString(line)
	if url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "cognate: listening on "); ok {
		ready <- url
	}
	_, _ = lines.WriteTo(&p.stdout)
}

func (p *process) wait() error {
	p.reads.Wait()
	return p.cmd.Wait()
}

// kill kills the server with SIGKILL.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.wait()
}

// stop ends the server with SIGTERM, and returns an error if it did not shut down properly.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.wait(); err != nil {
		return fmt.Errorf("after SIGTERM: %w\n%s", err, &p.stderr)
	}
	if n := strings.Count(p.stdout.String(), "\n"); n != 1 {
		return errors.New("standard output has more than the ready line:\n" + p.stdout.String())
	}
	return nil
}
