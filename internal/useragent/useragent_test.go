package useragent_test

import (
	"strings"
	"testing"

	"cognate/internal/useragent"
)

func TestDeviceType(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36":                   "Chrome 125 / macOS 10.15",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.80":       "Edge 124 / Windows 10",
		"Mozilla/5.0 (Windows NT 6.3; WOW64; rv:115.0) Gecko/20100101 Firefox/115.0":                                                              "Firefox 115 / Windows 8.1",
		"Mozilla/5.0 (Windows NT 5.1) Gecko/20100101 Firefox/52.0":                                                                                "Firefox 52 / Windows",
		"Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0":                                                                  "Firefox 126 / Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1": "Safari 17 / iOS 17.4",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36":                   "Chrome 125 / Android 14",
		"aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0 exe/x86_64 prompt/off command/cognito-idp.initiate-auth":                                       "aws-cli 2 / Linux",
		"aws-sdk-go-v2/1.30.0 os/macos lang/go#1.22.1":                                                                                            "aws-sdk-go-v2 1 / macOS",
		"Go-http-client/1.1":        "Go-http-client 1",
		"":                          "unknown",
		"<script>alert(1)</script>": "unknown",
		strings.Repeat("x", 2000) + " Chrome/125 Linux": "unknown",
	} {
		if got := useragent.DeviceType(agent); got != want {
			t.Errorf("DeviceType(%.60q) = %q, want %q", agent, got, want)
		}
	}
}

// FuzzDeviceType checks that the result is a short line of visible ASCII for any user agent.
func FuzzDeviceType(f *testing.F) {
	for _, seed := range []string{"", "curl/8.5.0", "Mozilla/5.0 (Windows NT 10.0) Version/17 Safari/1", "\xff\x00Chrome/1", "iOS/17.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		got := useragent.DeviceType(agent)
		if got == "" || len(got) > 100 || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("DeviceType(%q) = %q", agent, got)
		}
	})
}
