package srp_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/authn/srp"
)

var (
	alice = srp.Identity{PoolName: "Ab1Cd2Ef3", Username: "alice"}
	now   = time.Date(2026, time.January, 6, 7, 8, 9, 0, time.UTC)
	block = []byte("what the server sealed")
)

// vector is one exchange of testdata/vectors.json, computed by testdata/vectors.py.
type vector struct {
	PoolName, Username, Password  string
	Salt, LittleA, LittleB        string
	V, BigA, BigB                 string
	SecretBlock, Timestamp, Claim string
}

func (v vector) identity() srp.Identity {
	return srp.Identity{PoolName: v.PoolName, Username: v.Username}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		client, err := srp.NewClient(bytes.NewReader(unhex(t, v.LittleA)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v.BigA, client.A()); diff != "" {
			t.Errorf("A (-want +got):\n%s", diff)
		}
		verifier := vectorVerifier(t, v)
		if diff := cmp.Diff(v.V, new(big.Int).SetBytes(verifier.V).Text(16)); diff != "" {
			t.Errorf("V (-want +got):\n%s", diff)
		}
		exchange := mustBegin(t, verifier, v.BigA, v.LittleB)
		if diff := cmp.Diff(v.BigB, exchange.BHex()); diff != "" {
			t.Errorf("B (-want +got):\n%s", diff)
		}
		challenge := srp.Challenge{Salt: verifier.SaltHex(), B: exchange.BHex(), SecretBlock: v.SecretBlock}
		claim, timestamp, err := client.Respond(v.identity(), v.Password, challenge, now)
		if err != nil || claim != v.Claim || timestamp != v.Timestamp {
			t.Errorf("Respond = %s, %s, %v, want %s, %s", claim, timestamp, err, v.Claim, v.Timestamp)
		}
		if !exchange.Verify(verifier, v.identity(), mustAnswer(t, v)) {
			t.Errorf("Verify(%s's claim) = false, want true", v.Username)
		}
	}
}

// vectorVerifier returns the verifier for v's salt. A verifier's salt has 16 bytes, leading zeros included.
func vectorVerifier(t *testing.T, v vector) srp.Verifier {
	t.Helper()
	salt, ok := new(big.Int).SetString(v.Salt, 16)
	if !ok {
		t.Fatalf("bad salt %s", v.Salt)
	}
	verifier, err := srp.NewVerifier(v.identity(), v.Password, bytes.NewReader(salt.FillBytes(make([]byte, 16))))
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func TestVerifyRejects(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	verifier := vectorVerifier(t, v)
	exchange := mustBegin(t, verifier, v.BigA, v.LittleB)
	other := mustVerifier(t, v.identity(), v.Password)
	type attempt struct {
		exchange srp.Exchange
		verifier srp.Verifier
		id       srp.Identity
		answer   srp.Answer
	}
	tests := []struct {
		name   string
		change func(*attempt)
	}{
		{"another secret block", func(a *attempt) { a.answer.SecretBlock = block }},
		{"another time", func(a *attempt) { a.answer.Timestamp = now.Add(time.Second) }},
		{"empty signature", func(a *attempt) { a.answer.Signature = "" }},
		{"cut signature", func(a *attempt) { a.answer.Signature = a.answer.Signature[:40] }},
		{"no base64", func(a *attempt) { a.answer.Signature = "%" + a.answer.Signature[1:] }},
		{"another user", func(a *attempt) { a.id.Username = "bob" }},
		{"another pool", func(a *attempt) { a.id.PoolName = "y" }},
		{"another verifier", func(a *attempt) { a.verifier = other }},
		{"another b", func(a *attempt) { a.exchange.Secret = make([]byte, 32) }},
		{"another A", func(a *attempt) { a.exchange.A = []byte{2} }},
		{"another B", func(a *attempt) { a.exchange.B = []byte{2} }},
	}
	for _, tt := range tests {
		a := attempt{exchange, verifier, v.identity(), mustAnswer(t, v)}
		tt.change(&a)
		if a.exchange.Verify(a.verifier, a.id, a.answer) {
			t.Errorf("Verify(%s) = true, want false", tt.name)
		}
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	verifier := mustVerifier(t, alice, "Passw0rd!")
	for password, want := range map[string]bool{"Passw0rd!": true, "passw0rd!": false, "": false, "Passw0rd! ": false} {
		if got := signIn(t, verifier, alice, password); got != want {
			t.Errorf("a sign-in with %q = %t, want %t", password, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	verifier := mustVerifier(t, alice, "Passw0rd!")
	tests := []struct {
		id       srp.Identity
		password string
		want     bool
	}{
		{alice, "Passw0rd!", true},
		{alice, "Passw0rd", false},
		{alice, "", false},
		{srp.Identity{PoolName: alice.PoolName, Username: "bob"}, "Passw0rd!", false},
		{srp.Identity{PoolName: "other", Username: alice.Username}, "Passw0rd!", false},
	}
	for _, tt := range tests {
		if got := verifier.Check(tt.id, tt.password); got != tt.want {
			t.Errorf("Check(%v, %q) = %t, want %t", tt.id, tt.password, got, tt.want)
		}
	}
	if (srp.Verifier{}).Check(alice, "") {
		t.Error("the zero Verifier has a password")
	}
}

// Clients send the verifier of a device's secret with or without leading zero bytes. Both forms verify.
func TestParseVerifier(t *testing.T) {
	t.Parallel()
	device := srp.Identity{PoolName: "-v7w9UcY6", Username: "us-east-1_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"}
	made := mustVerifier(t, device, "secret")
	for name, v := range map[string]srp.Verifier{
		"as made":        made,
		"zeros in front": {Salt: append([]byte{0}, made.Salt...), V: append([]byte{0}, made.V...)},
		"no zeros":       {Salt: new(big.Int).SetBytes(made.Salt).Bytes(), V: new(big.Int).SetBytes(made.V).Bytes()},
	} {
		parsed, err := srp.ParseVerifier(v.Salt, v.V)
		if err != nil {
			t.Errorf("ParseVerifier(%s) = %v", name, err)
			continue
		}
		if len(parsed.V) != 384 || parsed.SaltHex() != made.SaltHex() || !signIn(t, parsed, device, "secret") {
			t.Errorf("ParseVerifier(%s) doesn't verify its secret", name)
		}
	}
}

func TestParseVerifierRejects(t *testing.T) {
	t.Parallel()
	n, one := srp.Modulus, big.NewInt(1)
	salt, two := bytes.Repeat([]byte{7}, 16), []byte{2}
	for name, v := range map[string]srp.Verifier{
		"no salt":         {V: two},
		"short salt":      {Salt: salt[:7], V: two},
		"a salt of zeros": {Salt: make([]byte, 16), V: two},
		"long salt":       {Salt: bytes.Repeat(salt, 5), V: two},
		"no v":            {Salt: salt},
		"v of 0":          {Salt: salt, V: make([]byte, 384)},
		"v of 1":          {Salt: salt, V: []byte{1}},
		"v of N-1":        {Salt: salt, V: new(big.Int).Sub(n, one).Bytes()},
		"v of N":          {Salt: salt, V: n.Bytes()},
		"v of 2N":         {Salt: salt, V: new(big.Int).Lsh(n, 1).Bytes()},
		"v of N+1":        {Salt: salt, V: new(big.Int).Add(n, one).Bytes()},
		"long v":          {Salt: salt, V: bytes.Repeat([]byte{1}, 1<<16)},
	} {
		if got, err := srp.ParseVerifier(v.Salt, v.V); !errors.Is(err, srp.ErrBadVerifier) || got.Salt != nil || got.V != nil {
			t.Errorf("ParseVerifier(%s) = %v, %v, want ErrBadVerifier", name, got, err)
		}
	}
}

func TestDecoyVerifier(t *testing.T) {
	t.Parallel()
	key := []byte("a key of the pool's")
	first, again := mustDecoy(t, key, alice), mustDecoy(t, key, alice)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("DecoyVerifier isn't the same every time (-first +again):\n%s", diff)
	}
	others := map[string]srp.Verifier{
		"another user":       mustDecoy(t, key, srp.Identity{PoolName: alice.PoolName, Username: "bob"}),
		"another pool":       mustDecoy(t, key, srp.Identity{PoolName: "other", Username: alice.Username}),
		"the same letters":   mustDecoy(t, key, srp.Identity{PoolName: alice.PoolName + "a", Username: "lice"}),
		"another key":        mustDecoy(t, []byte("another key"), alice),
		"a real user's salt": mustVerifier(t, alice, "Passw0rd!"),
	}
	for name, other := range others {
		if bytes.Equal(first.Salt, other.Salt) || bytes.Equal(first.V, other.V) {
			t.Errorf("DecoyVerifier(%s) shares a salt or a verifier", name)
		}
		if len(first.Salt) != len(other.Salt) || len(first.V) != len(other.V) {
			t.Errorf("DecoyVerifier(%s) has another size", name)
		}
	}
	if first.Check(alice, "Passw0rd!") || signIn(t, first, alice, "Passw0rd!") {
		t.Error("a fake user signed in")
	}
}

func TestParseA(t *testing.T) {
	t.Parallel()
	n := srp.Modulus
	largest := new(big.Int).Sub(n, big.NewInt(1))
	accepted := map[string][]byte{
		"1": {1}, "02": {2}, "abc": {0x0a, 0xbc}, "ABC": {0x0a, 0xbc}, "0000ff": {0xff},
		largest.Text(16): largest.Bytes(), "00" + largest.Text(16): largest.Bytes(),
	}
	for text, want := range accepted {
		if got, err := srp.ParseA(text); err != nil || !bytes.Equal(got, want) {
			t.Errorf("ParseA(%.20s) = %x, %v, want %x", text, got, err, want)
		}
	}
	rejected := []string{
		"", "0", "00", strings.Repeat("0", 770), n.Text(16), "00" + n.Text(16), new(big.Int).Lsh(n, 1).Text(16),
		new(big.Int).Add(n, big.NewInt(1)).Text(16), "-1", "+1", "0x1", "1_0", " 1", "1 ", "g", "１",
		strings.Repeat("0", 770) + "1", strings.Repeat("f", 1<<17),
	}
	for _, text := range rejected {
		if got, err := srp.ParseA(text); !errors.Is(err, srp.ErrBadA) || got != nil {
			t.Errorf("ParseA(%.20s) = %x, %v, want ErrBadA", text, got, err)
		}
	}
}

func TestParseTimestamp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		ok   bool // the written form is the one that is signed
	}{
		{"Tue Jan 6 07:08:09 UTC 2026", true},
		{"Wed Nov 18 23:59:59 UTC 2026", true},
		{"Tue Jan 06 07:08:09 UTC 2026", false}, // a day with a leading zero
		{"Tue Jan  6 07:08:09 UTC 2026", false}, // a day with a leading space
		{"Mon Jan 6 07:08:09 UTC 2026", false},  // the date is a Tuesday
		{"Tue Jan 6 08:08:09 CET 2026", false},
	}
	for _, tt := range tests {
		at, err := srp.ParseTimestamp(tt.text)
		if err != nil {
			t.Errorf("ParseTimestamp(%q) = %v", tt.text, err)
			continue
		}
		if got := srp.FormatTimestamp(at); (got == tt.text) != tt.ok {
			t.Errorf("ParseTimestamp(%q) is written %q, want the same: %t", tt.text, got, tt.ok)
		}
	}
	for _, text := range []string{
		"", "2026-01-06T07:08:09Z", "Tue, 06 Jan 2026 07:08:09 UTC", "Di Jan 6 07:08:09 UTC 2026", "Tue Jan 6 07:08:09 2026",
		"Tue Jan 32 07:08:09 UTC 2026", "Tue Jan 6 07:08:09 UTC 26", "Tue Jan 6 07:08:09 UTC 2026 ", "Jan 6 07:08:09 UTC 2026",
	} {
		if at, err := srp.ParseTimestamp(text); !errors.Is(err, srp.ErrTimestamp) || !at.IsZero() {
			t.Errorf("ParseTimestamp(%q) = %v, %v, want ErrTimestamp", text, at, err)
		}
	}
	if got := srp.FormatTimestamp(now.In(time.FixedZone("", 3600))); got != "Tue Jan 6 07:08:09 UTC 2026" {
		t.Errorf("FormatTimestamp(in another zone) = %q", got)
	}
}

func TestRespondRejects(t *testing.T) {
	t.Parallel()
	good := srp.Challenge{Salt: "abc", B: "2", SecretBlock: "YmxvY2s="}
	tests := map[string]func(*srp.Challenge){
		"salt":              func(c *srp.Challenge) { c.Salt = "xyz" },
		"negative salt":     func(c *srp.Challenge) { c.Salt = "-1" },
		"B":                 func(c *srp.Challenge) { c.B = "" },
		"B of 0":            func(c *srp.Challenge) { c.B = "0" },
		"B of N":            func(c *srp.Challenge) { c.B = srp.Modulus.Text(16) },
		"negative B":        func(c *srp.Challenge) { c.B = "-2" },
		"unreadable secret": func(c *srp.Challenge) { c.SecretBlock = "*" },
	}
	client := mustClient(t)
	if _, _, err := client.Respond(alice, "p", good, now); err != nil {
		t.Fatalf("Respond(good challenge) = %v", err)
	}
	for name, spoil := range tests {
		bad := good
		spoil(&bad)
		if _, _, err := client.Respond(alice, "p", bad, now); !errors.Is(err, srp.ErrBadChallenge) {
			t.Errorf("Respond(%s) = %v, want ErrBadChallenge", name, err)
		}
	}
}

func TestPower(t *testing.T) {
	t.Parallel()
	top := new(big.Int).Lsh(big.NewInt(1), 256)
	exponents := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(15), big.NewInt(16), new(big.Int).Sub(top, big.NewInt(1))}
	for range 20 {
		e, err := rand.Int(rand.Reader, top)
		if err != nil {
			t.Fatal(err)
		}
		exponents = append(exponents, e)
	}
	for _, e := range exponents {
		if got, want := srp.Power(e), new(big.Int).Exp(big.NewInt(2), e, srp.Modulus); got.Cmp(want) != 0 {
			t.Errorf("power(%x) = %x, want %x", e, got, want)
		}
	}
}

func TestNoRandomness(t *testing.T) {
	t.Parallel()
	empty := bytes.NewReader(nil)
	if _, err := srp.NewVerifier(alice, "p", empty); err == nil {
		t.Error("NewVerifier made a salt of nothing")
	}
	if _, err := srp.Begin(mustVerifier(t, alice, "p"), []byte{2}, empty); err == nil {
		t.Error("Begin made a secret of nothing")
	}
	if _, err := srp.NewClient(empty); err == nil {
		t.Error("NewClient made a secret of nothing")
	}
}

func FuzzParseA(f *testing.F) {
	for _, seed := range []string{"0", "1", "abc", srp.Modulus.Text(16), "-1", "0x1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := srp.ParseA(text)
		if err != nil {
			if a != nil || !errors.Is(err, srp.ErrBadA) {
				t.Fatalf("ParseA(%q) = %x, %v", text, a, err)
			}
			return
		}
		n := new(big.Int).SetBytes(a)
		if n.Sign() == 0 || n.Cmp(srp.Modulus) >= 0 {
			t.Fatalf("ParseA(%q) accepted %x", text, a)
		}
		if again, err := srp.ParseA(n.Text(16)); err != nil || !bytes.Equal(again, a) {
			t.Fatalf("ParseA(%x) = %x, %v", n, again, err)
		}
	})
}

func FuzzParseTimestamp(f *testing.F) {
	for _, seed := range []string{
		"Tue Jan 6 07:08:09 UTC 2026", "Tue Jan 06 07:08:09 UTC 2026",
		"Tue Feb 30 07:08:09 GMT+3 2026", "tue jan 6 7:08:09.5 X 0000",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := srp.ParseTimestamp(text)
		if err != nil {
			if !at.IsZero() || !errors.Is(err, srp.ErrTimestamp) {
				t.Fatalf("ParseTimestamp(%q) = %v, %v", text, at, err)
			}
			return
		}
		written := srp.FormatTimestamp(at)
		again, err := srp.ParseTimestamp(written)
		if err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Fatalf("ParseTimestamp(%q), of %q = %v, %v, want %v", written, text, again, err, at)
		}
	})
}

func BenchmarkPower(b *testing.B) {
	e := new(big.Int).SetBytes(bytes.Repeat([]byte{0xa5}, 32))
	srp.Power(e)
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			srp.Power(e)
		}
	})
	b.Run("Exp", func(b *testing.B) {
		for b.Loop() {
			new(big.Int).Exp(big.NewInt(2), e, srp.Modulus)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	verifier := mustVerifier(b, alice, "Passw0rd!")
	for b.Loop() {
		if !verifier.Check(alice, "Passw0rd!") {
			b.Fatal("rejected")
		}
	}
}

func BenchmarkBegin(b *testing.B) {
	verifier := mustVerifier(b, alice, "Passw0rd!")
	a := mustA(b, mustClient(b).A())
	for b.Loop() {
		if _, err := srp.Begin(verifier, a, rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	verifier := mustVerifier(b, alice, "Passw0rd!")
	exchange, answer := answered(b, verifier, alice, "Passw0rd!")
	for b.Loop() {
		if !exchange.Verify(verifier, alice, answer) {
			b.Fatal("rejected")
		}
	}
}

func signIn(t testing.TB, verifier srp.Verifier, id srp.Identity, password string) bool {
	t.Helper()
	exchange, answer := answered(t, verifier, id, password)
	return exchange.Verify(verifier, id, answer)
}

// answered returns an exchange and the answer of a client that uses password.
func answered(t testing.TB, verifier srp.Verifier, id srp.Identity, password string) (srp.Exchange, srp.Answer) {
	t.Helper()
	client := mustClient(t)
	exchange, err := srp.Begin(verifier, mustA(t, client.A()), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	challenge := srp.Challenge{
		Salt: verifier.SaltHex(), B: exchange.BHex(), SecretBlock: base64.StdEncoding.EncodeToString(block),
	}
	signature, timestamp, err := client.Respond(id, password, challenge, now)
	if err != nil {
		t.Fatal(err)
	}
	at, err := srp.ParseTimestamp(timestamp)
	if err != nil {
		t.Fatal(err)
	}
	return exchange, srp.Answer{SecretBlock: block, Timestamp: at, Signature: signature}
}

func mustAnswer(t testing.TB, v vector) srp.Answer {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(v.SecretBlock)
	if err != nil {
		t.Fatal(err)
	}
	at, err := srp.ParseTimestamp(v.Timestamp)
	if err != nil {
		t.Fatal(err)
	}
	return srp.Answer{SecretBlock: decoded, Timestamp: at, Signature: v.Claim}
}

func mustBegin(t testing.TB, verifier srp.Verifier, a, b string) srp.Exchange {
	t.Helper()
	exchange, err := srp.Begin(verifier, mustA(t, a), bytes.NewReader(unhex(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	return exchange
}

func mustA(t testing.TB, text string) []byte {
	t.Helper()
	a, err := srp.ParseA(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustClient(t testing.TB) *srp.Client {
	t.Helper()
	client, err := srp.NewClient(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func mustVerifier(t testing.TB, id srp.Identity, password string) srp.Verifier {
	t.Helper()
	verifier, err := srp.NewVerifier(id, password, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func mustDecoy(t testing.TB, key []byte, id srp.Identity) srp.Verifier {
	t.Helper()
	verifier, err := srp.DecoyVerifier(key, id)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func FuzzParseVerifier(f *testing.F) {
	f.Add([]byte("sixteen bytes of"), []byte{2})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1}, srp.Modulus.Bytes())
	f.Add([]byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, salt, v []byte) {
		parsed, err := srp.ParseVerifier(salt, v)
		if err != nil {
			if !errors.Is(err, srp.ErrBadVerifier) || parsed.Salt != nil || parsed.V != nil {
				t.Fatalf("ParseVerifier(%x, %x) = %v, %v", salt, v, parsed, err)
			}
			return
		}
		n := new(big.Int).SetBytes(parsed.V)
		if n.Cmp(new(big.Int).SetBytes(v)) != 0 || n.Sign() == 0 || n.Cmp(srp.Modulus) >= 0 || len(parsed.V) != 384 {
			t.Fatalf("ParseVerifier(%x, %x) accepted %v", salt, v, parsed)
		}
		if _, err := srp.ParseVerifier(parsed.Salt, parsed.V); err != nil {
			t.Fatalf("ParseVerifier(as parsed) = %v", err)
		}
	})
}
