package totp_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp"

	"cognate/authn/totp"
)

var rfcSecret = []byte("12345678901234567890")

// RFC 6238 appendix B, SHA-1 rows. The vectors have eight digits; a six-digit code is their last six.
var vectors = []struct {
	seconds int64
	step    int64
	code    string
}{
	{59, 0x1, "94287082"},
	{1111111109, 0x23523EC, "07081804"},
	{1111111111, 0x23523ED, "14050471"},
	{1234567890, 0x273EF07, "89005924"},
	{2000000000, 0x3F940AA, "69279037"},
	{20000000000, 0x27BC86AA, "65353130"},
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		now, want := time.Unix(v.seconds, 0), v.code[2:]
		if got := totp.Code(rfcSecret, now); got != want {
			t.Errorf("Code(at %d) = %s, want %s", v.seconds, got, want)
		}
		step, err := totp.Verify(rfcSecret, want, now, 0)
		if err != nil || step != v.step {
			t.Errorf("Verify(%s at %d) = %#x, %v, want %#x", want, v.seconds, step, err, v.step)
		}
	}
}

func TestVerifyWindow(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_700_000_010, 0) // the first second of a step
	code, step := totp.Code(rfcSecret, start), totp.Step(start)
	tests := []struct {
		name  string
		after time.Duration
		want  error
	}{
		{"two steps early", -31 * time.Second, totp.ErrMismatch},
		{"first instant of the step before", -30 * time.Second, nil},
		{"last instant of the step before", -time.Nanosecond, nil},
		{"first instant", 0, nil},
		{"last instant", 30*time.Second - time.Nanosecond, nil},
		{"last instant of the step after", 60*time.Second - time.Nanosecond, nil},
		{"two steps late", 60 * time.Second, totp.ErrMismatch},
	}
	for _, tt := range tests {
		got, err := totp.Verify(rfcSecret, code, start.Add(tt.after), 0)
		if !errors.Is(err, tt.want) {
			t.Errorf("Verify(%s) = %v, want %v", tt.name, err, tt.want)
		}
		if err == nil && got != step {
			t.Errorf("Verify(%s) matched step %d, want %d", tt.name, got, step)
		}
	}
}

func TestVerifyReplay(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_010, 0)
	first, err := totp.Verify(rfcSecret, totp.Code(rfcSecret, now), now, 0)
	if err != nil {
		t.Fatalf("Verify(first use) = %v", err)
	}
	for _, shift := range []time.Duration{0, 30 * time.Second, -30 * time.Second} {
		_, err := totp.Verify(rfcSecret, totp.Code(rfcSecret, now), now.Add(shift), first)
		if !errors.Is(err, totp.ErrReplayed) {
			t.Errorf("Verify(used code, %v later) = %v, want ErrReplayed", shift, err)
		}
	}
	before := totp.Code(rfcSecret, now.Add(-totp.Period))
	if _, err := totp.Verify(rfcSecret, before, now, first); !errors.Is(err, totp.ErrReplayed) {
		t.Errorf("Verify(code of an earlier step than the one spent) = %v, want ErrReplayed", err)
	}
	next := now.Add(totp.Period)
	if step, err := totp.Verify(rfcSecret, totp.Code(rfcSecret, next), next, first); err != nil || step != first+1 {
		t.Errorf("Verify(next code) = %d, %v, want %d", step, err, first+1)
	}
}

func TestVerifyMalformed(t *testing.T) {
	t.Parallel()
	now := time.Unix(59, 0) // code 287082
	for _, code := range []string{
		"", "2", "28708", "2870820", "94287082", " 287082", "287082 ", "28708\x00", "28708a", "+87082", "-87082", "000000",
		"２８７０８２", "٢٨٧٠٨٢", "28７",
	} {
		if step, err := totp.Verify(rfcSecret, code, now, 0); !errors.Is(err, totp.ErrMismatch) || step != 0 {
			t.Errorf("Verify(%q) = %d, %v, want ErrMismatch", code, step, err)
		}
	}
}

// Codes that an app makes by another hash function are wrong. Source: docs/behaviour.md §1.1; RFC 6238 appendix B.
func TestVerifyOtherHashes(t *testing.T) {
	t.Parallel()
	for _, v := range []struct{ hash, secret, code string }{
		{"SHA-256", "12345678901234567890123456789012", "46119246"},
		{"SHA-512", "1234567890123456789012345678901234567890123456789012345678901234", "90693936"},
	} {
		if _, err := totp.Verify([]byte(v.secret), v.code[2:], time.Unix(59, 0), 0); !errors.Is(err, totp.ErrMismatch) {
			t.Errorf("Verify(code by %s) = %v, want ErrMismatch", v.hash, err)
		}
	}
}

// Anyone can compute the codes of a missing secret, so Verify must reject them.
func TestVerifyWithoutSecret(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_010, 0)
	for _, secret := range [][]byte{nil, {}, []byte("fifteen bytes..")} {
		if _, err := totp.Verify(secret, totp.Code(secret, now), now, 0); !errors.Is(err, totp.ErrSecret) {
			t.Errorf("Verify(secret of %d bytes) = %v, want ErrSecret", len(secret), err)
		}
	}
}

// Two neighbouring steps share a code about once in a million. The code is then used for both.
func TestVerifySharedCode(t *testing.T) {
	t.Parallel()
	at := time.Unix(27322110, 0) // the first time at which this secret has such a pair
	if one, next := totp.Code(rfcSecret, at), totp.Code(rfcSecret, at.Add(totp.Period)); one != next {
		t.Fatalf("the codes %s and %s should be the same", one, next)
	}
	code, later := totp.Code(rfcSecret, at), totp.Step(at)+1
	step, err := totp.Verify(rfcSecret, code, at, 0)
	if err != nil || step != later {
		t.Fatalf("Verify(shared code) = %d, %v, want the later step %d", step, err, later)
	}
	if _, err := totp.Verify(rfcSecret, code, at.Add(totp.Period), step); !errors.Is(err, totp.ErrReplayed) {
		t.Errorf("Verify(shared code again) = %v, want ErrReplayed", err)
	}
}

func TestStepBefore1970(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]int64{-31: -2, -30: -1, -1: -1, 0: 0, 29: 0, 30: 1} {
		if got := totp.Step(time.Unix(seconds, 0)); got != want {
			t.Errorf("Step(%d s) = %d, want %d", seconds, got, want)
		}
	}
}

func TestSecretText(t *testing.T) {
	t.Parallel()
	secret, err := totp.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := totp.Encode(secret)
	if len(text) != 52 {
		t.Errorf("Encode(new secret) = %q of %d characters, want 52", text, len(text))
	}
	got, err := totp.Decode(text)
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("Decode(Encode(secret)) = %x, %v, want %x", got, err, secret)
	}
	if _, err := totp.NewSecret(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("NewSecret(31 bytes of randomness) made a secret")
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "gezd gnbv-gy3t qojq gezd gnbv gy3t qojq==",
	} {
		if got, err := totp.Decode(text); err != nil || !bytes.Equal(got, rfcSecret) {
			t.Errorf("Decode(%q) = %q, %v, want %q", text, got, err, rfcSecret)
		}
	}
	for _, text := range []string{"", "=", " ", "A", "GEZDGNB1", "GEZDGNB0", "GEZD=GNBV", "GÈZD"} {
		if got, err := totp.Decode(text); !errors.Is(err, totp.ErrSecret) || got != nil {
			t.Errorf("Decode(%q) = %q, %v, want ErrSecret", text, got, err)
		}
	}
}

func TestURI(t *testing.T) {
	t.Parallel()
	const rest = "&algorithm=SHA1&digits=6&period=30"
	const secret = "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	tests := []struct{ issuer, account, want string }{
		{"Example", "alice@example.com", "otpauth://totp/Example:alice%40example.com?" + secret + "&issuer=Example" + rest},
		{"Ann & Bob: 100%", "a/b?c#d+e", "otpauth://totp/Ann%20%26%20Bob%3A%20100%25:a%2Fb%3Fc%23d%2Be?" + secret +
			"&issuer=Ann%20%26%20Bob%3A%20100%25" + rest},
		{"", "Zoë", "otpauth://totp/Zo%C3%AB?" + secret + rest},
		{"Example", "", "otpauth://totp/Example?" + secret + "&issuer=Example" + rest},
	}
	for _, tt := range tests {
		got := totp.URI(tt.issuer, tt.account, rfcSecret)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("URI(%q, %q) (-want +got):\n%s", tt.issuer, tt.account, diff)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("URI(%q, %q) is no address: %v", tt.issuer, tt.account, err)
		}
		if issuer := u.Query().Get("issuer"); issuer != tt.issuer {
			t.Errorf("URI(%q, ...) names the issuer %q", tt.issuer, issuer)
		}
		key, err := otp.NewKeyFromURL(got)
		if err != nil || totp.Encode(rfcSecret) != key.Secret() {
			t.Errorf("NewKeyFromURL(%s) = %v, %v, want the secret", got, key, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.code[2:], v.seconds, int64(0))
	}
	f.Add("287082", int64(59), int64(1))
	f.Add("２８", int64(59), int64(-1))
	f.Fuzz(func(t *testing.T, code string, seconds, last int64) {
		seconds %= 1 << 40
		now := time.Unix(seconds, 0)
		step, err := totp.Verify(rfcSecret, code, now, last)
		if err != nil {
			if step != 0 {
				t.Fatalf("Verify(%q) = step %d with %v", code, step, err)
			}
			return
		}
		if step <= last || step < totp.Step(now)-1 || step > totp.Step(now)+1 {
			t.Fatalf("Verify(%q at step %d, last %d) accepted step %d", code, totp.Step(now), last, step)
		}
		if want := totp.Code(rfcSecret, time.Unix(step*30, 0)); code != want {
			t.Fatalf("Verify(%q) accepted what should be %s", code, want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	f.Add("gezd gnbv-gy3t====")
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := totp.Decode(text)
		if err != nil {
			if secret != nil {
				t.Fatalf("Decode(%q) = %x with %v", text, secret, err)
			}
			return
		}
		if again, err := totp.Decode(totp.Encode(secret)); err != nil || !bytes.Equal(again, secret) {
			t.Fatalf("Decode(Encode(%x)) = %x, %v", secret, again, err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	now := time.Unix(1_700_000_010, 0)
	code := totp.Code(rfcSecret, now)
	for b.Loop() {
		if _, err := totp.Verify(rfcSecret, code, now, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// The code of LastStep works at the time, and that of the step after it does not.
func TestLastStep(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	code := func(step int64) string { return totp.Code(rfcSecret, time.Unix(step*30, 0)) }
	if _, err := totp.Verify(rfcSecret, code(totp.LastStep(at)), at, 0); err != nil {
		t.Errorf("Verify(code of LastStep) = %v", err)
	}
	if _, err := totp.Verify(rfcSecret, code(totp.LastStep(at)+1), at, 0); err == nil {
		t.Error("Verify(code of the step after LastStep) = no error")
	}
}
