package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cognate/config"
)

const (
	// healthcheckTimeout limits one request of a health check.
	healthcheckTimeout = 5 * time.Second
	// healthcheckPause is the time between the requests of a health check that waits.
	healthcheckPause = 100 * time.Millisecond
)

func newHealthcheck() *cobra.Command {
	var address string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Check that a server is ready",
		Long: `Check that a server is ready: that it answers GET /readyz with status 200. If so, the command prints nothing and ends with
status 0. Otherwise it prints the reason and ends with status 1, or with 2 if a flag or a setting is wrong.

The command finds a server on the same machine by the settings listen, tls_cert and acme_domains of dev and serve, in the same file and the same
environment variables. If the server got them as flags, give this command the same flags. It does not verify the
certificate of a server that it finds by the settings, because the certificate is for the server's public name. It sends
nothing secret to the server. With --url it verifies the certificate.`,
		Example: `  cognate healthcheck
  cognate healthcheck --wait 30s
  cognate healthcheck --url https://id.example.com`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			check := &healthcheck{client: direct(&tls.Config{MinVersion: tls.VersionTLS12})}
			if address == "" {
				local, err := config.LocalURL(localSource(cmd))
				if err != nil {
					return err
				}
				address = local
				// The certificate names the public host, and this connection does not leave the machine. An impostor on the
				// port could only pretend that it is ready.
				check.client = direct(&tls.Config{InsecureSkipVerify: true}) //nolint:gosec // see above
			}
			base, err := url.Parse(address)
			if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil {
				return usageError{errors.New("url: not a URL such as http://127.0.0.1:8229 (http or https, a host, optionally a port and " +
					"a path)")}
			}
			check.url = strings.TrimRight(address, "/") + "/readyz"
			return check.waitReady(cmd.Context(), wait)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.String(flagConfig, "", "YAML `file` with the settings of the server (COGNATE_CONFIG)")
	f.String("listen", defaultListen, "`host:port` on which the server listens")
	f.String("tls-cert", "", "PEM `file` with the server's certificate: the server speaks HTTPS; the file is not read")
	f.String("acme-domains", "", "host `names` of the server's certificates: the server speaks HTTPS")
	f.StringVar(&address, "url", "", "`URL` of the server, instead of its settings")
	f.DurationVar(&wait, "wait", 0, "how long to try again until the server is ready")
	return cmd
}

// localSource returns the settings that the flags of a health check name.
func localSource(cmd *cobra.Command) config.Source {
	s := config.Source{Environ: os.Environ(), Flags: make(map[string]any)}
	for name, flag := range map[string]string{"listen": "listen", "tls_cert": "tls-cert", "acme_domains": "acme-domains"} {
		if f := cmd.Flag(flag); f.Changed {
			s.Flags[name] = f.Value.String()
		}
	}
	s.File = cmd.Flag(flagConfig).Value.String()
	return s
}

// direct returns a client that uses no proxy and follows no redirects, so that only the server itself can answer.
func direct(t *tls.Config) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: t, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       healthcheckTimeout,
	}
}

// healthcheck checks one server.
type healthcheck struct {
	client *http.Client
	url    string
}

// waitReady returns nil when the server is ready. It tries again during wait, and then returns the last error.
func (h *healthcheck) waitReady(ctx context.Context, wait time.Duration) error {
	late := time.NewTimer(wait)
	defer late.Stop()
	again := time.NewTicker(healthcheckPause)
	defer again.Stop()
	for {
		err := h.requireReady(ctx)
		if err == nil || wait <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-late.C:
			return fmt.Errorf("not ready after %v: %w", wait, err)
		case <-again.C:
		}
	}
}

// requireReady returns an error unless the server answers with status 200.
func (h *healthcheck) requireReady(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := h.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered with status %s", h.url, resp.Status)
	}
	return nil
}
