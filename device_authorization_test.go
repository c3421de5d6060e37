package cognate_test

import (
	"strings"
	"testing"
	"time"

	"cognate"
)

func TestReadUserCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"WDJB-MJHT": "WDJB-MJHT", "wdjbmjht": "WDJB-MJHT", " wdjb mjht ": "WDJB-MJHT", "w-d-j-b-m-j-h-t": "WDJB-MJHT",
		"WDJB\u2011MJHT": "WDJB-MJHT", "WDJB\u2013MJHT": "WDJB-MJHT",
		"": "", "WDJB-MJH": "", "WDJB-MJHTT": "", "WDJB-MJHA": "", "WDJB-MJH1": "", "WDJB_MJHT": "", "ẄDJB-MJHT": "",
	} {
		if got, ok := cognate.ReadUserCode(typed); got != want || ok != (want != "") {
			t.Errorf("ReadUserCode(%q) = %q, %t, want %q", typed, got, ok, want)
		}
	}
	for range 100 {
		code := cognate.NewUserCode()
		if got, ok := cognate.ReadUserCode(strings.ToLower(code)); !ok || got != code {
			t.Fatalf("ReadUserCode(%q) = %q, %t", code, got, ok)
		}
	}
}

// Every request that comes too early makes the interval five seconds longer. What counts is the last request, early or not.
func TestDevicePoll(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := &cognate.DeviceAuthorization{Interval: cognate.DevicePollInterval, Expires: start.Add(cognate.DeviceCodeTTL)}
	now := start
	for i, tt := range []struct {
		after    time.Duration
		waited   bool
		interval time.Duration
	}{
		{0, true, 5 * time.Second},
		{5 * time.Second, true, 5 * time.Second},
		{5*time.Second - time.Millisecond, false, 10 * time.Second},
		{10*time.Second - time.Millisecond, false, 15 * time.Second},
		{15 * time.Second, true, 15 * time.Second},
	} {
		now = now.Add(tt.after)
		if waited := d.Poll(now); waited != tt.waited || d.Interval != tt.interval || !d.LastPoll.Equal(now) {
			t.Errorf("request %d: Poll() = %t with interval %s, want %t, %s", i, waited, d.Interval, tt.waited, tt.interval)
		}
	}
	for _, tt := range []struct {
		decision cognate.DeviceDecision
		at       time.Time
		isOpen   bool
	}{
		{cognate.DevicePending, start, true},
		{cognate.DevicePending, d.Expires, false},
		{cognate.DeviceApproved, start, false},
		{cognate.DeviceDenied, start, false},
	} {
		d.Decision = tt.decision
		if got := d.IsOpen(tt.at); got != tt.isOpen {
			t.Errorf("IsOpen() of %q at %s = %t, want %t", tt.decision, tt.at, got, tt.isOpen)
		}
	}
}
