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
//	SUB                         failed passwords and codes of a user
//	name:HASH                   failed passwords and codes of a username that has no user
//	KIND/SUB                    requests of a user; KIND is one of kinds
//	software-token/SUB          wrong codes of a user's software tokens within a day
//	notice/CHANGE/SUB           security notices to a user about a change
//	KIND/name:HASH              requests for a username that has no user
//	verified-destination/HASH   messages to an email address or telephone number, for the user who has verified it
//	destination/HASH            messages to it for all other users together; earlier builds count every message here
//	destination/name:HASH       messages for a username that has no user
//	verified-wrong-code/HASH    wrong answers to codes sent to an address, of the user who has verified it
//	wrong-code/HASH             those of all other users together
//	wrong-code/SUB              answers of a user who has no code
//	wrong-code/name:HASH        answers for a username that has no user
//	register-client/HASH        registrations of app clients from an IP address
//	device-start/HASH           device authorizations from an IP address
//	request-push/HASH           authorization requests of public clients that were pushed from an IP address
//	user-code/HASH              wrong user codes of devices that were entered at an IP address
//	address-wrong/HASH          wrong passwords and codes from an address, in all pools; pool_id is empty
//	address-names/HASH          usernames that failed to sign in from it; pool_id is empty
//	address-names/HASH/HASH     a mark for each of them
//	taking:HASH                 a lock without a count on a name that becomes a username or alias (package store)
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
	MigrateUser            Kind = "migrate"    // ForgotPassword that calls the user migration trigger
	RiskEmail              Kind = "risk-email" // a sign-in that sends an email about its risk
)

// The kinds of requests that are counted by IP address.
const (
	registerClient Kind = "register-client"
	startDevice    Kind = "device-start"
	pushRequest    Kind = "request-push"
	userCode       Kind = "user-code"
)

// The kinds that are counted by address. The prefix verified marks counts for the user who has verified the address.
const (
	destination Kind = "destination"
	wrongCode   Kind = "wrong-code"
	verified         = "verified-"
)

// kinds are the kinds of requests that a user makes.
var kinds = [...]Kind{
	ConfirmSignUp, ResendConfirmationCode, SendAttributeCode, ChangeContact, VerifyUserAttribute, ChangePassword,
	ForgotPassword, ConfirmForgotPassword, MigrateUser, RiskEmail,
}

// Notice returns the kind of security notices about a change. Each change has its own limit, so that an attacker does not hide an
// important change behind many others.
func Notice(change cognate.SecurityChange) Kind { return noticePrefix + Kind(change) }

const noticePrefix = "notice/"

// UserKey returns the key under which a user's failures are counted.
func UserKey(u *cognate.User) string { return u.Sub }

// NameKey returns the key under which failures are counted for a username that has no user. Unknown and known usernames are
// locked in the same way.
func NameKey(p *cognate.UserPool, login string) string { return "name:" + hashed(p.Normal(login)) }

func (k Kind) key(subject string) string { return string(k) + "/" + subject }

// Recipient is a user who gets messages and answers to codes, or a username that has no user. An address has two budgets:
// one for the user who has verified it, and one for all other users together. So an attacker who signs up with the address
// does not use up the owner's budget. The zero value has no budget.
type Recipient struct {
	user *cognate.User
	name string // NameKey
}

// UserRecipient returns the user as a recipient. The user's attributes say which address is verified.
func UserRecipient(u *cognate.User) Recipient { return Recipient{user: u} }

// NameRecipient returns a username that has no user as a recipient, by its NameKey. It has its own budget, which does not
// depend on the addresses that its decoy shows.
func NameRecipient(nameKey string) Recipient { return Recipient{name: nameKey} }

// addressKey returns the key of a count for an address, which is a value of the attribute.
func (r Recipient) addressKey(kind Kind, attribute, address string) string {
	switch {
	case r.user == nil || address == "":
		return r.ownKey(kind)
	case r.user.IsVerified(attribute) && strings.EqualFold(r.user.Attributes[attribute], address):
		kind = verified + kind
	}
	return kind.key(hashed(strings.ToLower(address)))
}

// ownKey returns the key of a count for the recipient, without an address.
func (r Recipient) ownKey(kind Kind) string {
	if r.user != nil {
		return kind.key(UserKey(r.user))
	}
	return kind.key(r.name)
}

func (r Recipient) isZero() bool { return r.user == nil && r.name == "" }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// DeleteUser deletes all counts of a user. The transaction that deletes the user calls it.
func DeleteUser(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	keys := []string{sub, wrongCode.key(sub), softwareToken.key(sub)}
	for _, kind := range kinds {
		keys = append(keys, kind.key(sub))
	}
	for _, change := range cognate.SecurityChanges() {
		keys = append(keys, Notice(change).key(sub))
	}
	for _, key := range keys {
		if err := tx.DeleteAttempts(ctx, poolID, key); err != nil {
			return err
		}
	}
	return nil
}
