package archive_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"cognate/archive"
)

const passphrase = "correct horse"

func mustIdentity(t *testing.T) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func mustHybrid(t *testing.T) string {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return identity.Recipient().String()
}

func mustEncrypt(t *testing.T, keys []string, passphrase string) archive.Encryption {
	t.Helper()
	e, err := archive.Encrypt(keys, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustDecrypt(t *testing.T, identities, passphrase string) archive.Decryption {
	t.Helper()
	d, err := archive.Decrypt(identities, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustCreate(t *testing.T, content string, e archive.Encryption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := archive.Create(&b, e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(file []byte, d archive.Decryption) (string, error) {
	r, err := archive.Open(bytes.NewReader(file), d)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(r)
	return string(content), err
}

func TestOpen(t *testing.T) {
	t.Parallel()
	ann, bob := mustIdentity(t), mustIdentity(t)
	keys := []string{ann.Recipient().String(), bob.Recipient().String()}
	const content = "the content"
	plain := mustCreate(t, content, archive.Encryption{})
	forKeys := mustCreate(t, content, mustEncrypt(t, keys, ""))
	withPassphrase := mustCreate(t, content, mustEncrypt(t, nil, passphrase))
	for _, test := range []struct {
		name                   string
		file                   []byte
		identities, passphrase string
		want                   error
	}{
		{"plain", plain, "", "", nil},
		{"plain, with an identity", plain, ann.String(), "", archive.ErrNotEncrypted},
		{"plain, with a passphrase", plain, "", passphrase, archive.ErrNotEncrypted},
		{"first recipient", forKeys, "# created: today\n" + ann.String() + "\n", "", nil},
		{"second recipient", forKeys, bob.String(), "", nil},
		{"another identity", forKeys, mustIdentity(t).String(), "", archive.ErrWrongKey},
		{"passphrase for a file with recipients", forKeys, "", passphrase, archive.ErrWrongKey},
		{"recipients, nothing given", forKeys, "", "", archive.ErrEncrypted},
		{"passphrase", withPassphrase, "", passphrase, nil},
		{"identity and passphrase", withPassphrase, ann.String(), passphrase, nil},
		{"another passphrase", withPassphrase, "", "battery staple", archive.ErrWrongKey},
		{"identity for a file with a passphrase", withPassphrase, ann.String(), "", archive.ErrWrongKey},
		{"passphrase, nothing given", withPassphrase, "", "", archive.ErrEncrypted},
		{"empty file", nil, "", "", archive.ErrDamaged},
		{"no archive", []byte("cognate"), "", "", archive.ErrDamaged},
		{"no header after the first line", []byte("age-encryption.org/v1\nno header"), ann.String(), "", archive.ErrDamaged},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(test.file, mustDecrypt(t, test.identities, test.passphrase))
			if !errors.Is(err, test.want) {
				t.Fatalf("Open() = %v, want %v", err, test.want)
			}
			if test.want == nil && got != content {
				t.Errorf("content = %q, want %q", got, content)
			}
		})
	}
}

// Each byte that is altered, each cut, and each byte that is appended is found.
func TestDamage(t *testing.T) {
	t.Parallel()
	identity := mustIdentity(t)
	content := strings.Repeat("some content ", 20)
	for _, test := range []struct {
		name string
		file []byte
		d    archive.Decryption
	}{
		{"plain", mustCreate(t, content, archive.Encryption{}), archive.Decryption{}},
		{
			"encrypted", mustCreate(t, content, mustEncrypt(t, []string{identity.Recipient().String()}, "")),
			mustDecrypt(t, identity.String(), ""),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for i := range test.file {
				if _, err := read(test.file[:i], test.d); err == nil {
					t.Errorf("the first %d of %d bytes are accepted", i, len(test.file))
				}
				altered := bytes.Clone(test.file)
				altered[i] ^= 0x40
				// The header of gzip has fields that say nothing about the content, such as the time.
				if got, err := read(altered, test.d); err == nil && got != content {
					t.Errorf("byte %d: another content is accepted", i)
				}
			}
			if _, err := read(append(bytes.Clone(test.file), 'x'), test.d); !errors.Is(err, archive.ErrDamaged) {
				t.Errorf("a byte behind the end: error %v", err)
			}
		})
	}
}

// An error of the disk is not called damage.
func TestOpenReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("input/output error")
	file := mustCreate(t, strings.Repeat("x", 1000), archive.Encryption{})
	r, err := archive.Open(io.MultiReader(bytes.NewReader(file[:20]), failing{broken}), archive.Decryption{})
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, broken) || errors.Is(err, archive.ErrDamaged) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestEncryptRefuses(t *testing.T) {
	t.Parallel()
	identity := mustIdentity(t)
	for _, test := range []struct {
		name       string
		keys       []string
		passphrase string
		wants      []string
	}{
		{"all problems", []string{"age1x", identity.Recipient().String(), "ssh"}, "", []string{`"age1x"`, `"ssh"`}},
		{"both", []string{identity.Recipient().String()}, passphrase, []string{"not both"}},
		{"secret key", []string{identity.String()}, "", []string{"a secret key"}},
		{"two in one", []string{identity.Recipient().String() + "\n" + mustIdentity(t).Recipient().String()}, "", []string{"is not a public key"}},
		{"of two kinds", []string{identity.Recipient().String(), mustHybrid(t)}, "", []string{"can't mix"}},
		{"empty", []string{""}, "", []string{"is not a public key"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := archive.Encrypt(test.keys, test.passphrase)
			if err == nil {
				t.Fatal("Encrypt() accepts it")
			}
			for _, want := range test.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not contain %q", err, want)
				}
			}
			if strings.Contains(err.Error(), identity.String()) {
				t.Error("the error quotes the secret key")
			}
		})
	}
}

func TestDecryptRefuses(t *testing.T) {
	t.Parallel()
	_, err := archive.Decrypt("AGE-SECRET-KEY-1SECRET", "")
	if err == nil || strings.Contains(err.Error(), "SECRET-KEY-1") {
		t.Errorf("Decrypt() = %v, want an error that does not quote the line", err)
	}
}

func TestCreateFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.backup")
	f, err := archive.CreateFile(path, archive.Encryption{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "content"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file has its name before it is whole")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, error %v; want 0600", info.Mode(), err)
	}
	if err := f.Discard(); err != nil {
		t.Errorf("Discard() after Commit() = %v", err)
	}
	opened, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	content, err := gzip.NewReader(opened)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(content); string(got) != "content" {
		t.Errorf("content = %q, error %v", got, err)
	}
	if _, err := archive.CreateFile(path, archive.Encryption{}); err == nil {
		t.Error("CreateFile() replaces a file")
	}
	if _, err := archive.CreateFile(filepath.Join(folder, "none", "b"), archive.Encryption{}); err == nil {
		t.Error("CreateFile() accepts a folder that does not exist")
	}
}

func TestDiscardFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	f, err := archive.CreateFile(filepath.Join(folder, "a"), archive.Encryption{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Discard(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
		t.Errorf("left after Discard(): %v, error %v", left, err)
	}
}
