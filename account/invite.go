package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/notify"
	"cognate/store"
	"cognate/trigger"
)

var errAccountExists = api.UsernameExistsException("User account already exists")

// Invitation is a user whom an administrator makes.
type Invitation struct {
	cognate.ClientRequest
	Username          string
	Attributes        []api.AttributeType
	TemporaryPassword string // generated when empty
	// TakeAliases lets verified contacts become this user's aliases although they are another's.
	TakeAliases bool
	Action      api.MessageActionType    // RESEND, SUPPRESS, or empty to send the invitation
	Mediums     []api.DeliveryMediumType // where to send it; empty: see recipients
	// ValidationData of the request, for the triggers.
	ValidationData []api.AttributeType
}

// Invite makes a FORCE_CHANGE_PASSWORD user with a temporary password and sends it; with RESEND it gives one to the user
// who is there. Without a temporary password, in a pool that has factors without passwords, the user is CONFIRMED, has
// none and gets no message.
//
// Errors: InvalidParameterException, UsernameExistsException, InvalidPasswordException, those of the triggers PreSignUp and
// CustomMessage, the former before anything is stored; with RESEND
// api.ErrUserDoesNotExist, UnsupportedUserStateException; CodeDeliveryFailureException, in spite of which the user
// exists. Source: API reference, AdminCreateUser; docs/behaviour.md §4.6.
func (u *Service) Invite(ctx context.Context, i *Invitation) (*cognate.User, error) {
	if i.Action == api.MessageActionTypeResend {
		return u.reinvite(ctx, i)
	}
	user, err := u.newInvitedUser(i)
	if err != nil {
		return nil, err
	}
	if err := u.requireFree(ctx, i.Pool, i.Username, errAccountExists); err != nil {
		return nil, err
	}
	messages, err := u.temporaryPassword(ctx, i, user)
	if err != nil {
		return nil, err
	}
	if err := u.preInvite(ctx, i, user); err != nil {
		return nil, err
	}
	// A username can't be taken from its owner, so ForceAliasCreation is for aliases beside usernames only.
	takeAliases := i.TakeAliases && !i.Pool.UsesUsernameAttributes()
	err = u.create(ctx, i.Pool, user, takeAliases, errAccountExists, func(tx *store.Tx) error { return u.countMessages(ctx, tx, messages) })
	if err != nil {
		return nil, err
	}
	return user, u.deliverAll(ctx, i.triggerContext(user), messages)
}

func (i *Invitation) triggerContext(user *cognate.User) *triggerContext {
	return &triggerContext{i.ClientRequest, user}
}

// preInvite asks the pool's function whether the user may be made. What it says of confirming and verifying is for users
// who sign up themselves (docs/behaviour.md §6.1).
func (u *Service) preInvite(ctx context.Context, i *Invitation, user *cognate.User) error {
	_, err := u.Triggers.PreSignUp(ctx, trigger.Call{
		ClientRequest: i.ClientRequest, Username: user.Username, Attributes: user.Attributes,
		ValidationData: byName(i.ValidationData),
	}, trigger.PreSignUpAdminCreateUser)
	return err
}

// newInvitedUser returns the user that an invitation would make, still without a password. Required attributes may be missing:
// the user is asked for them with the new password.
func (u *Service) newInvitedUser(i *Invitation) (*cognate.User, error) {
	attributes, err := ReadAttributes(i.Pool, nil, i.Attributes)
	if err != nil {
		return nil, err
	}
	user, err := u.newUser(i.Pool, i.Username, attributes)
	if err != nil {
		return nil, err
	}
	user.Status = api.UserStatusTypeConfirmed
	if i.TemporaryPassword != "" || !allowsPasswordless(i.Pool) {
		user.Status = api.UserStatusTypeForceChangePassword
	}
	return user, nil
}

// reinvite gives a user who has not signed in yet a new temporary password, with a new expiry. Other members of the
// invitation change nothing.
func (u *Service) reinvite(ctx context.Context, i *Invitation) (*cognate.User, error) {
	found, err := u.Store.FindUser(ctx, i.Pool, i.Username)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrUserDoesNotExist
	}
	if err != nil {
		return nil, err
	}
	if err := awaitsNewPassword(found); err != nil {
		return nil, err
	}
	messages, err := u.temporaryPassword(ctx, i, found)
	if err != nil {
		return nil, err
	}
	user, err := u.change(ctx, i.Pool, found.Sub, func(tx *store.Tx, user *cognate.User) error {
		if err := awaitsNewPassword(user); err != nil {
			return err
		}
		if err := u.countMessages(ctx, tx, messages); err != nil {
			return err
		}
		user.Password = found.Password.After(user.Password, i.Pool.PasswordPolicy.HistorySize)
		user.TemporaryUntil = found.TemporaryUntil
		user.Stamp++
		return nil
	})
	if err := audit.Changed(ctx, audit.PasswordReset, err); err != nil {
		return nil, err
	}
	return user, u.deliverAll(ctx, i.triggerContext(user), messages)
}

// awaitsNewPassword refuses to invite again who has signed in already. Source of the text: single reports, docs/behaviour.md §4.6.
func awaitsNewPassword(user *cognate.User) error {
	if user.Status == api.UserStatusTypeForceChangePassword {
		return nil
	}
	return api.UnsupportedUserStateException(
		fmt.Sprintf("Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", user.Username))
}

// temporaryPassword gives a FORCE_CHANGE_PASSWORD user, not stored yet, the invitation's password or a generated one, and
// returns the messages that tell it.
func (u *Service) temporaryPassword(ctx context.Context, i *Invitation, user *cognate.User) ([]notify.Message, error) {
	if user.Status != api.UserStatusTypeForceChangePassword {
		return nil, nil
	}
	plaintext := i.TemporaryPassword
	var err error
	if plaintext == "" {
		plaintext, err = u.Passwords.Generate(i.Pool)
	} else {
		err = u.Passwords.CheckPolicy(i.Pool, plaintext)
	}
	if err != nil {
		return nil, err
	}
	user.TemporaryUntil = u.temporaryUntil(i.Pool)
	messages, err := invitations(i, user, plaintext)
	if err != nil {
		return nil, err
	}
	user.Password, err = u.Passwords.New(ctx, i.Pool, user.Username, plaintext)
	return messages, err
}

// defaultTemporaryDays is how long a temporary password lives in a pool that doesn't say (docs/behaviour.md §4.1).
const defaultTemporaryDays = 7

// temporaryUntil returns when a temporary password that is made now stops working.
// Assumed: a validity of 0 days means the default of 7 days. Otherwise the password would never work.
func (u *Service) temporaryUntil(pool *cognate.UserPool) time.Time {
	days := pool.PasswordPolicy.TemporaryPasswordValidityDays
	if days == 0 {
		days = defaultTemporaryDays
	}
	return u.Now().Add(time.Duration(days) * 24 * time.Hour)
}

func invitations(i *Invitation, user *cognate.User, plaintext string) ([]notify.Message, error) {
	if i.Action == api.MessageActionTypeSuppress {
		return nil, nil
	}
	to, err := recipients(i, user)
	if err != nil {
		return nil, err
	}
	var messages []notify.Message
	for _, r := range to {
		message := notify.Invitation(i.Pool, r, plaintext)
		message.Expires = user.TemporaryUntil
		messages = append(messages, message)
	}
	return messages, nil
}

// recipients returns where an invitation goes: to each medium that is asked for.
//
// Assumed: without DesiredDeliveryMediums the invitation goes to the phone number, or else to the email address. The API
// reference only says that SMS is the default. The text for a user without a phone number follows the one for email.
func recipients(i *Invitation, user *cognate.User) ([]notify.Recipient, error) {
	at := func(contact string) []notify.Recipient {
		return []notify.Recipient{notify.At(i.Pool, user, contact, user.Attributes[contact])}
	}
	if len(i.Mediums) == 0 {
		for _, contact := range contacts {
			if user.Attributes[contact] != "" {
				return at(contact), nil
			}
		}
		return nil, nil
	}
	var to []notify.Recipient
	for _, contact := range contacts {
		switch wanted := slices.Contains(i.Mediums, notify.MediumOf(contact)); {
		case wanted && user.Attributes[contact] != "":
			to = append(to, at(contact)...)
		case wanted && contact == cognate.AttributeEmail:
			return nil, api.InvalidParameterException("No email provided but desired delivery medium was Email")
		case wanted:
			return nil, api.InvalidParameterException("No phone number provided but desired delivery medium was SMS")
		}
	}
	return to, nil
}

// countMessages refuses to send more than an address should get.
func (u *Service) countMessages(ctx context.Context, tx *store.Tx, messages []notify.Message) error {
	for _, m := range messages {
		if err := u.Limits.CountMessage(ctx, tx, m.PoolID, m.Destination, u.Now()); err != nil {
			return err
		}
	}
	return nil
}
