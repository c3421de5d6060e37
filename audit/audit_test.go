package audit_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate"
	"cognate/audit"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	var got audit.Event
	ctx := audit.With(t.Context(), &got)
	audit.SetClient(ctx, "us-east-1_A", "client")
	audit.SetUser(ctx, "sub")
	audit.SetCaller(ctx, cognate.Caller{KeyID: "ADMIN", AccountID: "123456789012", Region: "us-east-1"})
	failed := errors.New("failed")
	for _, c := range []struct {
		change audit.Change
		err    error
	}{{audit.UserCreated, nil}, {audit.PasswordChanged, failed}, {audit.UserConfirmed, nil}, {audit.UserCreated, nil}} {
		if err := audit.Changed(ctx, c.change, c.err); !errors.Is(err, c.err) {
			t.Errorf("Changed(%s) = %v, want %v", c.change, err, c.err)
		}
	}
	want := audit.Event{
		PoolID: "us-east-1_A", ClientID: "client", UserSub: "sub", CallerKeyID: "ADMIN", CallerAccountID: "123456789012",
		CallerRegion: "us-east-1",
		Changes:      []audit.Change{audit.UserCreated, audit.UserConfirmed},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(audit.Event{})); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// Work that no request asked for has no event.
func TestNoEvent(t *testing.T) {
	t.Parallel()
	audit.SetClient(t.Context(), "us-east-1_A", "client")
	audit.SetUser(t.Context(), "sub")
	if err := audit.Changed(t.Context(), audit.UserCreated, nil); err != nil {
		t.Errorf("Changed() = %v", err)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	var sink audit.Sink = audit.Log{Logger: slog.New(slog.NewJSONHandler(&text, nil))}
	e := &audit.Event{
		RequestID: "id", Took: time.Second, Operation: "AdminDisableUser", PoolID: "us-east-1_A", ClientID: "client", UserSub: "sub",
		CallerKeyID: "ADMIN", CallerName: "desk", Address: "192.0.2.1", UserAgent: "password=hush", Username: "secret name", Outcome: audit.OK,
		Changes: []audit.Change{audit.UserDisabled}, Internal: errors.New("broken"),
	}
	for range 2 {
		if err := sink.Record(t.Context(), e); err != nil {
			t.Fatalf("Record() = %v", err)
		}
	}
	want := map[string]any{
		"level": "ERROR", "msg": "request", "operation": "AdminDisableUser", "pool": "us-east-1_A", "client": "client", "outcome": "ok",
		"took": 1e9, "request": "id", "caller": "ADMIN", "caller_name": "desk", "sub": "sub", "address": "192.0.2.1", "changes": []any{"user disabled"},
		"error": "broken",
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("log = %q, want a line per event", lines)
	}
	for _, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "time")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
	}
}
