package main

import (
	"log/slog"
	"net"
	"os"
)

// notifySystemd tells systemd the state of the service, such as READY=1. It does nothing if systemd did not start the process as a
// service of Type=notify.
// Source: sd_notify(3).
func notifySystemd(log *slog.Logger, state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	// An address that starts with @ is an abstract one, also in package net.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close()
	}
	if err != nil {
		log.Warn("systemd was not notified", "state", state, "error", err)
	}
}
