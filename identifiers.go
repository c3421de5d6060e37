package cognate

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/google/uuid"
)

const (
	lowerAlphanumerics = "0123456789abcdefghijklmnopqrstuvwxyz"
	alphanumerics      = lowerAlphanumerics + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// NewPoolID returns a random ID for a pool in region: "us-east-1_J7y6AVs3e" (docs/behaviour.md §5.1).
func NewPoolID(region string) string { return region + "_" + randomText(alphanumerics, 9) }

// NewClientID returns a random ID for an app client: 26 lower-case letters and digits (docs/behaviour.md §5.3).
func NewClientID() string { return randomText(lowerAlphanumerics, 26) }

// NewClientSecret returns a random client secret: 52 lower-case letters and digits, about 268 bits (docs/behaviour.md §5.3).
func NewClientSecret() string { return randomText(lowerAlphanumerics, 52) }

// NewSub returns a random sub for a user, in the form of SubFrom.
func NewSub() string {
	var random [15]byte
	_, _ = rand.Read(random[:]) // never fails
	return SubFrom(random[:])
}

// SubFrom returns the sub that random bytes make, 15 or more, in Cognito's own form: a UUID whose third group begins with
// "70" (docs/behaviour.md §4.2). Users and decoys get their subs from it, so that a sub does not show which it belongs to.
func SubFrom(random []byte) string {
	h := hex.EncodeToString(random[:15])
	return h[:8] + "-" + h[8:12] + "-70" + h[12:14] + "-" + h[14:18] + "-" + h[18:]
}

// NewDeviceID returns random keys for a device in region: "us-east-1_" and a UUID, "-v7w9UcY6" (docs/behaviour.md §1.10).
func NewDeviceID(region string) DeviceID {
	return DeviceID{Key: region + "_" + uuid.NewString(), GroupKey: "-" + randomText(alphanumerics, 8)}
}

// randomText returns n characters of an alphabet, each with the same probability. It drops bytes that would favour the first
// characters.
func randomText(alphabet string, n int) string {
	fair := 256 - 256%len(alphabet)
	text := make([]byte, 0, n)
	var random [64]byte
	for {
		_, _ = rand.Read(random[:]) // never fails
		for _, b := range random {
			if int(b) >= fair {
				continue
			}
			if text = append(text, alphabet[int(b)%len(alphabet)]); len(text) == n {
				return string(text)
			}
		}
	}
}
