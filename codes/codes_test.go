package codes_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/codes"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/throttle"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func mustStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func mustSave(t *testing.T, st *store.Store, o codes.Issue, code string) {
	t.Helper()
	err := st.Write(t.Context(), func(tx *store.Tx) error { return codes.Save(t.Context(), tx, throttle.DefaultLimits(), o, code, now) })
	if err != nil {
		t.Fatalf("Save() = %v", err)
	}
}

// consume answers a code and commits the transaction even if the answer is wrong.
func consume(ctx context.Context, st *store.Store, a codes.Answer, at time.Time) (codes.Contact, error) {
	var proof codes.Contact
	var outcome error
	err := st.Write(ctx, func(tx *store.Tx) error {
		proof, outcome = codes.Consume(ctx, tx, throttle.DefaultLimits(), a, at)
		return nil
	})
	return proof, errors.Join(err, outcome)
}

var (
	anna  = &cognate.User{PoolID: "eu-west-1_A", Sub: "anna", Attributes: map[string]string{"email": "anna@example.com"}}
	order = codes.Issue{
		PoolID: "eu-west-1_A", Sub: "anna", Recipient: throttle.UserRecipient(anna), Purpose: codes.SignUp, Attribute: "email",
		Destination: "anna@example.com",
	}
	answer = codes.Answer{
		PoolID: "eu-west-1_A", Sub: "anna", Recipient: throttle.UserRecipient(anna), Purpose: codes.SignUp, Code: "123456",
	}
)

func TestNew(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 200 {
		code := codes.New()
		if len(code) != 6 {
			t.Fatalf("New() = %q, want six digits", code)
		}
		for _, c := range code {
			if c < '0' || c > '9' {
				t.Fatalf("New() = %q, want digits only", code)
			}
		}
		seen[code] = true
	}
	if len(seen) < 190 {
		t.Errorf("New() made %d codes in 200 calls, want them different", len(seen))
	}
}

func TestConsume(t *testing.T) {
	t.Parallel()
	with := func(change func(*codes.Answer)) codes.Answer {
		a := answer
		change(&a)
		return a
	}
	tests := []struct {
		name   string
		answer codes.Answer
		after  time.Duration
		want   error
	}{
		{"right", answer, 0, nil},
		{"right in the last second", answer, 24*time.Hour - time.Second, nil},
		{"right but late", answer, 24 * time.Hour, codes.ErrLate},
		{"wrong", with(func(a *codes.Answer) { a.Code = "123457" }), 0, codes.ErrMismatch},
		{"wrong and late", with(func(a *codes.Answer) { a.Code = "123457" }), 24 * time.Hour, codes.ErrNone},
		{"empty", with(func(a *codes.Answer) { a.Code = "" }), 0, codes.ErrMismatch},
		{"of another purpose", with(func(a *codes.Answer) { a.Purpose = codes.Recovery }), 0, codes.ErrNone},
		{"of another user", with(func(a *codes.Answer) { a.Sub = "otto" }), 0, codes.ErrNone},
		{"of another pool", with(func(a *codes.Answer) { a.PoolID = "eu-west-1_B" }), 0, codes.ErrNone},
		{"with an unexpected binding", with(func(a *codes.Answer) { a.Binding = "x" }), 0, codes.ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := mustStore(t)
			mustSave(t, st, order, "123456")
			proof, err := consume(t.Context(), st, tt.answer, now.Add(tt.after))
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
				t.Fatalf("Consume() = %v, want %v", err, tt.want)
			}
			want := codes.Contact{}
			if tt.want == nil {
				want = codes.Contact{Attribute: "email", Destination: "anna@example.com"}
			}
			if diff := cmp.Diff(want, proof); diff != "" {
				t.Errorf("Consume() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConsumeOnce(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	mustSave(t, st, order, "123456")
	const racers = 100
	outcomes := make(chan error, racers)
	var group sync.WaitGroup
	for range racers {
		group.Go(func() {
			_, err := consume(t.Context(), st, answer, now)
			outcomes <- err
		})
	}
	group.Wait()
	close(outcomes)
	won := 0
	for err := range outcomes {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, codes.ErrNone) && !errors.Is(err, codes.ErrExhausted): // so many answers exceed the limit
			t.Errorf("Consume(spent code) = %v, want ErrNone or ErrExhausted", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d racing answers spent the code, want 1", won, racers)
	}
}

func TestConsumeExhausts(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	mustSave(t, st, order, "123456")
	wrong := answer
	wrong.Code = "000000"
	for i := range 15 {
		if _, err := consume(t.Context(), st, wrong, now); !errors.Is(err, codes.ErrMismatch) {
			t.Fatalf("Consume(wrong code %d) = %v, want ErrMismatch", i+1, err)
		}
	}
	if _, err := consume(t.Context(), st, wrong, now); !errors.Is(err, codes.ErrExhausted) {
		t.Errorf("Consume(wrong code 16) = %v, want ErrExhausted", err)
	}
	if _, err := consume(t.Context(), st, answer, now); !errors.Is(err, codes.ErrLate) {
		t.Errorf("Consume(right code after too many wrong ones) = %v, want ErrLate", err)
	}
	mustSave(t, st, order, "654321")
	fresh := answer
	fresh.Code = "654321"
	if _, err := consume(t.Context(), st, fresh, now); !errors.Is(err, codes.ErrExhausted) {
		t.Errorf("Consume(new code in the same hour) = %v, want ErrExhausted", err)
	}
	if _, err := consume(t.Context(), st, fresh, now.Add(time.Hour)); err != nil {
		t.Errorf("Consume(new code) = %v, want no error", err)
	}
}

// Wrong answers to all codes that were sent to one address are counted together, except those of the user who has verified
// the address. The count does not show that an answer was right.
func TestWrongCodesOfOneAddress(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	owner := &cognate.User{PoolID: order.PoolID, Sub: "olga", Attributes: map[string]string{
		"email": "anna@example.com", "email_verified": "true",
	}}
	issue := func(sub string, r throttle.Recipient) codes.Answer {
		o, a := order, answer
		o.Sub, o.Recipient, a.Sub, a.Recipient = sub, r, sub, r
		mustSave(t, st, o, "123456")
		return a
	}
	for i := range 15 {
		sub := fmt.Sprintf("eve%d", i)
		wrong := issue(sub, throttle.UserRecipient(&cognate.User{Sub: sub}))
		wrong.Code = "000000"
		if _, err := consume(t.Context(), st, wrong, now); !errors.Is(err, codes.ErrMismatch) {
			t.Fatalf("Consume(wrong code %d) = %v, want ErrMismatch", i+1, err)
		}
	}
	next := issue("eve16", throttle.UserRecipient(&cognate.User{Sub: "eve16"}))
	if _, err := consume(t.Context(), st, next, now); !errors.Is(err, codes.ErrExhausted) {
		t.Errorf("Consume(right code of another user for the address) = %v, want ErrExhausted", err)
	}
	for what, r := range map[string]throttle.Recipient{"owner": throttle.UserRecipient(owner), "decoy": throttle.NameRecipient("name:1")} {
		if _, err := consume(t.Context(), st, issue(what, r), now); err != nil {
			t.Errorf("Consume(right code of the %s) = %v, want no error", what, err)
		}
	}
	if _, err := consume(t.Context(), st, next, now.Add(time.Hour)); err != nil {
		t.Errorf("Consume(right code after an hour) = %v, want no error", err)
	}
}

func TestSaveReplaces(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	mustSave(t, st, order, "123456")
	mustSave(t, st, order, "654321")
	if _, err := consume(t.Context(), st, answer, now); !errors.Is(err, codes.ErrMismatch) {
		t.Errorf("Consume(replaced code) = %v, want ErrMismatch", err)
	}
}

func TestBinding(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	bound := order
	bound.Purpose, bound.Binding, bound.TTL = "SMS_MFA", "session-1", 3*time.Minute
	mustSave(t, st, bound, "123456")
	a := answer
	a.Purpose, a.Binding = bound.Purpose, "session-2"
	if _, err := consume(t.Context(), st, a, now); !errors.Is(err, codes.ErrMismatch) {
		t.Errorf("Consume(code of another Session) = %v, want ErrMismatch", err)
	}
	a.Binding = "session-1"
	if _, err := consume(t.Context(), st, a, now.Add(3*time.Minute)); !errors.Is(err, codes.ErrLate) {
		t.Errorf("Consume(after its own TTL) = %v, want ErrLate", err)
	}
	if _, err := consume(t.Context(), st, a, now); err != nil {
		t.Errorf("Consume() = %v, want no error", err)
	}
}

func TestDestination(t *testing.T) {
	t.Parallel()
	st := mustStore(t)
	mustSave(t, st, order, "123456")
	err := st.Write(t.Context(), func(tx *store.Tx) error {
		for at, want := range map[time.Time]string{now: "anna@example.com", now.Add(24 * time.Hour): ""} {
			got, err := codes.Destination(t.Context(), tx, order.PoolID, order.Sub, order.Purpose, at)
			if err != nil || got != want {
				t.Errorf("Destination(at %v) = %q, %v, want %q", at, got, err, want)
			}
		}
		if err := codes.Drop(t.Context(), tx, order.PoolID, order.Sub, order.Purpose); err != nil {
			return err
		}
		if got, err := codes.Destination(t.Context(), tx, order.PoolID, order.Sub, order.Purpose, now); err != nil || got != "" {
			t.Errorf("Destination(dropped code) = %q, %v, want none", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
