package iam_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/iam"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// stored are keys in a database, with a clock that the test moves.
type stored struct {
	*iam.Keys
	manager *iam.Manager
	store   *store.Store
	now     time.Time
	log     *cognatetest.LogBuffer
}

func mustOpen(t *testing.T) *stored {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{
		URL: filepath.Join(t.TempDir(), "cognate.db"), MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &stored{store: db, now: now, log: new(cognatetest.LogBuffer)}
	clock := func() time.Time { return s.now }
	s.Keys = &iam.Keys{Store: db, Now: clock, Log: slog.New(slog.NewTextHandler(s.log, nil))}
	s.manager = &iam.Manager{Store: db, Now: clock}
	return s
}

func (s *stored) mustCreate(t *testing.T, name, ready string) *cognate.AccessKey {
	t.Helper()
	policy, _ := iam.Ready(ready)
	key, err := s.manager.Create(t.Context(), iam.NewKey{AccountID: "123456789012", Name: name, Policy: policy.Text(), PolicySource: ready})
	if err != nil {
		t.Fatalf("Create(%s) = %v", name, err)
	}
	return key
}

// caller returns the caller of a request that is signed now with the key.
func (s *stored) caller(t *testing.T, key *cognate.AccessKey) (cognate.Caller, *iam.Policy, error) {
	t.Helper()
	r := request(t, aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}, s.now)
	caller, policy, err := s.Caller(r, []byte(body))
	if header := s.CheckHeader(r); (header == nil) != (err == nil) {
		t.Errorf("CheckHeader() = %v, Caller() = %v", header, err)
	}
	return caller, policy, err
}

// A change of a key acts within five seconds on a server that has used the key before.
func TestStoredKeysChange(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	s.mustCreate(t, "boss", iam.Administrator)
	key := s.mustCreate(t, "desk", "help-desk")
	works := func(want bool, what string) {
		t.Helper()
		_, _, err := s.caller(t, key)
		if want && err != nil {
			t.Errorf("%s: Caller() = %v", what, err)
		}
		if !want {
			cognatetest.WantCode(t, what+": Caller()", err, api.CodeUnrecognizedClientException)
		}
	}
	caller, policy, err := s.caller(t, key)
	if err != nil || caller.KeyName != "desk" || caller.AccountID != "123456789012" || caller.KeyID != key.ID {
		t.Fatalf("Caller() = %v, %v", caller, err)
	}
	if desk, _ := iam.Ready("help-desk"); policy.Text() != desk.Text() {
		t.Errorf("policy = %s", policy.Text())
	}
	later := func() { s.now = s.now.Add(5 * time.Second) }
	if _, err := s.manager.Disable(t.Context(), "desk", false); err != nil {
		t.Fatal(err)
	}
	later()
	works(false, "disabled")
	if _, err := s.manager.Enable(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	later()
	works(true, "enabled")
	if _, err := s.manager.SetPolicy(t.Context(), "desk", iam.Everything().Text(), iam.Administrator, false); err != nil {
		t.Fatal(err)
	}
	later()
	if _, policy, err = s.caller(t, key); err != nil || !policy.IsAdministrator() {
		t.Errorf("Caller(new policy) = %v, %v", policy.Text(), err)
	}
	if _, err := s.manager.Delete(t.Context(), "desk", false); err != nil {
		t.Fatal(err)
	}
	later()
	works(false, "deleted")
	// A new key works after a second.
	key = s.mustCreate(t, "desk", "help-desk")
	works(false, "created just now")
	s.now = s.now.Add(time.Second)
	works(true, "created")
}

// A policy is parsed once, however often the keys are read.
func TestPoliciesAreParsedOnce(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	key := s.mustCreate(t, "desk", "help-desk")
	_, first, err := s.caller(t, key)
	if err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Minute)
	if _, second, err := s.caller(t, key); err != nil || second != first {
		t.Errorf("the policy was parsed again, or %v", err)
	}
}

func TestExpiredKey(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	key, err := s.manager.Create(t.Context(), iam.NewKey{
		AccountID: "123456789012", Name: "job", Policy: iam.Everything().Text(), ExpiresAt: now.Add(time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.caller(t, key); err != nil {
		t.Errorf("Caller(before) = %v", err)
	}
	s.now = s.now.Add(time.Second)
	_, _, err = s.caller(t, key)
	cognatetest.WantCode(t, "Caller(expired)", err, api.CodeUnrecognizedClientException)
}

// A stored policy that this build cannot parse allows nothing.
func TestInvalidStoredPolicy(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	key := &cognate.AccessKey{AccountID: "123456789012", ID: "KEY", Name: "odd", Secret: "hush", Policy: `{"Statement": "odd"}`}
	if err := s.store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateAccessKey(t.Context(), key) }); err != nil {
		t.Fatal(err)
	}
	_, policy, err := s.caller(t, key)
	if err != nil || policy.Decide(&iam.Request{Operation: "ListUserPools", Resource: iam.AnyResource}).Effect != iam.ImplicitDeny {
		t.Errorf("Caller() = %v, and a policy that allows", err)
	}
	if !strings.Contains(s.log.String(), "the policy of an access key is invalid") {
		t.Errorf("the log has no error:\n%s", s.log)
	}
}

// Without the database, no stored key works for longer than it is cached, and the error is not the client's.
func TestUnreadableKeys(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	key := s.mustCreate(t, "desk", "help-desk")
	if _, _, err := s.caller(t, key); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(5 * time.Second)
	_, policy, err := s.caller(t, key)
	if _, isAPI := errors.AsType[*api.Error](err); err == nil || isAPI || policy != nil {
		t.Errorf("Caller(no database) = %v, want an internal error", err)
	}
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	s := mustOpen(t)
	key := s.mustCreate(t, "desk", "help-desk")
	wrong := *key
	wrong.Secret = "another secret"
	want := func(what string, want time.Time) {
		t.Helper()
		if err := s.SaveUses(t.Context()); err != nil {
			t.Fatalf("SaveUses() = %v", err)
		}
		got, err := s.manager.Find(t.Context(), "desk")
		if err != nil || !got.LastUsedAt.Equal(want) {
			t.Errorf("%s: last use %v, %v, want %v", what, got, err, want)
		}
	}
	r := request(t, aws.Credentials{AccessKeyID: wrong.ID, SecretAccessKey: wrong.Secret}, s.now)
	if _, _, err := s.Caller(r, []byte(body)); err == nil {
		t.Fatal("Caller(wrong secret) = nil")
	}
	want("never used", time.Time{})
	for range 3 {
		s.now = s.now.Add(25 * time.Second)
		if _, _, err := s.caller(t, key); err != nil {
			t.Fatal(err)
		}
	}
	want("used", now.Add(time.Minute))
}
