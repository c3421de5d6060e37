package cognate

import (
	"context"
	"regexp"
	"strings"
)

// Origin is where a request came from, as the server sees it.
type Origin struct {
	IPAddress string // of the connection's other end, which may be a proxy; empty when unknown
	UserAgent string // as sent: anybody can say anything in it
}

type originKey struct{}

// WithOrigin returns a context that carries o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns where the request came from; the zero Origin when nobody said.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// UnknownOrigin is what is shown for a device type or a country that is not known.
const UnknownOrigin = "unknown"

// DeviceType describes the device by its user agent, as "Chrome 125 / macOS 15.0": the application, the system, or
// whichever of the two can be told; otherwise "unknown". It holds visible ASCII only and at most about 100 bytes.
func (o Origin) DeviceType() string {
	agent := o.UserAgent[:min(len(o.UserAgent), maxUserAgent)]
	var parts []string
	for _, part := range []string{nameIn(agent, applications), nameIn(agent, systems)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return UnknownOrigin
	}
	return strings.Join(parts, " / ")
}

// maxUserAgent bounds what is looked at.
const maxUserAgent = 1024

// sign is how a name stands in a user agent; the pattern's group, if it has one, is the version.
type sign struct {
	name    string // empty: the pattern's first group is the name, its second the version
	pattern *regexp.Regexp
}

// The first sign that is there counts: browsers claim to be their ancestors, too.
var (
	applications = []sign{
		{"Edge", regexp.MustCompile(`Edg(?:e|A|iOS)?/(\d{1,4})`)},
		{"Opera", regexp.MustCompile(`OPR/(\d{1,4})`)},
		{"Firefox", regexp.MustCompile(`(?:Firefox|FxiOS)/(\d{1,4})`)},
		{"Chrome", regexp.MustCompile(`(?:Chrome|CriOS)/(\d{1,4})`)},
		{"Safari", regexp.MustCompile(`Version/(\d{1,4})[\d.]* (?:Mobile/\w+ )?Safari/`)},
		{"", regexp.MustCompile(`^([A-Za-z][\w.-]{1,40})/v?(\d{0,4})`)}, // an SDK or a tool: its first product
	}
	systems = []sign{
		{"Windows", regexp.MustCompile(`Windows NT (\d{1,3}(?:\.\d{1,3})?)`)},
		{"Windows", regexp.MustCompile(`(?i)\bwindows\b`)},
		{"iOS", regexp.MustCompile(`(?:iPhone|CPU) OS (\d{1,3}(?:_\d{1,3})?)`)},
		{"iOS", regexp.MustCompile(`\biOS[/ ](\d{1,3}(?:\.\d{1,3})?)`)},
		{"macOS", regexp.MustCompile(`Mac OS X (\d{1,3}(?:[_.]\d{1,3})?)`)},
		{"macOS", regexp.MustCompile(`(?i)\b(?:macos|darwin)\b`)},
		{"Android", regexp.MustCompile(`Android (\d{1,3})`)},
		{"Android", regexp.MustCompile(`(?i)\bandroid\b`)},
		{"ChromeOS", regexp.MustCompile(`\bCrOS\b`)},
		{"Linux", regexp.MustCompile(`(?i)\blinux\b`)},
	}
)

func nameIn(agent string, signs []sign) string {
	for _, s := range signs {
		found := s.pattern.FindStringSubmatch(agent)
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
