package cognate

import (
	"crypto/sha256"
	"strings"
	"time"
)

// Times of a device authorization. Source: RFC 8628 sections 3.2 and 3.5.
const (
	DeviceCodeTTL      = 10 * time.Minute
	DevicePollInterval = 5 * time.Second // until the answer is slow_down
	deviceSlowDown     = 5 * time.Second
)

// DeviceAuthorization is the request of a device, such as a television, for access to the account of a user. The device shows a user
// code, which the user enters in a browser, and it asks for tokens with a device code until the user has decided.
// Source: RFC 8628.
type DeviceAuthorization struct {
	PoolID       string
	Hash         []byte // DeviceCodeHash of the device code
	UserCodeHash []byte // UserCodeHash of the user code
	ClientID     string
	Scopes       []string
	Resource     string // the audience of the access token; empty if the request named none
	Expires      time.Time
	Decision     DeviceDecision
	// Interval is how long the device must wait between two requests, and LastPoll is the time of its last one; zero before the
	// first one.
	Interval time.Duration
	LastPoll time.Time
}

// DeviceDecision is what the user has decided about a device.
type DeviceDecision string

// The decisions. The zero value gives no access.
const (
	DevicePending  DeviceDecision = ""
	DeviceApproved DeviceDecision = "approved" // an authorization code has the hash of the device code
	DeviceDenied   DeviceDecision = "denied"
)

// IsOpen reports whether the user can still decide.
func (d *DeviceAuthorization) IsOpen(now time.Time) bool {
	return d.Decision == DevicePending && !d.HasExpired(now)
}

// HasExpired reports whether the codes are too old.
func (d *DeviceAuthorization) HasExpired(now time.Time) bool { return !now.Before(d.Expires) }

// Poll records a request of the device for tokens that the user has not permitted yet. It reports whether the device has waited for the
// interval. If not, this interval and all later ones are longer. Source: RFC 8628 section 3.5.
// Assumed: the first request of a device may follow immediately.
func (d *DeviceAuthorization) Poll(now time.Time) (waited bool) {
	waited = d.LastPoll.IsZero() || !now.Before(d.LastPoll.Add(d.Interval))
	if !waited {
		d.Interval += deviceSlowDown
	}
	d.LastPoll = now
	return waited
}

// NewDeviceCode returns a random device code: 43 letters and digits, about 256 bits.
func NewDeviceCode() string { return randomText(alphanumerics, 43) }

// DeviceCodeHash returns the SHA-256 of a device code, by which it is stored. It differs from the hash of an authorization code with the
// same text.
func DeviceCodeHash(code string) []byte { return hashOf("device code", code) }

// The form of a user code: letters without vowels and Y, so that a code does not form a word. No digit can be taken for a letter.
// The codes have 34 bits. Source: RFC 8628 section 6.1.
const (
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// NewUserCode returns a random user code, as the user reads it: "WDJB-MJHT".
func NewUserCode() string {
	code := randomText(userCodeLetters, userCodeLength)
	return code[:userCodeLength/2] + "-" + code[userCodeLength/2:]
}

// ReadUserCode returns a user code in the form of NewUserCode, from the text that a user typed: in any case, and with spaces or hyphens
// anywhere. ok is false for a text that is not a user code.
func ReadUserCode(typed string) (code string, ok bool) {
	letters := make([]byte, 0, userCodeLength)
	for _, r := range strings.ToUpper(typed) {
		switch {
		case strings.ContainsRune(" \t\u00a0-\u2010\u2011\u2013", r):
		case !strings.ContainsRune(userCodeLetters, r) || len(letters) == userCodeLength:
			return "", false
		default:
			letters = append(letters, byte(r))
		}
	}
	if len(letters) != userCodeLength {
		return "", false
	}
	return string(letters[:userCodeLength/2]) + "-" + string(letters[userCodeLength/2:]), true
}

// UserCodeHash returns the SHA-256 of a user code in the form of NewUserCode, by which it is stored.
func UserCodeHash(code string) []byte { return hashOf("user code", code) }

func hashOf(kind, code string) []byte {
	sum := sha256.Sum256([]byte(kind + "/" + code))
	return sum[:]
}
