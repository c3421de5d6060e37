package cognate

import (
	"errors"
	"time"

	"cognate/internal/lazyregexp"
)

// AccessKey is a key that signs requests of an account. The policy says which requests it may sign.
type AccessKey struct {
	AccountID string // 12 digits
	ID        string // unique on the server
	Name      string // of an IAM user; unique in the account
	Secret    string
	Policy    string // the text of an IAM policy; an invalid one allows nothing
	// PolicySource says where the policy is from, for administrators: the name of a ready policy, or that of a file.
	PolicySource string
	Disabled     bool
	CreatedAt    time.Time
	ExpiresAt    time.Time // zero: never
	LastUsedAt   time.Time // to the minute; zero: never used
}

// keyName is the form of the name of an IAM user. Source: IAM API reference, CreateUser.
var keyName = lazyregexp.New(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

var errKeyName = errors.New("not a name of 1 to 64 letters, digits and _+=,.@-")

// CheckKeyName returns an error if a name cannot be that of an access key.
func CheckKeyName(name string) error {
	if !keyName.MatchString(name) {
		return errKeyName
	}
	return nil
}

// IsUsable reports whether the key is enabled and has not expired.
func (k *AccessKey) IsUsable(now time.Time) bool {
	return !k.Disabled && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}
