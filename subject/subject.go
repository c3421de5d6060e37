// Package subject finds the user that a typed name means. For an unknown name it returns a decoy, and it decides everything
// that a decoy shows: sub, username, contacts, SRP verifier, passkey and first challenges. It also decides whether a client
// may learn that a name is unknown (PreventUserExistenceErrors).
//
// It checks no password or code, counts no attempts and sends no messages: see packages signin, throttle and notify.
package subject

import (
	"context"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/authn/webauthn"
	"cognate/store"
	"cognate/throttle"
)

// errNone is an internal error: the code used the zero Subject.
var errNone = errors.New("subject: neither a user nor a decoy")

// Subject is what a typed name means to a client: a user, or a decoy that looks like one. Callers treat both alike, so that
// an answer to an unknown name takes the same steps as an answer to a user.
//
// The zero Subject is neither. Its methods return errors, or report no.
type Subject struct {
	client *cognate.AppClient
	user   *cognate.User // as read; nil for a decoy
	decoy  *Decoy        // of the typed name, for a user too; nil only in the zero Subject
}

// Known returns a user as the subject of a typed name. A nil user makes the zero Subject.
func (f *Finder) Known(pool *cognate.UserPool, client *cognate.AppClient, login string, user *cognate.User) Subject {
	if user == nil {
		return Subject{}
	}
	return Subject{client: client, user: user, decoy: newDecoy(f.DecoyKey, pool, login)}
}

// User returns the user as read; nil for a decoy and for the zero Subject.
func (s Subject) User() *cognate.User { return s.user }

// RequireUser returns refusal unless the subject is a user. A decoy never signs in.
func (s Subject) RequireUser(refusal error) error {
	switch {
	case s.decoy == nil:
		return errNone
	case s.user == nil:
		return refusal
	default:
		return nil
	}
}

// RequireKnown returns refusal if the name is unknown and the client may learn that.
func (s Subject) RequireKnown(refusal error) error {
	switch {
	case s.decoy == nil:
		return errNone
	case s.user == nil && s.ShowsExistence():
		return refusal
	default:
		return nil
	}
}

// ShowsExistence reports whether the client may learn whether the name means a user, and the state of that user, before
// the user has proven anything. It depends on the client only. Source: docs/behaviour.md §2.8.
func (s Subject) ShowsExistence() bool { return s.client != nil && !s.client.HidesUsers() }

// Hides reports whether the client must not see err. It hides API errors from clients that must not learn whether users
// exist, because an API error says something about the user. It never hides internal errors.
func (s Subject) Hides(err error) bool {
	_, isAPI := errors.AsType[*api.Error](err)
	return isAPI && !s.ShowsExistence()
}

// Profile returns the user as read. For a decoy it returns a confirmed, enabled user who is not stored: it has contacts and no
// password. For the zero Subject it returns a disabled user without a sub. The caller must not change it.
func (s Subject) Profile() *cognate.User {
	switch {
	case s.decoy == nil:
		return &cognate.User{}
	case s.user == nil:
		return &s.decoy.profile
	default:
		return s.user
	}
}

// Reread returns the user as tx sees it. A decoy costs the same read and returns its Profile.
// Errors: store.ErrNotFound if the user was deleted meanwhile.
func (s Subject) Reread(ctx context.Context, tx *store.Tx) (*cognate.User, error) {
	if s.decoy == nil {
		return nil, errNone
	}
	profile := s.Profile()
	now, err := tx.User(ctx, profile.PoolID, profile.Sub)
	if errors.Is(err, store.ErrNotFound) && s.user == nil {
		return profile, nil
	}
	return now, err
}

// At returns the subject with the user as Reread returned it. A decoy does not change.
func (s Subject) At(now *cognate.User) Subject {
	if s.user != nil && now != nil {
		s.user = now
	}
	return s
}

// Login returns the name as typed. It is empty after the first factor is proven, because the Session then does not contain the
// name.
func (s Subject) Login() string {
	if s.decoy == nil {
		return ""
	}
	return s.decoy.login
}

// Sub returns the user's sub, or the decoy's, which looks like one.
func (s Subject) Sub() string { return s.Profile().Sub }

// Username returns the username as the pool stores it, or the decoy's.
func (s Subject) Username() string { return s.Profile().Username }

// DecoyContact returns the destination that a decoy of the typed name has for a medium. It also works for a user: the client
// sees this destination if it must not learn whether the user can get the message.
func (s Subject) DecoyContact(medium api.DeliveryMediumType) string {
	if s.decoy == nil {
		return ""
	}
	return s.decoy.Contact(medium)
}

// DecoyVerificationMedium returns the medium by which a decoy of the typed name gets the code of a sign-up.
func (s Subject) DecoyVerificationMedium() api.DeliveryMediumType {
	if s.decoy == nil {
		return ""
	}
	return s.decoy.VerificationMedium()
}

// DecoyRecoveryContact returns the attribute to which a decoy of the typed name gets a recovery code, one of the pool's order.
func (s Subject) DecoyRecoveryContact(order []string) string {
	if s.decoy == nil || len(order) == 0 {
		return ""
	}
	return s.decoy.RecoveryContact(order)
}

// ShownDestination returns a destination as the client may see it, before it is masked. If the client hides users, it is in
// lower case: the letters of decoys are, and a capital letter would show that the user exists.
func (s Subject) ShownDestination(destination string) string {
	if s.ShowsExistence() {
		return destination
	}
	return strings.ToLower(destination)
}

// ThrottleKey returns the key under which the subject's attempts are counted; "" for the zero Subject. An unknown name is
// locked like a user.
func (s Subject) ThrottleKey() string {
	switch {
	case s.decoy == nil:
		return ""
	case s.user == nil:
		return throttle.NameKey(s.decoy.pool, s.decoy.login)
	default:
		return throttle.UserKey(s.user)
	}
}

// Recipient returns the subject as the recipient of messages and codes, whose budgets they use up; the zero Recipient for the
// zero Subject.
func (s Subject) Recipient() throttle.Recipient {
	switch {
	case s.decoy == nil:
		return throttle.Recipient{}
	case s.user == nil:
		return throttle.NameRecipient(s.ThrottleKey())
	default:
		return throttle.UserRecipient(s.user)
	}
}

// Verifier returns the SRP verifier of the user. For a decoy, or a user without a verifier, it returns one that no password
// matches and that is the same each time.
func (s Subject) Verifier() (srp.Verifier, error) {
	switch {
	case s.decoy == nil:
		return srp.Verifier{}, errNone
	case s.user == nil || len(s.user.Password.Verifier) == 0:
		return s.decoy.verifier(s.Username())
	default:
		return srp.Verifier{Salt: s.user.Password.Salt, V: s.user.Password.Verifier}, nil
	}
}

// DecoyPasskey returns the passkey of a decoy, always the same for the same name; nil for a user, whose passkeys are stored.
func (s Subject) DecoyPasskey() *webauthn.Credential {
	if s.decoy == nil || s.user != nil {
		return nil
	}
	return s.decoy.passkey()
}

// FirstChallenges returns the challenges with which the subject can begin a choice-based sign-in; none for the zero Subject.
func (s Subject) FirstChallenges() []api.ChallengeNameType {
	switch {
	case s.decoy == nil:
		return nil
	case s.user == nil:
		return s.decoy.firstChallenges()
	default:
		return s.user.FirstChallenges(s.decoy.pool)
	}
}
