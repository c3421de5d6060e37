// Package useragent returns a short description of the device in a User-Agent header. It recognizes the common browsers and
// operating systems. It does not check that the header is true.
package useragent

import (
	"regexp"
	"strings"
	"sync"
)

// Unknown is what DeviceType returns for a user agent that it does not recognize.
const Unknown = "unknown"

// DeviceType returns the application and the operating system of a user agent, for example "Chrome 125 / macOS 15.0". If it
// recognizes only one of them, it returns that one; if none, Unknown. The result is visible ASCII, about 100 bytes at most.
func DeviceType(userAgent string) string {
	agent := userAgent[:min(len(userAgent), maxLength)]
	var parts []string
	for _, part := range []string{nameIn(agent, applications), nameIn(agent, systems)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return Unknown
	}
	return strings.Join(parts, " / ")
}

// maxLength is the number of bytes of a user agent that are parsed.
const maxLength = 1024

// sign recognizes a name in a user agent. The pattern's group, if it has one, is the version.
type sign struct {
	name    string // empty: the pattern's first group is the name, the second is the version
	pattern func() *regexp.Regexp
}

// The first sign that matches is used, because browsers also send the names of older browsers.
var (
	applications = []sign{
		{"Edge", lazily(`Edg(?:e|A|iOS)?/(\d{1,4})`)},
		{"Opera", lazily(`OPR/(\d{1,4})`)},
		{"Firefox", lazily(`(?:Firefox|FxiOS)/(\d{1,4})`)},
		{"Chrome", lazily(`(?:Chrome|CriOS)/(\d{1,4})`)},
		{"Safari", lazily(`Version/(\d{1,4})[\d.]* (?:Mobile/\w+ )?Safari/`)},
		{"", lazily(`^([A-Za-z][\w.-]{1,40})/v?(\d{0,4})`)}, // an SDK or a tool: its first product
	}
	systems = []sign{
		{"Windows 10", lazily(`Windows NT 10\.0\b`)}, // also Windows 11
		{"Windows 8.1", lazily(`Windows NT 6\.3\b`)},
		{"Windows 8", lazily(`Windows NT 6\.2\b`)},
		{"Windows 7", lazily(`Windows NT 6\.1\b`)},
		{"Windows", lazily(`(?i)\bwindows\b`)},
		{"iOS", lazily(`(?:iPhone|CPU) OS (\d{1,3}(?:_\d{1,3})?)`)},
		{"iOS", lazily(`\biOS[/ ](\d{1,3}(?:\.\d{1,3})?)`)},
		{"macOS", lazily(`Mac OS X (\d{1,3}(?:[_.]\d{1,3})?)`)},
		{"macOS", lazily(`(?i)\b(?:macos|darwin)\b`)},
		{"Android", lazily(`Android (\d{1,3})`)},
		{"Android", lazily(`(?i)\bandroid\b`)},
		{"ChromeOS", lazily(`\bCrOS\b`)},
		{"Linux", lazily(`(?i)\blinux\b`)},
	}
)

// lazily compiles a pattern at its first use. Most programs, such as the command line, never parse a user agent.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func nameIn(agent string, signs []sign) string {
	for _, s := range signs {
		found := s.pattern().FindStringSubmatch(agent)
		if found == nil {
			continue
		}
		groups := found[1:]
		if s.name != "" {
			groups = append([]string{s.name}, groups...)
		}
		return strings.TrimSpace(strings.ReplaceAll(strings.Join(groups, " "), "_", "."))
	}
	return ""
}
