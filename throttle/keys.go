package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"cognate"
	"cognate/store"
)

// The table attempts has these rows. Two builds may run on one database, so the keys never change:
//
//	SUB                  failed passwords and codes of a user
//	name:HASH            failed passwords and codes of a username that has no user
//	KIND/SUB             requests of a user; KIND is one of kinds
//	KIND/name:HASH       requests for a username that has no user
//	destination/HASH     messages to an email address or telephone number
//	taking:HASH          a lock without a count on a name that becomes a username or alias (package store)
//
// HASH is the SHA-256 of the name or address in hexadecimal: the table does not hold the name itself.

// Kind is a kind of counted request. Its value is the start of its keys.
type Kind string

// The kinds of requests that are counted.
const (
	ConfirmSignUp          Kind = "confirm"
	ResendConfirmationCode Kind = "resend"
	SendAttributeCode      Kind = "send-attribute-code" // GetUserAttributeVerificationCode
	ChangeContact          Kind = "change-contact"      // UpdateUserAttributes that makes the server send a code
	VerifyUserAttribute    Kind = "verify-attribute"
	ChangePassword         Kind = "change-password"
	ForgotPassword         Kind = "recover"
	ConfirmForgotPassword  Kind = "confirm-recovery"
	MigrateUser            Kind = "migrate" // ForgotPassword that calls the user migration trigger
)

// destination is the kind of messages to one address.
const destination Kind = "destination"

// kinds are the kinds of requests that a user makes.
var kinds = [...]Kind{
	ConfirmSignUp, ResendConfirmationCode, SendAttributeCode, ChangeContact, VerifyUserAttribute, ChangePassword,
	ForgotPassword, ConfirmForgotPassword, MigrateUser,
}

// UserKey returns the key under which a user's failures are counted.
func UserKey(u *cognate.User) string { return u.Sub }

// NameKey returns the key under which failures are counted for a username that has no user. Unknown and known usernames are
// locked in the same way.
func NameKey(p *cognate.UserPool, login string) string { return "name:" + hashed(p.Normal(login)) }

func (k Kind) key(subject string) string { return string(k) + "/" + subject }

func destinationKey(address string) string { return destination.key(hashed(strings.ToLower(address))) }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// DeleteUser deletes all counts of a user. The transaction that deletes the user calls it.
func DeleteUser(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	keys := []string{sub}
	for _, kind := range kinds {
		keys = append(keys, kind.key(sub))
	}
	for _, key := range keys {
		if err := tx.DeleteAttempts(ctx, poolID, key); err != nil {
			return err
		}
	}
	return nil
}
