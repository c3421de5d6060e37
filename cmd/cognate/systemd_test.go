package main

import (
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// A server tells systemd when it accepts connections and when it stops.
func TestNotifySystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p, err := start(dir, []string{"NOTIFY_SOCKET=" + socket}, "dev", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	states := []string{"READY=1\nSTATUS=Listening on " + p.url, "STOPPING=1"}
	read := func(want string) {
		t.Helper()
		buffer := make([]byte, 1<<10)
		n, err := conn.Read(buffer)
		if got := string(buffer[:n]); err != nil || got != want {
			t.Errorf("state = %q, %v, want %q", got, err, want)
		}
	}
	read(states[0])
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	read(states[1])
}

// Without a socket nothing happens; a socket that does not answer is only logged.
func TestNotifySystemdFails(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, socket := range []string{"", filepath.Join(t.TempDir(), "absent")} {
		t.Setenv("NOTIFY_SOCKET", socket)
		notifySystemd(log, "READY=1")
	}
}
