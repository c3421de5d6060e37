package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/authn/webauthn"
	"cognate/passkeys"
	"cognate/store"
)

// registrationTTL is how long a registration can be completed after its start. The timeout in the options for the browser is
// shorter.
// Assumed: a passkey registration can be completed for five minutes.
const registrationTTL = 5 * time.Minute

// Assumed: the texts about passkey registration. The types are those of API reference, CompleteWebAuthnRegistration.
var (
	errPasskeysOff         = api.WebAuthnNotEnabledException("Passkeys are not enabled for this user pool.")
	errNoRelyingParty      = api.WebAuthnConfigurationMissingException("The user pool has no relying party ID for passkeys.")
	errTooManyPasskeys     = api.LimitExceededException(fmt.Sprintf("A user can have at most %d passkeys.", cognate.MaxPasskeys))
	errNoRegistration      = api.WebAuthnChallengeNotFoundException("The passkey registration was not found or has expired.")
	errOtherClient         = api.WebAuthnClientMismatchException("The passkey registration was started by another app client.")
	errOtherOrigin         = api.WebAuthnOriginNotAllowedException("The origin of the passkey is not allowed for the relying party ID.")
	errOtherRelyingParty   = api.WebAuthnRelyingPartyMismatchException("The passkey is of another relying party ID.")
	errPasskeyNotSupported = api.WebAuthnCredentialNotSupportedException("The passkey is not supported.")
	errInvalidCredential   = api.InvalidParameterException("Invalid passkey credential.")
	errPasskeyExists       = api.InvalidParameterException("The passkey is already registered.")
	errNoPasskey           = api.ResourceNotFoundException("The passkey does not exist.")
)

// Passkeys registers and removes the passkeys of signed-in users.
type Passkeys struct {
	Store    *store.Store
	Passkeys *passkeys.Service
	Now      func() time.Time
	Notices  *Notices
}

// Start begins the registration of a passkey and returns the PublicKeyCredentialCreationOptionsJSON for the browser. It
// replaces an earlier registration that is not completed.
// Errors: WebAuthnNotEnabledException, WebAuthnConfigurationMissingException, LimitExceededException,
// api.ErrTokenRevoked. Source: API reference, StartWebAuthnRegistration; docs/behaviour.md §2.5.
func (p *Passkeys) Start(ctx context.Context, principal *store.Principal) (jsontext.Value, error) {
	party, err := p.relyingParty(ctx, principal.Pool)
	if err != nil {
		return nil, err
	}
	registered, err := p.Passkeys.Of(ctx, principal.Pool, principal.User)
	if err != nil {
		return nil, err
	}
	challenge := webauthn.NewChallenge()
	err = p.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := lockForPasskey(ctx, tx, principal); err != nil {
			return err
		}
		return tx.SavePasskeyRegistration(ctx, cognate.PasskeyRegistration{
			PoolID: principal.Pool.ID, Sub: principal.User.Sub, ClientID: principal.Client.ID, Challenge: challenge,
			Expires: p.Now().Add(registrationTTL),
		})
	})
	if err != nil {
		return nil, err
	}
	return party.CreationOptions(passkeyUser(principal.Pool, principal.User), challenge, passkeys.ToPasskeys(registered.Passkeys))
}

// Complete registers the passkey that the user's authenticator has created. It consumes the registration that Start began.
// After an error, the registration can be completed with another passkey until it expires.
// Errors: InvalidParameterException, WebAuthnNotEnabledException, WebAuthnChallengeNotFoundException,
// WebAuthnClientMismatchException, WebAuthnOriginNotAllowedException, WebAuthnRelyingPartyMismatchException,
// WebAuthnCredentialNotSupportedException, LimitExceededException, api.ErrTokenRevoked.
// Source: API reference, CompleteWebAuthnRegistration; Web Authentication Level 3, section 7.1.
func (p *Passkeys) Complete(ctx context.Context, principal *store.Principal, credential []byte) error {
	party, err := p.relyingParty(ctx, principal.Pool)
	if errors.Is(err, errNoRelyingParty) { // not among the operation's errors
		return errOtherRelyingParty
	}
	if err != nil {
		return err
	}
	registration, err := webauthn.ParseRegistration(credential)
	if err != nil {
		return passkeyError(err)
	}
	err = p.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := lockForPasskey(ctx, tx, principal)
		if err != nil {
			return err
		}
		challenge, err := p.takeChallenge(ctx, tx, principal)
		if err != nil {
			return err
		}
		made, err := registration.Verify(party, challenge)
		if err != nil {
			return passkeyError(err)
		}
		return p.create(ctx, tx, principal.Pool, user, party, made)
	})
	return audit.Changed(ctx, audit.PasskeyRegistered, err)
}

// takeChallenge consumes the registration that the user has begun with the same client, and returns its challenge.
func (p *Passkeys) takeChallenge(ctx context.Context, tx *store.Tx, principal *store.Principal) ([]byte, error) {
	begun, err := tx.TakePasskeyRegistration(ctx, principal.Pool.ID, principal.User.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errNoRegistration
	case err != nil:
		return nil, err
	case !p.Now().Before(begun.Expires):
		return nil, errNoRegistration
	case begun.ClientID != principal.Client.ID:
		return nil, errOtherClient
	}
	return begun.Challenge, nil
}

// create stores a passkey and counts it in the user's row. It refuses a passkey that a user of the pool has already, because
// nothing proves that this user owns it too.
func (p *Passkeys) create(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *store.LockedUser, party webauthn.RelyingParty, made webauthn.Credential) error {
	c := passkeys.FromPasskey(made)
	c.PoolID, c.Sub, c.RelyingPartyID, c.Created = pool.ID, user.Sub, party.ID, p.Now()
	c.Name = cmp.Or(c.Name, nameByAttachment(c.Attachment))
	err := tx.CreateCredential(ctx, c)
	if errors.Is(err, store.ErrExists) {
		return errPasskeyExists
	}
	if err != nil {
		return err
	}
	user.Passkeys++
	if err := p.Notices.Changed(ctx, tx, pool, user); err != nil {
		return err
	}
	user.Modified = p.Now()
	return tx.SaveUser(ctx, pool, user)
}

// Delete deletes one of the user's passkeys. Errors: ResourceNotFoundException, also for a passkey of another user;
// api.ErrTokenRevoked. Source: API reference, DeleteWebAuthnCredential.
func (p *Passkeys) Delete(ctx context.Context, principal *store.Principal, id cognate.CredentialID) error {
	err := p.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := LockUser(ctx, tx, principal.User.PoolID, principal.User.Sub, api.ErrTokenRevoked)
		if err != nil {
			return err
		}
		err = tx.DeleteCredential(ctx, principal.Pool.ID, principal.User.Sub, id)
		if errors.Is(err, store.ErrNotFound) {
			return errNoPasskey
		}
		if err != nil {
			return err
		}
		user.Passkeys--
		if err := p.Notices.Changed(ctx, tx, principal.Pool, user); err != nil {
			return err
		}
		user.Modified = p.Now()
		return tx.SaveUser(ctx, principal.Pool, user)
	})
	return audit.Changed(ctx, audit.PasskeyDeleted, err)
}

// relyingParty returns the relying party of a pool whose users may have passkeys.
func (p *Passkeys) relyingParty(ctx context.Context, pool *cognate.UserPool) (webauthn.RelyingParty, error) {
	party, err := p.Passkeys.Party(ctx, pool)
	switch {
	case err != nil:
		return party, err
	case !pool.AllowsFirst(api.AuthFactorTypeWebAuthn):
		return party, errPasskeysOff
	case party.ID == "":
		return party, errNoRelyingParty
	default:
		return party, nil
	}
}

// lockForPasskey locks the user, and refuses a user who has the maximum number of passkeys.
func lockForPasskey(ctx context.Context, tx *store.Tx, principal *store.Principal) (*store.LockedUser, error) {
	user, err := LockUser(ctx, tx, principal.User.PoolID, principal.User.Sub, api.ErrTokenRevoked)
	if err == nil && user.Passkeys >= cognate.MaxPasskeys {
		return nil, errTooManyPasskeys
	}
	return user, err
}

func passkeyError(err error) error {
	switch {
	case errors.Is(err, webauthn.ErrMalformed):
		return errInvalidCredential
	case errors.Is(err, webauthn.ErrChallenge):
		return errNoRegistration
	case errors.Is(err, webauthn.ErrOrigin):
		return errOtherOrigin
	case errors.Is(err, webauthn.ErrRelyingParty):
		return errOtherRelyingParty
	case errors.Is(err, webauthn.ErrNotSupported):
		return errPasskeyNotSupported
	default:
		return err
	}
}

// passkeyUser returns the user as an authenticator shows it.
//
// Assumed: the authenticator shows the email address or phone number if contacts are usernames, or else the username. The
// display name is the user's attribute "name", or else the same.
func passkeyUser(pool *cognate.UserPool, user *cognate.User) webauthn.User {
	name := user.Username
	if pool.UsesUsernameAttributes() {
		name = cmp.Or(user.Attributes[cognate.AttributeEmail], user.Attributes[cognate.AttributePhone], name)
	}
	return webauthn.User{
		Handle: passkeys.UserHandle(user), Name: name, DisplayName: cmp.Or(user.Attributes["name"], name),
	}
}

// nameByAttachment returns the name of a passkey whose authenticator model is not known.
// Assumed: the friendly names of passkeys, except "Roaming passkey".
func nameByAttachment(attachment string) string {
	switch attachment {
	case "platform":
		return "Platform passkey"
	case "cross-platform":
		return "Roaming passkey"
	default:
		return "Passkey"
	}
}
