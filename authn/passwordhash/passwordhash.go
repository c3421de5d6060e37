// Package passwordhash verifies passwords against hashes of other systems: bcrypt, scrypt, argon2id and PBKDF2, in the forms
// that CSV files of users have. It accepts only parameters within limits, so that no hash can use up memory or processors.
//
// It makes no hashes, knows no users, and does not limit how many verifications run at the same time.
package passwordhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Algorithm is the wire name of an algorithm.
type Algorithm string

// The algorithms. Source of the forms and limits: docs/behaviour.md §5.7.
const (
	Bcrypt   Algorithm = "BCRYPT"        // "$2b$12$" and 53 characters
	Scrypt   Algorithm = "SCRYPT"        // "N$r$p$salt$hash", salt and hash in hexadecimal
	Argon2id Algorithm = "ARGON2ID"      // "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", standard base64 without padding
	PBKDF2   Algorithm = "PBKDF2_SHA256" // "$pbkdf2-sha256$600000$salt$hash", base64 with "." for "+" and without padding
)

// Errors of Check.
var (
	ErrForm  = errors.New("passwordhash: malformed hash")
	ErrLimit = errors.New("passwordhash: a parameter of the hash is over its limit")
)

const (
	maxCost       = 12
	maxN          = 65_536
	maxR          = 8
	maxP          = 1
	maxMemory     = 19_456 // KiB
	maxTime       = 2
	maxIterations = 600_000

	// A key that is too short would match many passwords. Assumed: a salt of a hash has 1 to 64 bytes, and a key 16 to 64.
	minKey  = 16
	maxKey  = 64
	minSalt = 1
	maxSalt = 64
)

var (
	bcryptForm = regexp.MustCompile(`^\$2[abxy]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)
	scryptForm = regexp.MustCompile(`^([0-9]{1,9})\$([0-9]{1,9})\$([0-9]{1,9})\$([0-9A-Fa-f]+)\$([0-9A-Fa-f]+)$`)
	argonForm  = regexp.MustCompile(`^\$argon2id\$v=19\$m=([0-9]{1,9}),t=([0-9]{1,9}),p=([0-9]{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)
	pbkdf2Form = regexp.MustCompile(`^\$pbkdf2-sha256\$([0-9]{1,9})\$([A-Za-z0-9+./]+)\$([A-Za-z0-9+./]+)$`)
)

// hash is a parsed hash of any algorithm but bcrypt.
type hash struct {
	salt, key []byte
	derive    func(password string, salt []byte, length int) ([]byte, error)
}

// Check returns an error if text is not a hash of the algorithm within the limits. Errors: ErrForm, ErrLimit.
func Check(a Algorithm, text string) error {
	if a == Bcrypt {
		return checkBcrypt(text)
	}
	_, err := parse(a, text)
	return err
}

// CheckAny is Check for any of the algorithms, which it finds by the form.
func CheckAny(text string) error { return Check(algorithmOf(text), text) }

// Verify reports whether text is the hash of a password. It finds the algorithm by the form. Errors: ErrForm, ErrLimit.
func Verify(text, password string) (bool, error) {
	a := algorithmOf(text)
	if a == Bcrypt {
		if err := checkBcrypt(text); err != nil {
			return false, err
		}
		return bcrypt.CompareHashAndPassword([]byte(text), []byte(password)) == nil, nil
	}
	h, err := parse(a, text)
	if err != nil {
		return false, err
	}
	key, err := h.derive(password, h.salt, len(h.key))
	if err != nil {
		return false, ErrForm
	}
	return subtle.ConstantTimeCompare(key, h.key) == 1, nil
}

func algorithmOf(text string) Algorithm {
	switch {
	case strings.HasPrefix(text, "$2"):
		return Bcrypt
	case strings.HasPrefix(text, "$argon2id$"):
		return Argon2id
	case strings.HasPrefix(text, "$pbkdf2-sha256$"):
		return PBKDF2
	default:
		return Scrypt
	}
}

func checkBcrypt(text string) error {
	parts := bcryptForm.FindStringSubmatch(text)
	if parts == nil {
		return ErrForm
	}
	cost, err := strconv.Atoi(parts[1])
	switch {
	case err != nil || cost < bcrypt.MinCost:
		return ErrForm
	case cost > maxCost:
		return ErrLimit
	default:
		return nil
	}
}

func parse(a Algorithm, text string) (*hash, error) {
	switch a {
	case Scrypt:
		return parseScrypt(scryptForm.FindStringSubmatch(text))
	case Argon2id:
		return parseArgon2id(argonForm.FindStringSubmatch(text))
	case PBKDF2:
		return parsePBKDF2(pbkdf2Form.FindStringSubmatch(text))
	default:
		return nil, ErrForm
	}
}

func parseScrypt(parts []string) (*hash, error) {
	n, err := numbers(parts, maxN, maxR, maxP)
	if err != nil {
		return nil, err
	}
	if n[0] < 2 || n[0]&(n[0]-1) != 0 {
		return nil, ErrForm
	}
	return newHash(parts[4], parts[5], hex.DecodeString, func(password string, salt []byte, length int) ([]byte, error) {
		return scrypt.Key([]byte(password), salt, n[0], n[1], n[2], length)
	})
}

func parseArgon2id(parts []string) (*hash, error) {
	n, err := numbers(parts, maxMemory, maxTime, maxP)
	if err != nil {
		return nil, err
	}
	if n[0] < 8*n[2] { // RFC 9106 section 3.1
		return nil, ErrForm
	}
	return newHash(parts[4], parts[5], base64.RawStdEncoding.DecodeString, func(password string, salt []byte, length int) ([]byte, error) {
		return argon2.IDKey([]byte(password), salt, uint32(n[1]), uint32(n[0]), uint8(n[2]), uint32(length)), nil
	})
}

func parsePBKDF2(parts []string) (*hash, error) {
	n, err := numbers(parts, maxIterations)
	if err != nil {
		return nil, err
	}
	decode := func(text string) ([]byte, error) {
		return base64.RawStdEncoding.DecodeString(strings.ReplaceAll(text, ".", "+"))
	}
	return newHash(parts[2], parts[3], decode, func(password string, salt []byte, length int) ([]byte, error) {
		return pbkdf2.Key(sha256.New, password, salt, n[0], length)
	})
}

// numbers returns the parameters of a hash, the first parts after the whole text. Each is at least 1.
func numbers(parts []string, limits ...int) ([]int, error) {
	if parts == nil {
		return nil, ErrForm
	}
	var found []int
	for i, limit := range limits {
		n, err := strconv.Atoi(parts[i+1])
		switch {
		case err != nil || n < 1:
			return nil, ErrForm
		case n > limit:
			return nil, ErrLimit
		}
		found = append(found, n)
	}
	return found, nil
}

func newHash(salt, key string, decode func(string) ([]byte, error), derive func(string, []byte, int) ([]byte, error)) (*hash, error) {
	h := &hash{derive: derive}
	var err, keyErr error
	h.salt, err = decode(salt)
	h.key, keyErr = decode(key)
	if err != nil || keyErr != nil || len(h.salt) < minSalt || len(h.salt) > maxSalt || len(h.key) < minKey || len(h.key) > maxKey {
		return nil, ErrForm
	}
	return h, nil
}
