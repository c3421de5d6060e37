// Package archive writes and reads the files that leave a server: compressed with gzip (RFC 1952), and encrypted with age
// (age-encryption.org/v1) if the operator gives a recipient or a passphrase. gunzip and age read the same files.
//
// It does not know what the files contain.
package archive

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Errors of Open and of the reader that it returns.
var (
	// ErrEncrypted means that the file is encrypted, and the caller has neither an identity nor a passphrase.
	ErrEncrypted = errors.New("the file is encrypted")
	// ErrNotEncrypted means that the caller has an identity or a passphrase, and the file is not encrypted. It may be another file.
	ErrNotEncrypted = errors.New("the file is not encrypted")
	// ErrWrongKey means that the file is encrypted for other keys, or with another passphrase.
	ErrWrongKey = errors.New("the identity or the passphrase does not open the file")
	// ErrDamaged means that the file was altered, is not complete, or is no archive.
	ErrDamaged = errors.New("the file is damaged or not complete")
)

// Encryption says who can read a file. The zero value does not encrypt.
type Encryption struct{ recipients []age.Recipient }

// Encrypt returns the encryption for public keys of age ("age1…"), or with a passphrase. Without both, it does not encrypt. The
// error lists every key that is not one.
func Encrypt(publicKeys []string, passphrase string) (Encryption, error) {
	if passphrase != "" {
		if len(publicKeys) > 0 {
			return Encryption{}, errors.New("a file is encrypted either for public keys or with a passphrase, not both")
		}
		r, err := age.NewScryptRecipient(passphrase)
		return Encryption{[]age.Recipient{r}}, err
	}
	var e Encryption
	var problems []error
	for _, key := range publicKeys {
		r, err := parseRecipient(key)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		e.recipients = append(e.recipients, r)
	}
	if len(problems) > 0 {
		return Encryption{}, errors.Join(problems...)
	}
	if e.IsOn() {
		if _, err := age.Encrypt(io.Discard, e.recipients...); err != nil { // keys of two kinds
			return Encryption{}, fmt.Errorf("recipients: %w", err)
		}
	}
	return e, nil
}

// secretKeyPrefix begins the text of every identity of age.
const secretKeyPrefix = "AGE-SECRET-KEY-"

func parseRecipient(key string) (age.Recipient, error) {
	if strings.HasPrefix(strings.ToUpper(key), secretKeyPrefix) {
		return nil, errors.New("a recipient is a secret key (AGE-SECRET-KEY-…), which must not leave its file; give its public key, " +
			"which age-keygen -y prints")
	}
	parsed, err := age.ParseRecipients(strings.NewReader(key))
	if err != nil || len(parsed) != 1 {
		return nil, fmt.Errorf("recipient %q is not a public key of age (age1…); age-keygen makes one", key)
	}
	return parsed[0], nil
}

// IsOn reports whether the file is encrypted.
func (e Encryption) IsOn() bool { return len(e.recipients) > 0 }

// Decryption is what opens an encrypted file. The zero value opens files that are not encrypted.
type Decryption struct{ identities []age.Identity }

// IsOn reports whether the file must be encrypted.
func (d Decryption) IsOn() bool { return len(d.identities) > 0 }

// Decrypt returns the decryption with identities, which is the content of a file of age-keygen, or with a passphrase. Both may
// be empty.
func Decrypt(identities, passphrase string) (Decryption, error) {
	var d Decryption
	if identities != "" {
		parsed, err := age.ParseIdentities(strings.NewReader(identities))
		if err != nil { // the error of age can quote a line, which may be a secret
			return Decryption{}, errors.New("the file with identities is not one of age-keygen (lines AGE-SECRET-KEY-…)")
		}
		d.identities = parsed
	}
	if passphrase != "" {
		i, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return Decryption{}, err
		}
		d.identities = append(d.identities, i)
	}
	return d, nil
}

// Create returns a writer that compresses and encrypts to w. Its Close completes the archive, and does not close w.
func Create(w io.Writer, e Encryption) (io.WriteCloser, error) {
	c := &writer{}
	if e.IsOn() {
		encrypted, err := age.Encrypt(w, e.recipients...)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		c.encrypted, w = encrypted, encrypted
	}
	// Most of an archive is sealed or hashed and cannot be compressed. What can be, the fastest level compresses about as well.
	compressed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	c.Writer = compressed
	return c, nil
}

type writer struct {
	*gzip.Writer
	encrypted io.WriteCloser // nil without encryption
}

// Close completes the archive.
func (w *writer) Close() error {
	err := w.Writer.Close()
	if w.encrypted != nil {
		err = errors.Join(err, w.encrypted.Close())
	}
	return err
}

// firstLine begins every file of age (https://age-encryption.org/v1).
const firstLine = "age-encryption.org/v1\n"

// Open returns the content of an archive. The content is complete only if the reader has returned io.EOF.
// Errors: ErrEncrypted, ErrNotEncrypted, ErrWrongKey, ErrDamaged; of the reader: ErrDamaged, and those of r.
func Open(r io.Reader, d Decryption) (io.Reader, error) {
	source := &source{r: r}
	buffered := bufio.NewReader(source)
	first, err := buffered.Peek(len(firstLine))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var content io.Reader = buffered
	switch encrypted := string(first) == firstLine; {
	case encrypted && len(d.identities) == 0:
		return nil, ErrEncrypted
	case !encrypted && len(d.identities) > 0:
		return nil, ErrNotEncrypted
	case encrypted:
		content, err = age.Decrypt(buffered, d.identities...)
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return nil, ErrWrongKey
		}
		if err != nil {
			return nil, source.damage(err)
		}
	}
	compressed, err := gzip.NewReader(content)
	if err != nil {
		return nil, source.damage(err)
	}
	return &reader{compressed, source}, nil
}

// source remembers an error of the underlying reader, which does not mean that the archive is damaged.
type source struct {
	r   io.Reader
	err error
}

// Read reads from the underlying reader.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (s *source) damage(err error) error {
	if s.err != nil {
		return s.err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

type reader struct {
	r      io.Reader
	source *source
}

// Read returns the content.
func (r *reader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.source.damage(err)
	}
	return n, err
}
