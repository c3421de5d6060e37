package authsession_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authsession"
	"cognate/store/storetest"
)

// storedSessions are Sessions that an earlier build made, by the path of their content. That build sealed them with the
// store's data key and the associated data "session".
var storedSessions = map[string]struct {
	step cognate.Step
	now  time.Time
}{
	"testdata/stored/every_member.json": {cognate.StepCustom, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
	// From the build in which a Session says what its sign-in has proven.
	"testdata/stored/with_proven_factors.json": {cognate.StepCustom, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
	// From the first build with step-up authentication.
	"testdata/stored/step_up.json": {cognate.StepSoftwareToken, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
	// From the first build with sign-ins on pages.
	"testdata/stored/page.json":        {cognate.StepSoftwareToken, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
	"testdata/stored/zero_values.json": {"", time.Time{}.Add(-time.Second)},
}

// A Session of an earlier build opens and is sealed again as the same JSON.
func TestStoredSessions(t *testing.T) {
	t.Parallel()
	for path, stored := range storedSessions {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		k := mustSealer(t)
		k.Now = func() time.Time { return stored.now }
		sealed, err := k.Store.Box().Seal(content, "session")
		if err != nil {
			t.Fatal(err)
		}
		session, err := k.Open(base64.RawURLEncoding.EncodeToString(sealed), stored.step)
		if err != nil {
			t.Fatalf("Open(%s) = %v", path, err)
		}
		text, err := k.Seal(session)
		if err != nil {
			t.Fatalf("Seal(%s) = %v", path, err)
		}
		if sealed, err = base64.RawURLEncoding.DecodeString(text); err != nil {
			t.Fatal(err)
		}
		again, err := k.Store.Box().Open(sealed, "session")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, content), decoded(t, again)); diff != "" {
			t.Errorf("%s sealed again (-before +after):\n%s", path, diff)
		}
	}
}

// A field without a counterpart in the document would be lost. The exception is the custom sign-in, which is in the store.
func TestSessionsComeBackWhole(t *testing.T) {
	t.Parallel()
	storetest.CheckNames(t, authsession.DocumentType())
	k, session := mustSealer(t), new(cognate.AuthSession)
	storetest.Fill(session)
	session.Custom = nil
	k.Now = func() time.Time { return session.Expires.Add(-time.Second) }
	text, err := k.Seal(session)
	if err != nil {
		t.Fatalf("Seal() = %v", err)
	}
	got, err := k.Open(text, session.Step)
	if diff := cmp.Diff(session, got); err != nil || diff != "" {
		t.Errorf("Open() = %v (-sealed +opened):\n%s", err, diff)
	}
}

func TestSessionsOfLaterBuilds(t *testing.T) {
	t.Parallel()
	k := mustSealer(t)
	for members, want := range map[string]error{
		`"Later":1`: nil, `"Version":2`: api.ErrInvalidSession, `"Version":null`: api.ErrInvalidSession,
		`"Page":true`: api.ErrInvalidSession, `"Version":2,"Page":true,"Levels":[4]`: api.ErrInvalidSession,
		`"Version":3`: api.ErrInvalidSession, `"SSOSession":"sso"`: api.ErrInvalidSession, `"Version":3,"Page":true`: nil,
	} {
		sealed, err := k.Store.Box().Seal([]byte(`{"Step":"MFA_SETUP","Expires":"2100-01-01T00:00:00Z",`+members+`}`), "session")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(base64.RawURLEncoding.EncodeToString(sealed), cognate.StepSetup); !errors.Is(err, want) {
			t.Errorf("Open(%s) = %v, want %v", members, err, want)
		}
	}
}

func decoded(t *testing.T, document []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatalf("decode %s: %v", document, err)
	}
	return value
}
