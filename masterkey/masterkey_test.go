package masterkey_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cognate/masterkey"
	"cognate/sealing"
)

const (
	arn      = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	otherARN = "arn:aws:kms:eu-west-1:123456789012:key/0000abcd-12ab-34cd-56ef-1234567890ab"
)

// service is a fake of AWS KMS and of Vault's transit engine. A wrapped key is the name of the key, a colon, and the key in base64.
type service struct {
	*httptest.Server
	requests atomic.Int32
	how      atomic.Pointer[behaviour]
}

// behaviour is how a service answers instead of as usual.
type behaviour struct {
	// fail, if set, answers a request with its result.
	fail func() (status int, body string)
	// gate, if set, delays the answers until it is closed.
	gate chan struct{}
}

func newService(t *testing.T) *service {
	t.Helper()
	s := new(service)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if how := s.how.Load(); how != nil && how.gate != nil {
			<-how.gate
		} else if how != nil {
			status, body := how.fail()
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return
		}
		if target := r.Header.Get("X-Amz-Target"); target != "" {
			s.aws(w, r, strings.TrimPrefix(target, "TrentService."))
		} else {
			s.vault(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// fail makes the service answer with a status and a body, in the given number of requests; 0 means all.
func (s *service) fail(status int, body string, times int32) {
	var n atomic.Int32
	s.how.Store(&behaviour{fail: func() (int, string) {
		if n.Add(1) == times {
			s.how.Store(nil)
		}
		return status, body
	}})
}

func (s *service) aws(w http.ResponseWriter, r *http.Request, operation string) {
	var in struct {
		KeyID                     string `json:"KeyId"`
		Plaintext, CiphertextBlob []byte
		EncryptionContext         map[string]string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	prefix := fmt.Sprintf("%s%v:", in.KeyID, in.EncryptionContext)
	key, fits := strings.CutPrefix(string(in.CiphertextBlob), prefix)
	plain, err := base64.StdEncoding.DecodeString(key)
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/kms/"):
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"MissingAuthenticationTokenException"}`))
	case operation == "Encrypt":
		_ = json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": []byte(prefix + base64.StdEncoding.EncodeToString(in.Plaintext))})
	case operation != "Decrypt" || !fits || err != nil:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"IncorrectKeyException","message":"The key ID in the request does not identify a CMK that can perform this operation."}`))
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": plain})
	}
}

func (s *service) vault(w http.ResponseWriter, r *http.Request) {
	var in struct{ Plaintext, Ciphertext string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	engine, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	operation, key, _ := strings.Cut(rest, "/")
	prefix := "vault:v1:" + engine + "/" + key + ":"
	plain, fits := strings.CutPrefix(in.Ciphertext, prefix)
	switch {
	case r.Header.Get("X-Vault-Token") != "the-token":
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
	case operation == "encrypt":
		_, _ = fmt.Fprintf(w, `{"data":{"ciphertext":%q}}`, prefix+in.Plaintext)
	case operation != "decrypt" || !fits:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"errors":["cipher: message authentication failed"]}`))
	default:
		_, _ = fmt.Fprintf(w, `{"data":{"plaintext":%q}}`, plain)
	}
}

// environ is the environment of a server that uses the Vault at a URL.
func environ(url string) masterkey.Environ {
	return func(name string) string {
		return map[string]string{"VAULT_ADDR": url, "VAULT_TOKEN": "the-token"}[name]
	}
}

func mustParse(t *testing.T, text, vault string) sealing.MasterKey {
	t.Helper()
	key, err := masterkey.Parse(t.Context(), text, environ(vault))
	if err != nil {
		t.Fatalf("Parse(%s) = %v", text, err)
	}
	return key
}

func withAWS(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
}

// wrapper writes a program that wraps by changing each byte, and fails if it sees a variable of the server. Programs with other changes have
// other keys. The change \200-\377\000-\177 adds 128.
func wrapper(t *testing.T, change string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wrapper")
	script := "#!/bin/sh\nset -e\ncase $1 in wrap|unwrap) ;; *) exit 3 ;; esac\n[ -z \"$COGNATE_SECRET\" ]\nLC_ALL=C tr '\\000-\\377' '" + change + "'\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// A keyset is wrapped by a key of each kind, and by no other key of its kind.
func TestWrap(t *testing.T) {
	withAWS(t)
	t.Setenv("COGNATE_SECRET", "hidden from programs")
	s := newService(t)
	for name, texts := range map[string][2]string{
		"awskms":                 {"awskms:///" + arn + "?endpoint=" + s.URL, "awskms:///" + otherARN + "?endpoint=" + s.URL},
		"awskms, alias":          {"awskms://alias/cognate?region=eu-west-1&endpoint=" + s.URL, "awskms://alias/other?endpoint=" + s.URL},
		"awskms, context":        {"awskms:///" + arn + "?context_app=cognate&endpoint=" + s.URL, "awskms:///" + otherARN + "?endpoint=" + s.URL},
		"hashivault":             {"hashivault://cognate", "hashivault://other"},
		"hashivault with engine": {"hashivault://cognate?engine=keys", "hashivault://other"},
		"exec":                   {"exec:" + wrapper(t, `\200-\377\000-\177`), "exec:" + wrapper(t, `\100-\377\000-\077`)},
	} {
		t.Run(name, func(t *testing.T) {
			key, other := mustParse(t, texts[0], s.URL), mustParse(t, texts[1], s.URL)
			if key.ID() == other.ID() || len(key.ID()) != 16 {
				t.Errorf("IDs %s and %s", key.ID(), other.ID())
			}
			wrapped, err := sealing.NewKeyset(t.Context(), key)
			if err != nil {
				t.Fatalf("NewKeyset() = %v", err)
			}
			box, err := sealing.Open(t.Context(), wrapped, key)
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			sealed, err := box.Seal([]byte("secret"), "aad")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sealing.Open(t.Context(), wrapped, other); !errors.Is(err, sealing.ErrWrongMasterKey) {
				t.Errorf("Open(with another key) = %v", err)
			}
			// To a key in a file and back again.
			text, err := sealing.NewMasterKey(bytes.NewReader(make([]byte, 32)))
			if err != nil {
				t.Fatal(err)
			}
			local := mustParse(t, text, s.URL)
			for _, to := range []sealing.MasterKey{local, key} {
				if wrapped, err = sealing.Rewrap(t.Context(), wrapped, to, key, local); err != nil {
					t.Fatalf("Rewrap(%v) = %v", to, err)
				}
				if box, err = sealing.Open(t.Context(), wrapped, other, to); err != nil {
					t.Fatalf("Open() = %v", err)
				}
				if got, err := box.Open(sealed, "aad"); err != nil || string(got) != "secret" {
					t.Errorf("Open() = %q, %v", got, err)
				}
			}
		})
	}
}

// Two names of one key open what the other one wrapped: an alias and an ARN.
func TestOtherName(t *testing.T) {
	withAWS(t)
	s := newService(t)
	wrapped, err := sealing.NewKeyset(t.Context(), mustParse(t, "hashivault://cognate", s.URL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sealing.Open(t.Context(), wrapped, mustParse(t, "hashivault://cognate?engine=transit", s.URL)); err != nil {
		t.Errorf("Open(with parameters) = %v", err)
	}
	s.fail(http.StatusOK, `{"Plaintext":"AAAA"}`, 0)
	if _, err := sealing.Open(t.Context(), wrapped, mustParse(t, "awskms:///"+arn+"?endpoint="+s.URL, s.URL)); !errors.Is(err, sealing.ErrWrongMasterKey) {
		t.Errorf("Open(an answer for something else) = %v", err)
	}
}

// Two texts are the same key if they have the same name and their parameters select the same region, address and context.
func TestEqual(t *testing.T) {
	withAWS(t)
	s := newService(t)
	const alias = "awskms:///alias/cognate"
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{alias, alias + "?region=eu-west-1", true}, // that of the environment
		{alias, alias + "?region=eu-west-2", false},
		{alias, alias + "?context_app=a", false},
		{alias + "?context_app=a&context_b=c", alias + "?context_b=c&context_app=a", true},
		{alias, alias + "?endpoint=" + s.URL, false},
		{alias, "awskms:///alias/other", false},
		{"hashivault://cognate", "hashivault://cognate?engine=transit", true},
		{"hashivault://cognate", "hashivault://cognate?engine=other", false},
		{"exec:/bin/cat", "exec:/bin/cat", true},
		{"exec:/bin/cat", "exec:/bin/ls", false},
	} {
		if got := mustParse(t, test.a, s.URL).Equal(mustParse(t, test.b, s.URL)); got != test.same {
			t.Errorf("%s equals %s: %t, want %t", test.a, test.b, got, test.same)
		}
	}
}

// A service that refuses, is slow or is gone is an error that says so, within the time limit.
func TestFailures(t *testing.T) {
	withAWS(t)
	for _, key := range []struct{ text, denied, busy string }{
		{"awskms:///" + arn, `{"__type":"AccessDeniedException","Message":"User is not authorized to perform: kms:Decrypt"}`, `{"__type":"ThrottlingException"}`},
		{"hashivault://cognate", `{"errors":["permission denied"]}`, `{"errors":["Vault is sealed"]}`},
	} {
		s := newService(t)
		text := key.text
		if strings.HasPrefix(text, "awskms") {
			text += "?endpoint=" + s.URL
		}
		master := mustParse(t, text, s.URL)
		wrapped, err := sealing.NewKeyset(t.Context(), master)
		if err != nil {
			t.Fatal(err)
		}
		open := func(ctx context.Context) error {
			_, err := sealing.Open(ctx, wrapped, master)
			return err
		}
		before := s.requests.Load()
		s.fail(http.StatusForbidden, key.denied, 0)
		if err := open(t.Context()); !errors.Is(err, sealing.ErrRemote) || errors.Is(err, sealing.ErrWrongMasterKey) ||
			!strings.Contains(err.Error(), "denied") && !strings.Contains(err.Error(), "AccessDenied") || s.requests.Load() != before+1 {
			t.Errorf("%s: no rights: Open() = %v after %d requests", key.text, err, s.requests.Load()-before)
		}
		s.fail(http.StatusServiceUnavailable, key.busy, 2)
		if err := open(t.Context()); err != nil {
			t.Errorf("%s: busy for two attempts: Open() = %v", key.text, err)
		}
		s.fail(http.StatusServiceUnavailable, key.busy, 0)
		if err := open(t.Context()); !errors.Is(err, sealing.ErrRemote) {
			t.Errorf("%s: busy: Open() = %v", key.text, err)
		}
		s.fail(http.StatusOK, `{"data":{}}`, 0)
		if err := open(t.Context()); !errors.Is(err, sealing.ErrRemote) {
			t.Errorf("%s: an answer without a key: Open() = %v", key.text, err)
		}
		gate := make(chan struct{})
		s.how.Store(&behaviour{gate: gate})
		ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := open(ctx); !errors.Is(err, sealing.ErrRemote) {
			t.Errorf("%s: slow: Open() = %v", key.text, err)
		}
		stop()
		close(gate)
		s.how.Store(&behaviour{fail: func() (int, string) { panic(http.ErrAbortHandler) }}) // not closed: another listener could get its port
		if err := open(t.Context()); !errors.Is(err, sealing.ErrRemote) || !strings.Contains(err.Error(), "the service does not answer") {
			t.Errorf("%s: gone: Open() = %v", key.text, err)
		}
	}
}

// A program that fails, is slow, writes nothing or too much is an error that says so.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ script, want string }{
		"fails":           {"echo 'no such key' >&2; exit 1", "exit status 1: no such key"},
		"writes nothing":  {"exit 0", "the program wrote nothing"},
		"writes too much": {"head -c 100000 /dev/zero", "too much"},
		"is slow":         {"exec sleep 600", "context deadline exceeded"},
		"ignores wrap":    {"echo other", ""},
	} {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+tc.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		limit := 5 * time.Minute // a busy machine is slow
		if name == "is slow" {
			limit = 100 * time.Millisecond
		}
		ctx, stop := context.WithTimeout(t.Context(), limit)
		master := mustParse(t, "exec:"+path, "")
		wrapped, err := sealing.NewKeyset(ctx, master)
		if tc.want == "" { // what wrap wrote cannot be unwrapped
			_, err = sealing.Open(ctx, wrapped, master)
			if !errors.Is(err, sealing.ErrWrongMasterKey) || !strings.Contains(err.Error(), "exec:"+path+" unwraps it to a key that does not open it") {
				t.Errorf("%s: Open() = %v", name, err)
			}
		} else if !errors.Is(err, sealing.ErrRemote) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: NewKeyset() = %v, want %s", name, err, tc.want)
		}
		stop()
	}
}

func TestParseProblems(t *testing.T) {
	withAWS(t)
	t.Setenv("AWS_REGION", "")
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.WriteFile(open, nil, 0o700), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"awskms://":                                       "names no key",
		"awskms:///":                                      "names no key",
		"awskms://alias/cognate":                          "no region",
		"awskms:///" + arn + "?regoin=eu-west-1":          `the parameter "regoin" is not`,
		"awskms:///" + arn + "?region=a&region=b":         "appears twice",
		"awskms:///" + arn + "?endpoint=http://kms.test/": "endpoint must be an https URL",
		"awskms://user:hunter2@alias/a":                   "not a URL such as awskms:///KEY",
		"gcpkms://projects/a":                             "gcpkms:// is not awskms:// or hashivault://",
		"hashivault://":                                   "names no key",
		"hashivault://a?engines=b":                        "the only parameter is engine",
		"exec:":                                           "absolute path",
		"exec:wrapper":                                    "absolute path",
		"exec:/bin/cat --flag":                            "no such file",
		"exec:/none/here":                                 "no such file",
		"exec:" + plain:                                   "is not a program",
		"exec:/":                                          "is not a program",
		"exec:" + open:                                    "every user of this machine can change",
		"cognate-master-1:hunter2":                        "a master key is",
		"hunter2":                                         "a master key is",
	} {
		key, err := masterkey.Parse(t.Context(), text, environ("https://vault.test"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Parse(%s) = %v, %v, want %s", text, key, err, want)
		}
	}
	for want, e := range map[string]map[string]string{
		"set VAULT_ADDR": {}, "set VAULT_TOKEN": {"VAULT_ADDR": "https://vault.test"},
		"must be an https URL": {"VAULT_ADDR": "http://vault.test", "VAULT_TOKEN": "a"},
	} {
		_, err := masterkey.Parse(t.Context(), "hashivault://a", func(name string) string { return e[name] })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(hashivault) with %v = %v, want %s", e, err, want)
		}
	}
}
