package account

import (
	"cmp"
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
	"cognate/throttle"
	"cognate/trigger"
)

var errAccountExists = api.UsernameExistsException("User account already exists")

// Invitation is an administrator's request to create a user, or to send the invitation again.
type Invitation struct {
	cognate.ClientRequest
	Username          string
	Attributes        []api.AttributeType
	TemporaryPassword string // generated if empty
	// TakeAliases makes verified contacts aliases of this user even if they are aliases of another user.
	TakeAliases bool
	Action      api.MessageActionType    // RESEND, SUPPRESS, or empty to send the invitation
	Mediums     []api.DeliveryMediumType // how to send it; if empty, see recipients
	// ValidationData of the request, for the triggers.
	ValidationData []api.AttributeType
}

// Invite creates a FORCE_CHANGE_PASSWORD user with a temporary password and sends the password. With RESEND, it gives an
// existing user a new temporary password. In a pool that allows sign-in without a password, a user without a temporary
// password is CONFIRMED, has no password and gets no message.
//
// Errors: InvalidParameterException, UsernameExistsException, InvalidPasswordException; those of the trigger PreSignUp, before
// anything is stored; with RESEND api.ErrUserDoesNotExist, UnsupportedUserStateException. After
// CodeDeliveryFailureException and the errors of the trigger CustomMessage the user is stored all the same. Source: API
// reference, AdminCreateUser; docs/behaviour.md §4.6.
func (u *Service) Invite(ctx context.Context, i *Invitation) (*cognate.User, error) {
	if err := cmp.Or(
		cognate.RequireDistinctAttributes("ValidationData", i.ValidationData),
		cognate.RequireDistinctAttributes("UserAttributes", i.Attributes), // RESEND does not use them
	); err != nil {
		return nil, err
	}
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
	// A username cannot be taken from its user, so ForceAliasCreation has no effect on username attributes.
	takeAliases := i.TakeAliases && !i.Pool.UsesUsernameAttributes()
	err = u.create(ctx, i.Pool, user, takeAliases, errAccountExists, func(tx *store.Tx) error { return u.countMessages(ctx, tx, user, messages) })
	if err != nil {
		return nil, err
	}
	return user, u.deliverAll(ctx, i.triggerContext(user), messages)
}

func (i *Invitation) triggerContext(user *cognate.User) *triggerContext {
	return &triggerContext{i.ClientRequest, user}
}

// preInvite calls the trigger PreSignUp, which can refuse the user. Its answers about confirming and verifying are ignored:
// they apply only to users who sign up themselves (docs/behaviour.md §6.1).
func (u *Service) preInvite(ctx context.Context, i *Invitation, user *cognate.User) error {
	_, err := u.Triggers.PreSignUp(ctx, trigger.Call{
		ClientRequest: i.ClientRequest, Username: user.Username, Attributes: user.Attributes,
		ValidationData: byName(i.ValidationData),
	}, trigger.PreSignUpAdminCreateUser)
	return err
}

// newInvitedUser returns the user that an invitation creates, without a password yet. Required attributes may be missing: the
// user must give them with the new password.
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

// reinvite gives a user who has not signed in yet a new temporary password with a new expiry. It ignores the attributes and
// the validation data of the invitation.
func (u *Service) reinvite(ctx context.Context, i *Invitation) (*cognate.User, error) {
	found, err := u.Store.FindUserOrSub(ctx, i.Pool, i.Username)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrUserDoesNotExist
	}
	if err != nil {
		return nil, err
	}
	if err := requireAwaitsNewPassword(found); err != nil {
		return nil, err
	}
	messages, err := u.temporaryPassword(ctx, i, found)
	if err != nil {
		return nil, err
	}
	user, err := u.change(ctx, i.Pool, found.Sub, func(tx *store.Tx, locked *store.LockedUser) error {
		user := locked.User
		if err := requireAwaitsNewPassword(user); err != nil {
			return err
		}
		if err := u.countMessages(ctx, tx, user, messages); err != nil {
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

// requireAwaitsNewPassword refuses to invite a user again who has signed in already. Source of the text: single reports,
// docs/behaviour.md §4.6.
func requireAwaitsNewPassword(user *cognate.User) error {
	if user.Status == api.UserStatusTypeForceChangePassword {
		return nil
	}
	return api.UnsupportedUserStateException(
		fmt.Sprintf("Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", user.Username))
}

// temporaryPassword gives a FORCE_CHANGE_PASSWORD user the invitation's password or a generated one. It returns the messages
// that contain the password. It does not store the user.
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

// defaultTemporaryDays is how long a temporary password is valid if the pool does not set it (docs/behaviour.md §4.1).
const defaultTemporaryDays = 7

// temporaryUntil returns when a temporary password that is set now expires.
// Assumed: an UnusedAccountValidityDays of 0 means the default of 7 days. Otherwise the password would never work.
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

// recipients returns where an invitation goes: one recipient for each requested medium.
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

// countMessages counts messages to the user, and refuses one that is over the limit of its address.
func (u *Service) countMessages(ctx context.Context, tx *store.Tx, user *cognate.User, messages []notify.Message) error {
	to := throttle.UserRecipient(user)
	for _, m := range messages {
		if err := u.Limits.CountMessage(ctx, tx, m.PoolID, to, notify.AttributeOf(m.Medium), m.Destination, u.Now()); err != nil {
			return err
		}
	}
	return nil
}
