package subject

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/authn/srp"
	"cognate/authn/webauthn"
)

// Decoy is the stand-in for an unknown name. It is the same each time for the same key, pool and name, however the name is
// spelled where case does not count, and it is shaped like the pool's users. The derivations are frozen: a decoy that
// changes at an upgrade shows that its name is unknown.
type Decoy struct {
	key     []byte
	pool    *cognate.UserPool
	login   string // as typed
	profile cognate.User
}

// newDecoy derives the decoy of a typed name from a secret of the server.
func newDecoy(key []byte, pool *cognate.UserPool, login string) *Decoy {
	d := &Decoy{key: key, pool: pool, login: login}
	sub := cognate.SubFrom(d.derive("sub"))
	d.profile = cognate.User{
		PoolID: pool.ID, Sub: sub, Username: pool.Normal(login), Status: api.UserStatusTypeConfirmed, Enabled: true,
		Attributes: map[string]string{
			cognate.AttributeEmail: d.Contact(api.DeliveryMediumTypeEmail),
			cognate.AttributePhone: d.Contact(api.DeliveryMediumTypeSms),
		},
	}
	isAlias := strings.Contains(login, "@") || strings.HasPrefix(login, "+")
	if pool.UsesUsernameAttributes() || len(pool.AliasAttributes) > 0 && isAlias {
		d.profile.Username = sub
	}
	return d
}

// derive returns 32 bytes that only the holder of the key can compute.
func (d *Decoy) derive(purpose string) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte(purpose + "/" + d.pool.ID + "/" + d.pool.Normal(d.login)))
	return mac.Sum(nil)
}

// Contact returns the destination of a message by the medium. It holds no more than a mask shows (notify.Mask), unless the
// typed name is itself such a destination.
func (d *Decoy) Contact(medium api.DeliveryMediumType) string {
	login := d.pool.Normal(d.login)
	isContact := medium == api.DeliveryMediumTypeEmail && strings.Contains(login, "@") ||
		medium == api.DeliveryMediumTypeSms && strings.HasPrefix(login, "+")
	if isContact {
		return login
	}
	random := d.derive("destination")
	if medium == api.DeliveryMediumTypeSms {
		return fmt.Sprintf("+%04d", (int(random[0])<<8|int(random[1]))%10000)
	}
	letter := func(b byte) byte { return 'a' + b%26 }
	return string([]byte{letter(random[0]), '@', letter(random[1])})
}

// VerificationMedium returns the medium of a sign-up's code. It follows the rule for users, SMS before email where the pool
// verifies both; a name that is an email address stands for a user without a phone number.
func (d *Decoy) VerificationMedium() api.DeliveryMediumType {
	phone, email := d.pool.AutoVerifies(cognate.AttributePhone), d.pool.AutoVerifies(cognate.AttributeEmail)
	if phone && (!email || !strings.Contains(d.pool.Normal(d.login), "@")) {
		return api.DeliveryMediumTypeSms
	}
	return api.DeliveryMediumTypeEmail
}

// RecoveryContact returns the attribute to which a recovery code goes, one of the pool's order. A name that is an email
// address or a phone number stands for a user who has only that, as in VerificationMedium; other names have the first.
func (d *Decoy) RecoveryContact(order []string) string {
	switch {
	case strings.Contains(d.login, "@") && slices.Contains(order, cognate.AttributeEmail):
		return cognate.AttributeEmail
	case strings.HasPrefix(d.login, "+") && slices.Contains(order, cognate.AttributePhone):
		return cognate.AttributePhone
	default:
		return order[0]
	}
}

// verifier returns the SRP verifier of a username without a stored one. No password matches it.
func (d *Decoy) verifier(username string) (srp.Verifier, error) {
	return srp.DecoyVerifier(d.key, srp.Identity{PoolName: d.pool.ShortName(), Username: username})
}

// hasPasskey reports whether the decoy has a passkey. Every other decoy has, as some users have one and some do not.
func (d *Decoy) hasPasskey() bool { return d.derive("has passkey")[0]%2 == 0 }

// passkey returns a passkey whose private key is not known.
func (d *Decoy) passkey() *webauthn.Credential {
	c := webauthn.Decoy(d.key, d.pool.ID+"/"+d.pool.Normal(d.login))
	return &c
}

// firstChallenges returns all first challenges that the pool allows and that a user has without setting them up. Every other
// decoy also has the passkey challenge.
func (d *Decoy) firstChallenges() []api.ChallengeNameType {
	user := d.profile
	user.Password.Verifier = []byte{0}
	user.Attributes = map[string]string{
		cognate.AttributeEmailVerified: "true", cognate.AttributePhoneVerified: "true",
	}
	if d.hasPasskey() {
		user.Passkeys = 1
	}
	return user.FirstChallenges(d.pool)
}
