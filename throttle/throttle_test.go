package throttle_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/throttle"
)

const (
	poolID = "us-east-1_A"
	ann    = "sub-of-ann"
	bob    = "sub-of-bob"
)

// world is a store and a clock that the test moves.
type world struct {
	*store.Store
	t      *testing.T
	now    time.Time
	limits throttle.Limits
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return &world{st, t, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), throttle.DefaultLimits()}
}

func (w *world) write(fn func(tx *store.Tx) error) error { return w.Write(w.t.Context(), fn) }

var errWrong = errors.New("wrong password")

// fail makes a failed attempt and returns what the caller gets.
func (w *world) fail(key string) error {
	return w.write(func(tx *store.Tx) error {
		guard, err := w.limits.Acquire(w.t.Context(), tx, poolID, key, w.now)
		if err != nil {
			return err
		}
		return guard.Fail(w.t.Context(), errWrong)
	})
}

// succeed makes an attempt that finishes a sign-in.
func (w *world) succeed(key string) error {
	return w.write(func(tx *store.Tx) error {
		guard, err := w.limits.Acquire(w.t.Context(), tx, poolID, key, w.now)
		if err != nil {
			return err
		}
		return guard.Reset(w.t.Context())
	})
}

func (w *world) take(kind throttle.Kind, subject string) error {
	return w.write(func(tx *store.Tx) error {
		return w.limits.Take(w.t.Context(), tx, kind, poolID, subject, w.now)
	})
}

// countMessage counts a message to a user who has not verified the address.
func (w *world) countMessage(address string) error {
	return w.countMessageOf(throttle.UserRecipient(&cognate.User{Sub: bob}), address)
}

func (w *world) countMessageOf(r throttle.Recipient, address string) error {
	return w.write(func(tx *store.Tx) error {
		return w.limits.CountMessage(w.t.Context(), tx, poolID, r, "email", address, w.now)
	})
}

// countWrongCode counts a wrong code, or returns throttle.ErrExceeded.
func (w *world) countWrongCode(r throttle.Recipient, address string) error {
	return w.write(func(tx *store.Tx) error {
		wrong, err := w.limits.LockWrongCodes(w.t.Context(), tx, poolID, r, "email", address, w.now)
		if err != nil {
			return err
		}
		if wrong.Exceeded() {
			return throttle.ErrExceeded
		}
		return wrong.Count(w.t.Context())
	})
}

// owner returns a user who has verified the address.
func owner(address string) throttle.Recipient {
	return throttle.UserRecipient(&cognate.User{Sub: ann, Attributes: map[string]string{"email": address, "email_verified": "true"}})
}

func (w *world) want(what string, got, want error) {
	w.t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		w.t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// attempts returns the record of a key.
func (w *world) attempts(key string) (a store.Attempts) {
	w.t.Helper()
	err := w.write(func(tx *store.Tx) (err error) {
		a, err = tx.LockAttempts(w.t.Context(), poolID, key)
		return errors.Join(err, store.ErrRollback)
	})
	if err != nil {
		w.t.Fatalf("LockAttempts(%s) = %v", key, err)
	}
	return a
}

func TestLocksGrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 4 {
		w.want("a free failure", w.fail(ann), errWrong)
	}
	locks := []time.Duration{
		time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second,
		128 * time.Second, 256 * time.Second, 512 * time.Second, 15 * time.Minute,
	}
	for _, lock := range locks {
		w.want("failure before a lock", w.fail(ann), errWrong)
		w.now = w.now.Add(lock - time.Millisecond)
		w.want("failure in the last millisecond of "+lock.String(), w.fail(ann), api.ErrAttemptsExceeded)
		w.want("success in the last millisecond of "+lock.String(), w.succeed(ann), api.ErrAttemptsExceeded)
		w.want("another user", w.succeed(bob), nil)
		w.now = w.now.Add(time.Millisecond)
	}
}

func TestCountStartsAnew(t *testing.T) {
	t.Parallel()
	for what, again := range map[string]func(w *world) error{
		"a finished sign-in": func(w *world) error { return w.succeed(ann) },
		"a quiet time":       func(w *world) error { w.now = w.now.Add(throttle.ResetAfter); return nil },
	} {
		w := newWorld(t)
		for range 4 {
			w.want("a free failure", w.fail(ann), errWrong)
		}
		w.want(what, again(w), nil)
		for range 5 {
			w.want("a free failure after "+what, w.fail(ann), errWrong)
		}
		w.want("failure number 6 after "+what, w.fail(ann), api.ErrAttemptsExceeded)
	}
}

func TestConcurrentFailuresAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wrong, locked int
	var mu sync.Mutex
	var g sync.WaitGroup
	for range 20 {
		g.Go(func() {
			err := w.fail(ann)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, errWrong):
				wrong++
			case errors.Is(err, api.ErrAttemptsExceeded):
				locked++
			}
		})
	}
	g.Wait()
	if wrong != 5 || locked != 15 {
		t.Errorf("20 concurrent guesses: %d checked, %d rejected, want 5 and 15", wrong, locked)
	}
}

func TestRequestsPerHour(t *testing.T) {
	t.Parallel()
	rate := api.TooManyRequestsException("Rate exceeded")
	for _, c := range []struct {
		kind    throttle.Kind
		perHour int
		refusal error
	}{
		{throttle.ConfirmSignUp, 15, throttle.ErrExceeded},
		{throttle.ResendConfirmationCode, 5, throttle.ErrExceeded},
		{throttle.SendAttributeCode, 5, throttle.ErrExceeded},
		{throttle.ChangeContact, 10, rate},
		{throttle.VerifyUserAttribute, 15, throttle.ErrExceeded},
		{throttle.ChangePassword, 5, throttle.ErrExceeded},
		{throttle.ForgotPassword, 5, throttle.ErrExceeded},
		{throttle.ConfirmForgotPassword, 15, throttle.ErrExceeded},
		{throttle.MigrateUser, 5, throttle.ErrExceeded},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for range c.perHour {
				w.want("request within the limit", w.take(c.kind, ann), nil)
				w.now = w.now.Add(time.Minute)
			}
			w.want("request over the limit", w.take(c.kind, ann), c.refusal)
			w.want("another user's request", w.take(c.kind, bob), nil)
			w.now = w.now.Add(time.Hour - time.Duration(c.perHour)*time.Minute - time.Millisecond)
			w.want("request in the last millisecond of the hour", w.take(c.kind, ann), c.refusal)
			w.now = w.now.Add(time.Millisecond)
			w.want("request after the hour", w.take(c.kind, ann), nil)
		})
	}
}

func TestMessagesPerHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 15 {
		w.want("message", w.countMessage("Ann@example.com"), nil)
		w.want("message to the address in lower case", w.countMessage("ann@example.com"), nil)
	}
	w.want("message over the limit", w.countMessage("ann@example.com"), api.TooManyRequestsException("Rate exceeded"))
	w.want("message to another address", w.countMessage("bob@example.com"), nil)
	for range 30 {
		w.want("message to the owner", w.countMessageOf(owner("Ann@example.com"), "ann@example.com"), nil)
		w.want("message to a decoy", w.countMessageOf(throttle.NameRecipient("name:1"), "ann@example.com"), nil)
	}
	w.want("message to the owner over the limit", w.countMessageOf(owner("ann@example.com"), "ann@example.com"), api.TooManyRequestsException("Rate exceeded"))
	w.want("message to a decoy over the limit", w.countMessageOf(throttle.NameRecipient("name:1"), "ann@example.com"), api.TooManyRequestsException("Rate exceeded"))
	w.want("message to another decoy", w.countMessageOf(throttle.NameRecipient("name:2"), "ann@example.com"), nil)
}

func TestWrongCodesPerHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := throttle.UserRecipient(&cognate.User{Sub: bob, Attributes: map[string]string{"email": "ann@example.com"}})
	for range 15 {
		w.want("wrong code", w.countWrongCode(stranger, "ann@example.com"), nil)
	}
	w.want("wrong code over the limit", w.countWrongCode(stranger, "Ann@example.com"), throttle.ErrExceeded)
	w.want("wrong code of the owner", w.countWrongCode(owner("ann@example.com"), "ann@example.com"), nil)
	w.want("wrong code without an address", w.countWrongCode(stranger, ""), nil)
	w.want("wrong code of a decoy", w.countWrongCode(throttle.NameRecipient("name:1"), "ann@example.com"), nil)
	w.now = w.now.Add(time.Hour)
	w.want("wrong code after an hour", w.countWrongCode(stranger, "ann@example.com"), nil)
}

func (w *world) guessToken(sub string) error {
	return w.write(func(tx *store.Tx) error {
		guesses, err := w.limits.AcquireTokenGuesses(w.t.Context(), tx, poolID, sub, w.now)
		if err != nil {
			return err
		}
		if err := guesses.Count(w.t.Context()); err != nil {
			return err
		}
		return store.CommitWith(errWrong)
	})
}

func TestWrongTokenCodesPerDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.now
	for range 100 {
		w.want("a wrong code", w.guessToken(ann), errWrong)
		w.now = w.now.Add(10 * time.Minute)
	}
	w.want("wrong code 101", w.guessToken(ann), api.ErrAttemptsExceeded)
	w.want("another user's code", w.guessToken(bob), errWrong)
	w.want("a finished sign-in", w.succeed(ann), nil)
	w.now = start.Add(24*time.Hour - time.Millisecond)
	w.want("a code in the last millisecond of the day", w.guessToken(ann), api.ErrAttemptsExceeded)
	w.now = start.Add(24 * time.Hour)
	for range 100 {
		w.want("a wrong code of the next day", w.guessToken(ann), errWrong)
	}
	w.want("wrong code 101 of the next day", w.guessToken(ann), api.ErrAttemptsExceeded)
}

// A server without figures lets nothing through.
func TestZeroLimitsReject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits = throttle.Limits{}
	for kind := range throttle.DefaultLimits().PerHour {
		if err := w.take(kind, ann); err == nil {
			t.Errorf("Take(%s) without figures = nil, want an error", kind)
		}
	}
	if err := w.countMessage("ann@example.com"); err == nil {
		t.Error("CountMessage() without figures = nil, want an error")
	}
	w.want("wrong code of a software token", w.guessToken(ann), api.ErrAttemptsExceeded)
	if err := w.countWrongCode(owner("ann@example.com"), "ann@example.com"); !errors.Is(err, throttle.ErrExceeded) {
		t.Errorf("LockWrongCodes() without figures = %v, want a reached limit", err)
	}
	w.limits = throttle.DefaultLimits()
	if w.countWrongCode(throttle.Recipient{}, "ann@example.com") == nil || w.countMessageOf(throttle.Recipient{}, "ann@example.com") == nil {
		t.Error("the zero Recipient has a budget, want an error")
	}
	w.limits = throttle.Limits{}
	w.want("first failure", w.fail(ann), errWrong)
	w.want("second failure", w.fail(ann), api.ErrAttemptsExceeded)
}

// Two builds may share a database, so a key never changes.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := &cognate.UserPool{ID: poolID, PoolUsernames: cognate.PoolUsernames{CaseInsensitive: true}}
	name := throttle.NameKey(pool, "Eve")
	if want := "name:85262adf74518bbb70c7cb94cd6159d91669e5a81edf1efebd543eadbda9fa2b"; name != want {
		t.Errorf("NameKey(Eve) = %q, want %q", name, want)
	}
	if key := throttle.UserKey(&cognate.User{Sub: ann}); key != ann {
		t.Errorf("UserKey() = %q, want the sub", key)
	}
	for kind, prefix := range map[throttle.Kind]string{
		throttle.ConfirmSignUp: "confirm", throttle.ResendConfirmationCode: "resend",
		throttle.SendAttributeCode: "send-attribute-code", throttle.ChangeContact: "change-contact",
		throttle.VerifyUserAttribute: "verify-attribute", throttle.ChangePassword: "change-password",
		throttle.ForgotPassword: "recover", throttle.ConfirmForgotPassword: "confirm-recovery", throttle.MigrateUser: "migrate",
	} {
		w.want("request of "+string(kind), w.take(kind, ann), nil)
		if a := w.attempts(prefix + "/" + ann); a.Failures != 1 || !a.LockedUntil.Equal(w.now.Add(time.Hour)) {
			t.Errorf("row %s/SUB = %+v, want one request and the end of its hour", prefix, a)
		}
	}
	w.want("wrong code of a software token", w.guessToken(ann), errWrong)
	if a := w.attempts("software-token/" + ann); a.Failures != 1 || !a.LockedUntil.Equal(w.now.Add(24*time.Hour)) {
		t.Errorf("row software-token/SUB = %+v, want one code and the end of its day", a)
	}
	w.want("message", w.countMessage("Ann@example.com"), nil)
	if a := w.attempts("destination/71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"); a.Failures != 1 {
		t.Errorf("row destination/HASH = %+v, want one message", a)
	}
	stranger := throttle.UserRecipient(&cognate.User{Sub: bob})
	w.want("message to the owner", w.countMessageOf(owner("ann@example.com"), "Ann@example.com"), nil)
	w.want("message to a decoy", w.countMessageOf(throttle.NameRecipient("name:1"), "ann@example.com"), nil)
	w.want("wrong code", w.countWrongCode(stranger, "Ann@example.com"), nil)
	w.want("wrong code of the owner", w.countWrongCode(owner("ann@example.com"), "ann@example.com"), nil)
	w.want("wrong code without a code", w.countWrongCode(stranger, ""), nil)
	w.want("wrong code of a decoy", w.countWrongCode(throttle.NameRecipient("name:1"), ""), nil)
	const hash = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"
	for _, key := range []string{
		"verified-destination/" + hash, "destination/name:1", "wrong-code/" + hash, "verified-wrong-code/" + hash,
		"wrong-code/" + bob, "wrong-code/name:1",
	} {
		if a := w.attempts(key); a.Failures != 1 || !a.LockedUntil.Equal(w.now.Add(time.Hour)) {
			t.Errorf("row %s = %+v, want one use and the end of its hour", key, a)
		}
	}
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := []string{ann}
	for kind := range w.limits.PerHour {
		keys = append(keys, string(kind)+"/"+ann)
		w.want("request", w.take(kind, ann), nil)
		w.want("another user's request", w.take(kind, bob), nil)
	}
	w.want("wrong code", w.countWrongCode(throttle.UserRecipient(&cognate.User{Sub: ann}), ""), nil)
	keys = append(keys, "wrong-code/"+ann)
	w.want("failure", w.fail(ann), errWrong)
	w.want("wrong code of a software token", w.guessToken(ann), errWrong)
	keys = append(keys, "software-token/"+ann)
	for _, key := range keys {
		if w.attempts(key) == (store.Attempts{}) {
			t.Errorf("row %s is missing before the user is deleted", key)
		}
	}
	w.want("DeleteUser", w.write(func(tx *store.Tx) error { return throttle.DeleteUser(t.Context(), tx, poolID, ann) }), nil)
	for _, key := range keys {
		if a := w.attempts(key); a != (store.Attempts{}) {
			t.Errorf("row %s of a deleted user = %+v, want none", key, a)
		}
	}
	if w.attempts("confirm/"+bob) == (store.Attempts{}) {
		t.Error("another user's row was deleted")
	}
}
