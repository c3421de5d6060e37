package codekeys_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
	"cognate/internal/outgoing"
	"cognate/trigger"
	"cognate/trigger/codekeys"
)

const (
	account = "123456789012"
	keyARN  = "arn:aws:kms:eu-west-1:" + account + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	secret  = "0123456789abcdef0123456789abcdef"
	dataKey = "abcdef0123456789abcdef0123456789" // that the KMS makes
)

func pool(id string) *cognate.UserPool {
	return &cognate.UserPool{ID: "eu-west-1_people", AccountID: account, LambdaConfig: &api.LambdaConfigType{KMSKeyID: id}}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// mustSeal returns the bytes of a code that the key of keyARN encrypts.
func mustSeal(t *testing.T, key codekeys.Key) []byte {
	t.Helper()
	keys := &codekeys.Keys{ByID: map[string]codekeys.Key{keyARN: key}}
	text := must(keys.SealCode(t.Context(), pool(keyARN), "123456"))(t)
	return must(base64.StdEncoding.DecodeString(text))(t)
}

// reader reads the fields of a message.
type reader struct {
	t    *testing.T
	rest []byte
}

func (r *reader) take(n int) []byte {
	r.t.Helper()
	if n > len(r.rest) {
		r.t.Fatalf("the message ends before a field of %d bytes", n)
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) field() []byte {
	r.t.Helper()
	return r.take(int(binary.BigEndian.Uint16(r.take(2))))
}

// opened is what a message says.
type opened struct {
	provider, info, wrapped []byte
	pairs                   []byte // the encryption context
	bound                   map[string]string
}

// wantCode decrypts a message with the data key that unwrap returns.
func wantCode(t *testing.T, message []byte, unwrap func(opened) []byte) {
	t.Helper()
	r := &reader{t, message}
	if start := r.take(3); !bytes.Equal(start, []byte{2, 5, 0x78}) {
		t.Errorf("the message starts with % x, want version 2 and suite 05 78", start)
	}
	id := r.take(32)
	o := opened{pairs: r.field(), bound: make(map[string]string)}
	pairs := &reader{t, o.pairs}
	for range binary.BigEndian.Uint16(pairs.take(2)) {
		key := string(pairs.field())
		o.bound[key] = string(pairs.field())
	}
	if count := r.take(2); !bytes.Equal(count, []byte{0, 1}) {
		t.Errorf("the message has % x data keys, want 1", count)
	}
	o.provider, o.info, o.wrapped = r.field(), r.field(), r.field()
	if o.bound["userpool-id"] != "eu-west-1_people" || len(o.bound) != 2 {
		t.Errorf("encryption context = %v, want the pool and a public key", o.bound)
	}
	plain := unwrap(o)
	derived := must(hkdf.Key(sha512.New, plain, id, "\x05\x78DERIVEKEY", 32))(t)
	if kind := r.take(5); !bytes.Equal(kind, []byte{2, 0, 0, 0x10, 0}) {
		t.Errorf("content type and frame length = % x, want 2 and 4096", kind)
	}
	if commitment := must(hkdf.Key(sha512.New, plain, id, "COMMITKEY", 32))(t); !bytes.Equal(r.take(32), commitment) {
		t.Error("the message commits to another data key")
	}
	aead := must(cipher.NewGCM(must(aes.NewCipher(derived))(t)))(t)
	header := message[:len(message)-len(r.rest)]
	if _, err := aead.Open(nil, make([]byte, 12), r.take(16), header); err != nil {
		t.Errorf("header: %v", err)
	}
	if frame := r.take(8); !bytes.Equal(frame, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1}) {
		t.Errorf("the frame starts with % x, want the final frame 1", frame)
	}
	nonce, size := r.take(12), r.take(4)
	aad := slices.Concat(id, []byte("AWSKMSEncryptionClient Final Frame\x00\x00\x00\x01\x00\x00\x00\x00"), size)
	code, err := aead.Open(nil, nonce, r.take(int(binary.BigEndian.Uint32(size))+16), aad)
	if err != nil || string(code) != "123456" {
		t.Errorf("Open() = %q, %v, want the code", code, err)
	}
	digest := sha512.Sum384(message[:len(message)-len(r.rest)])
	public := must(base64.StdEncoding.DecodeString(o.bound["aws-crypto-public-key"]))(t)
	x, y := elliptic.UnmarshalCompressed(elliptic.P384(), public)
	if x == nil {
		t.Fatalf("public key = % x, want a compressed point", public)
	}
	point := slices.Concat([]byte{4}, x.FillBytes(make([]byte, 48)), y.FillBytes(make([]byte, 48)))
	verifier := must(ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point))(t)
	if !ecdsa.VerifyASN1(verifier, digest[:], r.field()) || len(r.rest) > 0 {
		t.Error("the signature is wrong, or text follows it")
	}
}

func gcm(t *testing.T) cipher.AEAD {
	t.Helper()
	return must(cipher.NewGCM(must(aes.NewCipher([]byte(secret)))(t)))(t)
}

func TestRawAES(t *testing.T) {
	t.Parallel()
	wantCode(t, mustSeal(t, must(codekeys.NewRawAES(keyARN, []byte(secret)))(t)), func(o opened) []byte {
		name, ok := bytes.CutPrefix(o.info, []byte(keyARN))
		if string(o.provider) != "cognate" || !ok || !bytes.HasPrefix(name, []byte{0, 0, 0, 128, 0, 0, 0, 12}) {
			t.Fatalf("the data key is encrypted under %s %q, want cognate, the KMSKeyID, and the sizes of tag and nonce", o.provider, o.info)
		}
		return must(gcm(t).Open(nil, name[8:], o.wrapped, o.pairs))(t)
	})
}

func TestCognate1(t *testing.T) {
	t.Parallel()
	raw := mustSeal(t, must(codekeys.NewCognate1([]byte(secret)))(t))
	if raw[0] != 1 {
		t.Errorf("the code starts with %d, want version 1", raw[0])
	}
	// docs/triggers.md describes this form: version, nonce and ciphertext, with the pool ID as additional data.
	aead := gcm(t)
	if code, err := aead.Open(nil, raw[1:13], raw[13:], []byte("eu-west-1_people")); err != nil || string(code) != "123456" {
		t.Errorf("Open() = %q, %v, want the code", code, err)
	}
	if _, err := aead.Open(nil, raw[1:13], raw[13:], []byte("eu-west-1_other")); err == nil {
		t.Error("the code opens for another pool")
	}
}

func TestShortKeys(t *testing.T) {
	t.Parallel()
	if _, err := codekeys.NewCognate1(make([]byte, 16)); err == nil {
		t.Error("NewCognate1(16 bytes) = no error")
	}
	if _, err := codekeys.NewRawAES(keyARN, make([]byte, 16)); err == nil {
		t.Error("NewRawAES(16 bytes) = no error")
	}
}

// known is a key whose codes are its name.
type known string

func (k known) Seal(context.Context, *cognate.UserPool, string) ([]byte, error) {
	return []byte(k), nil
}

func TestWhichKey(t *testing.T) {
	t.Parallel()
	other := strings.Replace(keyARN, account, "999999999999", 1)
	byID := map[string]codekeys.Key{keyARN: known("file"), other: known("file of another account")}
	elsewhere := strings.Replace(other, "/1", "/2", 1)
	for _, c := range []struct {
		what, id string
		keys     codekeys.Keys
		want     string // empty means trigger.ErrNoKey
	}{
		{"no keys", keyARN, codekeys.Keys{}, ""},
		{"no such key", "arn:aws:kms:eu-west-1:" + account + ":key/2", codekeys.Keys{ByID: byID}, ""},
		{"a key of the settings", keyARN, codekeys.Keys{ByID: byID, Else: known("KMS"), SameAccountOnly: true}, "file"},
		{"a key of the settings, another account", other, codekeys.Keys{ByID: byID, SameAccountOnly: true}, "file of another account"},
		{"any other", "arn:aws:kms:eu-west-1:" + account + ":alias/codes", codekeys.Keys{ByID: byID, Else: known("KMS"), SameAccountOnly: true}, "KMS"},
		{"another account", elsewhere, codekeys.Keys{Else: known("KMS"), SameAccountOnly: true}, ""},
		{"another account in development", elsewhere, codekeys.Keys{Else: known("KMS")}, "KMS"},
		{"no ARN", "codes", codekeys.Keys{Else: known("KMS")}, ""},
		{"no key ID", "", codekeys.Keys{Else: known("KMS")}, ""},
	} {
		got, err := c.keys.SealCode(t.Context(), pool(c.id), "123456")
		if want := base64.StdEncoding.EncodeToString([]byte(c.want)); got != want || errors.Is(err, trigger.ErrNoKey) != (c.want == "") {
			t.Errorf("SealCode(%s) = %q, %v, want %q", c.what, got, err, want)
		}
	}
}

// fakeKMS has one key, keyARN. It answers GenerateDataKey as AWS KMS does.
type fakeKMS struct {
	aead cipher.AEAD

	mu       sync.Mutex
	requests []string // their Authorization headers
	// answers are sent first, in their order, instead of the real answer.
	answers []answer
}

type answer struct {
	status int
	body   string
}

// bind returns the additional data for an encryption context.
func bind(context map[string]string) []byte {
	text, err := json.Marshal(context, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return text
}

func (f *fakeKMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Header.Get("Authorization"))
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if len(f.answers) > 0 {
		w.WriteHeader(f.answers[0].status)
		_, _ = w.Write([]byte(f.answers[0].body))
		f.answers = f.answers[1:]
		return
	}
	var in struct {
		KeyID             string `json:"KeyId"`
		NumberOfBytes     int
		EncryptionContext map[string]string
	}
	if err := json.UnmarshalRead(r.Body, &in); err != nil || in.KeyID != keyARN || in.NumberOfBytes != 32 ||
		r.Header.Get("X-Amz-Target") != "TrentService.GenerateDataKey" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ValidationException"}`))
		return
	}
	_ = json.MarshalWrite(w, map[string]any{
		"KeyId": keyARN, "Plaintext": []byte(dataKey), "CiphertextBlob": f.aead.Seal(nil, nil, []byte(dataKey), bind(in.EncryptionContext)),
	})
}

// mustKMS starts a KMS and returns it with keys that use it.
func mustKMS(t *testing.T, answers ...answer) (*fakeKMS, *codekeys.KMS) {
	t.Helper()
	f := &fakeKMS{aead: must(cipher.NewGCMWithRandomNonce(must(aes.NewCipher([]byte(secret)))(t)))(t), answers: answers}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return f, &codekeys.KMS{Endpoint: s.URL, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), Client: outgoing.Operator(), Now: time.Now}
}

func TestKMS(t *testing.T) {
	t.Parallel()
	f, key := mustKMS(t)
	wantCode(t, mustSeal(t, key), func(o opened) []byte {
		if string(o.provider) != "aws-kms" || string(o.info) != keyARN {
			t.Errorf("the data key is encrypted under %s %s, want aws-kms and the KMSKeyID", o.provider, o.info)
		}
		return must(f.aead.Open(nil, nil, o.wrapped, bind(o.bound)))(t)
	})
	if !strings.Contains(f.requests[0], "Credential=AKID/") || !strings.Contains(f.requests[0], "/eu-west-1/kms/aws4_request") {
		t.Errorf("Authorization = %s, want the key and the region of the ARN", f.requests[0])
	}
}

// Many sign-ins encrypt codes at the same time.
func TestConcurrentCodes(t *testing.T) {
	t.Parallel()
	_, inKMS := mustKMS(t)
	for _, key := range []codekeys.Key{inKMS, must(codekeys.NewRawAES(keyARN, []byte(secret)))(t), must(codekeys.NewCognate1([]byte(secret)))(t)} {
		var g sync.WaitGroup
		for range 8 {
			g.Go(func() {
				if _, err := key.Seal(t.Context(), pool(keyARN), "123456"); err != nil {
					t.Errorf("%T.Seal() = %v", key, err)
				}
			})
		}
		g.Wait()
	}
}

func TestFailuresOfKMS(t *testing.T) {
	t.Parallel()
	internal := answer{500, `{"__type":"KMSInternalException","message":"busy"}`}
	throttled := answer{400, `{"__type":"ThrottlingException"}`}
	generated := func(id, plain, wrapped string) []answer {
		return []answer{{200, fmt.Sprintf(`{"KeyId":%q,"Plaintext":%q,"CiphertextBlob":%q}`, id, plain, wrapped)}}
	}
	key := base64.StdEncoding.EncodeToString([]byte(dataKey))
	for _, c := range []struct {
		what    string
		answers []answer
		want    int    // requests
		err     string // the end of the error; empty means none
	}{
		{"busy once", []answer{internal}, 2, ""},
		{"throttled twice", []answer{throttled, throttled}, 3, ""},
		{"always busy", []answer{internal, internal, internal, internal}, 3, "500 Internal Server Error KMSInternalException"},
		{"forbidden", []answer{{400, `{"__type":"com.amazonaws.kms#AccessDeniedException"}`}}, 1, "400 Bad Request AccessDeniedException"},
		{"not JSON", []answer{{400, `<html>`}}, 1, "400 Bad Request "},
		{"a redirect", []answer{{302, ""}}, 1, "302 Found "},
		{"an empty answer", []answer{{200, `{}`}}, 1, "no data key of 32 bytes"},
		{"another format", []answer{{200, `<html>`}}, 1, "is invalid"},
		{"a short key", generated(keyARN, "AAAA", "AAAA"), 1, "no data key of 32 bytes"},
		{"no encrypted key", generated(keyARN, key, ""), 1, "no data key of 32 bytes"},
		{"no ARN", generated("1234abcd", key, "AAAA"), 1, "does not name its key by an ARN"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			f, key := mustKMS(t, c.answers...)
			sealed, err := key.Seal(t.Context(), pool(keyARN), "123456")
			if len(f.requests) != c.want || (err == nil) != (c.err == "") || err != nil && (sealed != nil || !strings.HasSuffix(err.Error(), c.err)) {
				t.Errorf("Seal() = %v after %d requests, want %q after %d", err, len(f.requests), c.err, c.want)
			}
		})
	}
}

// counter counts the requests of a client.
type counter struct {
	http.RoundTripper
	n atomic.Int32
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

// A KMS that does not answer delays a sign-in for a limited time.
func TestKMSWithoutAnswer(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		<-release
	}))
	defer s.Close()
	defer close(release)
	sent := &counter{RoundTripper: s.Client().Transport}
	key := &codekeys.KMS{
		Endpoint: s.URL, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), Client: &http.Client{Transport: sent},
		Now: time.Now, Limit: 50 * time.Millisecond,
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := key.Seal(ended, pool(keyARN), "123456"); err == nil || requests.Load() != 0 {
		t.Errorf("Seal(the request has ended) = %v after %d requests, want an error after none", err, requests.Load())
	}
	sent.n.Store(0)
	// On a busy machine, the limit can end a request before the server has it.
	if _, err := key.Seal(t.Context(), pool(keyARN), "123456"); err == nil || sent.n.Load() != 3 {
		t.Errorf("Seal(no answer) = %v after %d requests, want an error after 3", err, sent.n.Load())
	}
	key.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		<-ctx.Done()
		return aws.Credentials{}, ctx.Err()
	})
	if _, err := key.Seal(t.Context(), pool(keyARN), "123456"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Seal(no credentials) = %v, want the time limit", err)
	}
}
