package sealing_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cognate/sealing"
)

const aad = "users/us-east-1_Ab1Cd2Ef3/7f1c/software_token"

var secret = []byte("a secret of a user")

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	box := mustOpen(t, mustKeyset(t, mustMaster(t)), mustMaster(t))
	for _, plaintext := range [][]byte{nil, {0}, secret, bytes.Repeat([]byte("x"), 1<<20)} {
		sealed := mustSeal(t, box, plaintext, aad)
		if len(plaintext) > 1 && bytes.Contains(sealed, plaintext) {
			t.Errorf("Seal(%d bytes) shows the plaintext", len(plaintext))
		}
		if got := len(sealed) - len(plaintext); got != 33 {
			t.Errorf("Seal(%d bytes) adds %d bytes, want 33", len(plaintext), got)
		}
		got, err := box.Open(sealed, aad)
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("Open(Seal(%d bytes)) = %d bytes, %v", len(plaintext), len(got), err)
		}
	}
	if bytes.Equal(mustSeal(t, box, secret, aad), mustSeal(t, box, secret, aad)) {
		t.Error("Seal(the same twice) gave the same bytes")
	}
}

func TestOpenRejects(t *testing.T) {
	t.Parallel()
	master := mustMaster(t)
	box := mustOpen(t, mustKeyset(t, master), master)
	sealed := mustSeal(t, box, secret, aad)
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		wantSealed(t, box, altered, aad)
	}
	for _, n := range []int{0, 1, 5, 17, 32, len(sealed) - 1} {
		wantSealed(t, box, sealed[:n], aad)
	}
	wantSealed(t, box, append(bytes.Clone(sealed), 0), aad)
	for _, other := range []string{"", aad + "/", strings.ToUpper(aad), "users/us-east-1_Ab1Cd2Ef3/7f1d/software_token"} {
		wantSealed(t, box, sealed, other)
	}
	other := mustOpen(t, mustKeyset(t, master), master)
	wantSealed(t, other, sealed, aad)
}

func TestRotate(t *testing.T) {
	t.Parallel()
	master := mustMaster(t)
	wrapped := mustKeyset(t, master)
	old := mustOpen(t, wrapped, master)
	before := mustSeal(t, old, secret, aad)

	rotated, err := sealing.Rotate(t.Context(), wrapped, master)
	if err != nil {
		t.Fatalf("Rotate = %v", err)
	}
	box := mustOpen(t, rotated, master)
	wantOpens(t, box, before)
	after := mustSeal(t, box, secret, aad)
	wantOpens(t, box, after)
	wantSealed(t, old, after, aad)

	twice, err := sealing.Rotate(t.Context(), rotated, master)
	if err != nil {
		t.Fatalf("Rotate(rotated) = %v", err)
	}
	newest := mustOpen(t, twice, master)
	wantOpens(t, newest, before)
	wantOpens(t, newest, after)
	if _, err := sealing.Rotate(t.Context(), wrapped, otherMaster(t)); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Rotate(another master key) = %v, want ErrWrongMasterKey", err)
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	from, to := mustMaster(t), otherMaster(t)
	wrapped := mustKeyset(t, from)
	sealed := mustSeal(t, mustOpen(t, wrapped, from), secret, aad)

	rewrapped, err := sealing.Rewrap(t.Context(), wrapped, to, from)
	if err != nil {
		t.Fatalf("Rewrap = %v", err)
	}
	if id, err := sealing.MasterKeyID(rewrapped); err != nil || id != to.ID() {
		t.Errorf("MasterKeyID(rewrapped) = %s, %v, want %s", id, err, to.ID())
	}
	if _, err := sealing.Open(t.Context(), rewrapped, from); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Open(rewrapped, old master key) = %v, want ErrWrongMasterKey", err)
	}
	// During a change of master keys, a server has both keys and may read either keyset.
	for _, w := range [][]byte{wrapped, rewrapped} {
		wantOpens(t, mustOpen(t, w, to, from), sealed)
	}
	if _, err := sealing.Rewrap(t.Context(), wrapped, from, to); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Rewrap(from a key it isn't under) = %v, want ErrWrongMasterKey", err)
	}
}

// regional is a key of a service that has keys with one name in several regions.
type regional struct {
	region string
	err    error // of Unwrap
}

func (r regional) Name() string     { return "kms://alias" }
func (r regional) Location() string { return r.Name() + " " + r.region }

func (r regional) Wrap(_ context.Context, key []byte) ([]byte, error) {
	return append([]byte(r.region), key...), nil
}

func (r regional) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	key, ok := bytes.CutPrefix(wrapped, []byte(r.region))
	if r.err != nil || !ok {
		return nil, cmp.Or(r.err, sealing.ErrWrongMasterKey)
	}
	return key, nil
}

// Each key with the ID of the keyset is tried, whatever the others answer.
func TestSameID(t *testing.T) {
	t.Parallel()
	key := sealing.RemoteMasterKey(regional{region: "b"})
	wrapped := mustKeyset(t, key)
	wrong := sealing.RemoteMasterKey(regional{region: "a"})
	altering := sealing.RemoteMasterKey(regional{region: ""}) // it returns another key
	failing := sealing.RemoteMasterKey(regional{region: "c", err: errors.New("no such alias")})
	for _, test := range []struct {
		masters []sealing.MasterKey
		opener  int
		err     error
	}{
		{masters: []sealing.MasterKey{key, wrong}},
		{masters: []sealing.MasterKey{wrong, key}, opener: 1},
		{masters: []sealing.MasterKey{mustMaster(t), wrong, altering, failing, key}, opener: 4},
		{masters: []sealing.MasterKey{wrong, mustMaster(t)}, err: sealing.ErrWrongMasterKey},
		{masters: []sealing.MasterKey{altering, wrong}, err: sealing.ErrSealed},
		{masters: []sealing.MasterKey{altering, wrong}, err: sealing.ErrWrongMasterKey},
		{masters: []sealing.MasterKey{wrong, failing, altering}, err: sealing.ErrRemote},
	} {
		box, err := sealing.Open(t.Context(), wrapped, test.masters...)
		if !errors.Is(err, test.err) {
			t.Errorf("Open(%v) = %v, want %v", test.masters, err, test.err)
		}
		if err == nil && box.OpenedBy() != test.opener {
			t.Errorf("Open(%v): opened by %d, want %d", test.masters, box.OpenedBy(), test.opener)
		}
	}
	if key.ID() != wrong.ID() || key.Equal(wrong) || !key.Equal(sealing.RemoteMasterKey(regional{region: "b", err: sealing.ErrSealed})) {
		t.Error("Equal does not compare the locations")
	}
	if key.Equal(mustMaster(t)) || !mustMaster(t).Equal(mustMaster(t)) || mustMaster(t).Equal(otherMaster(t)) {
		t.Error("Equal does not compare the keys")
	}
}

func TestOpenKeysetRejects(t *testing.T) {
	t.Parallel()
	master := mustMaster(t)
	wrapped := mustKeyset(t, master)
	if _, err := sealing.Open(t.Context(), wrapped); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Open(no master key) = %v, want ErrWrongMasterKey", err)
	}
	for _, n := range []int{0, 1, 8, 9, 10, len(wrapped) - 1} {
		if _, err := sealing.Open(t.Context(), wrapped[:n], master); !errors.Is(err, sealing.ErrSealed) {
			t.Errorf("Open(%d bytes of %d) = %v, want ErrSealed", n, len(wrapped), err)
		}
	}
	// The header names another key, which the server also has.
	other := otherMaster(t)
	swapped := append(bytes.Clone(mustKeyset(t, other)[:9]), wrapped[9:]...)
	if _, err := sealing.Open(t.Context(), swapped, master, other); !errors.Is(err, sealing.ErrSealed) {
		t.Errorf("Open(another key's ID) = %v, want ErrSealed", err)
	}
}

func TestMasterKeyText(t *testing.T) {
	t.Parallel()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "cognate-master-1:") {
		t.Errorf("NewMasterKey = %q, want the prefix cognate-master-1:", text)
	}
	key, err := sealing.ParseMasterKey(" " + text + "\r\n")
	if err != nil {
		t.Fatalf("ParseMasterKey(spaces around) = %v", err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got, want := fmt.Sprintf(format, key), "master key "+key.ID(); got != want {
			t.Errorf("Sprintf(%q, key) = %s, want %s", format, got, want)
		}
	}
	if _, err := sealing.NewMasterKey(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("NewMasterKey(31 bytes of randomness) made a key")
	}
}

func TestParseMasterKeyRejects(t *testing.T) {
	t.Parallel()
	encoded := strings.Repeat("A", 43) + "="
	for _, text := range []string{
		"", "cognate-master-1:", encoded, "cognate-master-2:" + encoded, "Cognate-Master-1:" + encoded,
		"cognate-master-1:" + encoded[1:], "cognate-master-1:" + strings.Repeat("A", 44), "cognate-master-1: " + encoded,
		"cognate-master-1:" + strings.Repeat("A", 42) + "B=", "cognate-master-1:" + strings.Repeat("-", 43) + "=",
	} {
		key, err := sealing.ParseMasterKey(text)
		if !errors.Is(err, sealing.ErrMasterKey) || key != (sealing.MasterKey{}) {
			t.Errorf("ParseMasterKey(%q) = %v, %v, want ErrMasterKey", text, key, err)
		}
		if text != "" && err != nil && strings.Contains(err.Error(), encoded) {
			t.Errorf("ParseMasterKey(%q) quotes the key: %v", text, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	master, err := sealing.ParseMasterKey("cognate-master-1:" + strings.Repeat("A", 43) + "=")
	if err != nil {
		f.Fatal(err)
	}
	wrapped, err := sealing.NewKeyset(f.Context(), master)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped)
	f.Add(wrapped[:9])
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		box, err := sealing.Open(t.Context(), wrapped, master)
		if (box == nil) == (err == nil) {
			t.Fatalf("Open = %v, %v", box, err)
		}
		if err != nil && !errors.Is(err, sealing.ErrSealed) && !errors.Is(err, sealing.ErrWrongMasterKey) {
			t.Fatalf("Open(%x) = %v, which is no sentinel", wrapped, err)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	master, err := sealing.ParseMasterKey("cognate-master-1:" + strings.Repeat("A", 43) + "=")
	if err != nil {
		b.Fatal(err)
	}
	wrapped, err := sealing.NewKeyset(b.Context(), master)
	if err != nil {
		b.Fatal(err)
	}
	box, err := sealing.Open(b.Context(), wrapped, master)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		sealed, err := box.Seal(secret, aad)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := box.Open(sealed, aad); err != nil {
			b.Fatal(err)
		}
	}
}

// mustMaster always returns the same key; otherMaster returns another.
func mustMaster(t *testing.T) sealing.MasterKey  { return masterOf(t, 1) }
func otherMaster(t *testing.T) sealing.MasterKey { return masterOf(t, 2) }

func masterOf(t *testing.T, fill byte) sealing.MasterKey {
	t.Helper()
	text, err := sealing.NewMasterKey(bytes.NewReader(bytes.Repeat([]byte{fill}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustKeyset(t *testing.T, master sealing.MasterKey) []byte {
	t.Helper()
	wrapped, err := sealing.NewKeyset(t.Context(), master)
	if err != nil {
		t.Fatalf("NewKeyset = %v", err)
	}
	return wrapped
}

func mustOpen(t *testing.T, wrapped []byte, masters ...sealing.MasterKey) *sealing.Box {
	t.Helper()
	box, err := sealing.Open(t.Context(), wrapped, masters...)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	return box
}

func mustSeal(t *testing.T, box *sealing.Box, plaintext []byte, context string) []byte {
	t.Helper()
	sealed, err := box.Seal(plaintext, context)
	if err != nil {
		t.Fatalf("Seal = %v", err)
	}
	return sealed
}

func wantOpens(t *testing.T, box *sealing.Box, sealed []byte) {
	t.Helper()
	if got, err := box.Open(sealed, aad); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("Open = %q, %v, want %q", got, err, secret)
	}
}

func wantSealed(t *testing.T, box *sealing.Box, sealed []byte, aad string) {
	t.Helper()
	if got, err := box.Open(sealed, aad); !errors.Is(err, sealing.ErrSealed) || got != nil {
		t.Errorf("Open(%x for %q) = %q, %v, want ErrSealed", sealed, aad, got, err)
	}
}
