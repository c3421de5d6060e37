package login

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func mustBox(t testing.TB) *sealing.Box {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st.Box()
}

func testFlow() *flow {
	browser, query := sha256.Sum256([]byte("browser")), sha256.Sum256([]byte("query"))
	return &flow{
		PoolID: "us-east-1_abcdefghi", Site: "https://login.example.com", Client: "client", Browser: browser[:], Query: query[:],
		Started: start, Page: pageLogin,
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	box := mustBox(t)
	now := start
	s := sealer{box: box, now: func() time.Time { return now }}
	sealed, err := s.seal(testFlow())
	if err != nil {
		t.Fatal(err)
	}
	slow := testFlow()
	slow.Page = pageConfirm
	sealedSlow, err := s.seal(slow)
	if err != nil {
		t.Fatal(err)
	}
	other, err := box.Seal([]byte(`{"n":"login"}`), "session")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		want       func(*flow)
		after      time.Duration
		err        error
	}{
		{name: "as sealed", text: sealed},
		{name: "before the end", text: sealed, after: signInTime - 1},
		{name: "at the end", text: sealed, after: signInTime, err: errLate},
		{name: "before its start", text: sealed, after: -1, err: errLate},
		{name: "a page that waits for a message", text: sealedSlow, after: signInTime},
		{name: "that page at its end", text: sealedSlow, after: otherTime, err: errLate},
		{name: "another pool", text: sealed, want: func(f *flow) { f.PoolID = "us-east-1_b" }, err: errForeign},
		{name: "another address", text: sealed, want: func(f *flow) { f.Site = "https://login.example.org" }, err: errForeign},
		{name: "another client", text: sealed, want: func(f *flow) { f.Client = "other" }, err: errForeign},
		{name: "another browser", text: sealed, want: func(f *flow) { f.Browser = make([]byte, sha256.Size) }, err: errForeign},
		{name: "no browser", text: sealed, want: func(f *flow) { f.Browser = nil }, err: errForeign},
		{name: "another request", text: sealed, want: func(f *flow) { f.Query = nil }, err: errForeign},
		{name: "changed", text: sealed[:40] + flipped(sealed[40]) + sealed[41:], err: errForeign},
		{name: "cut", text: sealed[:20], err: errForeign},
		{name: "empty", text: "", err: errForeign},
		{name: "too long", text: strings.Repeat("A", maxFlow+1), err: errForeign},
		{name: "another sealed value", text: string(other), err: errForeign},
	} {
		now = start.Add(tt.after)
		want := testFlow()
		if tt.want != nil {
			tt.want(want)
		}
		if _, err := s.open(tt.text, want); !errors.Is(err, tt.err) {
			t.Errorf("open(%s) = %v, want %v", tt.name, err, tt.err)
		}
	}
}

// flipped returns another character.
func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func FuzzOpenFlow(f *testing.F) {
	f.Add("AQID")
	s := sealer{box: mustBox(f), now: func() time.Time { return start }}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.open(text, testFlow()); err == nil {
			t.Errorf("open(%q) = no error", text)
		}
	})
}
