package srp

import (
	"errors"
	"time"
)

// ErrTimestamp says that a TIMESTAMP isn't written as "EEE MMM d HH:mm:ss z yyyy" in English.
var ErrTimestamp = errors.New("srp: malformed timestamp")

// timestampLayout is Java's "EEE MMM d HH:mm:ss z yyyy" in UTC. Source: docs/behaviour.md §2.4.
const timestampLayout = "Mon Jan 2 15:04:05 UTC 2006"

// ParseTimestamp reads a TIMESTAMP, "Tue May 7 00:09:40 UTC 2025", as leniently as the service: a day with a zero in front
// and a weekday that isn't the date's are read, and fail later, because it is the time as FormatTimestamp writes it that
// must be signed. Errors: ErrTimestamp.
// Source: docs/behaviour.md §2.4, unparseable TIMESTAMP and zero-padded day.
func ParseTimestamp(text string) (time.Time, error) {
	t, err := time.Parse("Mon Jan 2 15:04:05 MST 2006", text)
	if err != nil {
		return time.Time{}, ErrTimestamp
	}
	return t.UTC(), nil
}

// FormatTimestamp writes a time as the one TIMESTAMP that verifies for it.
func FormatTimestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }
