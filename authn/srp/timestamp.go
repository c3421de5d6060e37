package srp

import (
	"errors"
	"time"
)

// ErrTimestamp means that the TIMESTAMP does not have the form "EEE MMM d HH:mm:ss z yyyy" in English.
var ErrTimestamp = errors.New("srp: malformed timestamp")

// timestampLayout is Java's "EEE MMM d HH:mm:ss z yyyy" in UTC. Source: docs/behaviour.md §2.4.
const timestampLayout = "Mon Jan 2 15:04:05 UTC 2006"

// ParseTimestamp parses a TIMESTAMP, "Tue May 7 00:09:40 UTC 2025", as leniently as the service. It accepts a day with a
// leading zero and a wrong weekday. Such answers fail later, because the signature must cover the time as FormatTimestamp
// writes it. Errors: ErrTimestamp. Source: docs/behaviour.md §2.4, unparseable TIMESTAMP and zero-padded day.
func ParseTimestamp(text string) (time.Time, error) {
	t, err := time.Parse("Mon Jan 2 15:04:05 MST 2006", text)
	if err != nil {
		return time.Time{}, ErrTimestamp
	}
	return t.UTC(), nil
}

// FormatTimestamp returns the only TIMESTAMP that verifies for a time.
func FormatTimestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }
