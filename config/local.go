package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// LocalURL returns the URL at which a server with these settings answers clients on the same machine, as http(s)://host:port.
// If the server listens on every address, the host is a loopback address. LocalURL uses no settings but listen, tls_cert and
// acme_domains, checks no others, and reads no file but the settings file. So it also works if the server got other settings as flags.
func LocalURL(s Source) (string, error) {
	fromFile, unread := s.readFile()
	if unread != nil {
		return "", unread
	}
	k, err := s.layers(fromFile)
	if err != nil {
		return "", err
	}
	address, err := LocalAddress(k.String("listen"))
	if err != nil {
		return "", err
	}
	if k.String("tls_cert") != "" || k.Exists("acme_domains") {
		return "https://" + address, nil
	}
	return "http://" + address, nil
}

// LocalAddress returns the host:port at which clients on the same machine reach a server that listens on listen. Port 0 is an
// error, because the server takes any free port then.
func LocalAddress(listen string) (string, error) {
	if _, err := splitHostPort(listen); err != nil {
		return "", fmt.Errorf("listen: %q is not host:port", listen)
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if strings.Trim(port, "0") == "" {
		return "", fmt.Errorf("listen: %q does not name a port, so the address of the server is unknown", listen)
	}
	if ip, err := netip.ParseAddr(host); isEveryAddress(host) {
		host = "127.0.0.1"
		if err == nil && ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
