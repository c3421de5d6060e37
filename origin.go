package cognate

import (
	"context"
	"regexp"
	"strings"
	"sync"
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
	pattern func() *regexp.Regexp
}

// The first sign that is there counts: browsers claim to be their ancestors, too.
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
		{"Windows", lazily(`Windows NT (\d{1,3}(?:\.\d{1,3})?)`)},
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

// lazily compiles a pattern when it is first wanted: most programs that know the nouns, the command line among them, never
// look at a user agent.
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
