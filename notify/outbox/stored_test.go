package outbox_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/notify/outbox"
	"cognate/store"
	"cognate/store/storetest"
)

// A message that an earlier build put into the outbox is delivered, and is stored again as the same JSON.
func TestStoredMessages(t *testing.T) {
	t.Parallel()
	for path, medium := range map[string]api.DeliveryMediumType{
		"testdata/stored/every_member.json": email, "testdata/stored/zero_values.json": "", "testdata/stored/with_sender.json": email,
		"testdata/stored/with_link.json": email,
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s, transport, now := mustStore(t, "", storetest.MasterKey(t)), new(fakeTransport), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		o := outbox.New(outbox.Config{
			Store: s, Transports: map[api.DeliveryMediumType]notify.Transport{medium: transport}, Now: func() time.Time { return now },
			Log: slog.New(slog.DiscardHandler),
		})
		pool := poolOf(t, content)
		err = s.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.CreateUserPool(t.Context(), &cognate.UserPool{ID: pool}, nil); err != nil {
				return err
			}
			return tx.CreateOutgoing(t.Context(), store.Outgoing{
				OutgoingKey: store.OutgoingKey{PoolID: pool, ID: "stored"}, Medium: string(medium), Body: content, Due: now, Expires: now.Add(time.Minute),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.DeliverDue(t.Context(), medium); err != nil || len(transport.delivered) != 1 {
			t.Fatalf("DeliverDue(%s) = %v, delivered %d messages, want 1", path, err, len(transport.delivered))
		}
		if err := o.Send(t.Context(), transport.delivered[0].Message); err != nil {
			t.Fatalf("Send(%s) = %v", path, err)
		}
		want := decoded(t, content)
		if want["Expires"] == nil { // Send sets it
			want["Expires"] = "2026-11-29T12:00:00Z"
		}
		if diff := cmp.Diff(want, decoded(t, waiting(t, s, medium, now))); diff != "" {
			t.Errorf("%s sent again (-before +after):\n%s", path, diff)
		}
	}
}

// A field without a counterpart in the document would be lost.
func TestMessagesComeBackWhole(t *testing.T) {
	t.Parallel()
	storetest.CheckNames(t, outbox.DocumentType())
	var m notify.Message
	storetest.Fill(&m)
	body, err := outbox.EncodeMessage(m)
	if err != nil {
		t.Fatalf("EncodeMessage() = %v", err)
	}
	got, err := outbox.DecodeMessage(body)
	if diff := cmp.Diff(m, got); err != nil || diff != "" {
		t.Errorf("DecodeMessage() = %v (-encoded +decoded):\n%s", err, diff)
	}
}

func TestMessagesOfLaterBuilds(t *testing.T) {
	t.Parallel()
	if _, err := outbox.DecodeMessage([]byte(`{"Code":"1","Later":1}`)); err != nil {
		t.Errorf("DecodeMessage(without a Version) = %v", err)
	}
	for _, version := range []string{"2", "null"} {
		if _, err := outbox.DecodeMessage([]byte(`{"Code":"1","Version":` + version + `}`)); err == nil {
			t.Errorf("DecodeMessage(Version %s) = nil, want an error", version)
		}
	}
}

func poolOf(t *testing.T, message []byte) string {
	t.Helper()
	id, _ := decoded(t, message)["PoolID"].(string)
	return id
}

func decoded(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatalf("decode %s: %v", document, err)
	}
	return value
}

// waiting returns the stored content of the only message that is due.
func waiting(t *testing.T, s *store.Store, medium api.DeliveryMediumType, now time.Time) (body []byte) {
	t.Helper()
	keys, err := s.DueOutgoing(t.Context(), string(medium), now, 2)
	if err != nil || len(keys) != 1 {
		t.Fatalf("DueOutgoing() = %v, %v, want one message", keys, err)
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		claimed, err := tx.ClaimOutgoing(t.Context(), keys[0], "lease", now, now.Add(time.Minute))
		if err != nil {
			return err
		}
		body, err = s.OutgoingBody(claimed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}
