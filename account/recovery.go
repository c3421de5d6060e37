package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/notify"
	"cognate/risk"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
	"cognate/trigger"
)

// The errors of ForgotPassword (docs/behaviour.md §4.4).
var (
	errNoRecoveryContact = api.InvalidParameterException("Cannot reset password for the user as there is no " +
		"registered/verified email or phone_number")
	errCantReset       = api.NotAuthorizedException("User password cannot be reset in the current state.")
	errRecoveryByAdmin = api.NotAuthorizedException("Contact administrator to reset password.")
)

// ForgotPassword sends a user the code to set a new password. For an unknown name it calls the trigger UserMigration,
// which can describe a new user. A client that hides users gets the same answer for every name: it sees neither the state
// of a user nor why no message is sent.
//
// Errors: UserNotFoundException, NotAuthorizedException, InvalidParameterException, LimitExceededException,
// CodeDeliveryFailureException, those of the triggers UserMigration and CustomMessage. Source: API reference,
// ForgotPassword; docs/behaviour.md §2.8, §4.4, §6.
func (u *Service) ForgotPassword(ctx context.Context, r *Request) (*api.CodeDeliveryDetailsType, error) {
	order := recoveryOrder(r.Pool)
	if len(order) == 0 { // a setting of the pool, so the error shows nothing about the name
		return nil, errRecoveryByAdmin
	}
	sub, err := u.Subjects.Find(ctx, r.Pool, r.Client, r.Username)
	if err != nil {
		return nil, err
	}
	requested, err := u.recoveryCode(ctx, r, sub)
	if err != nil {
		return nil, err
	}
	return u.sendRequested(ctx, r.Pool, sub, requested)
}

// recoveryCode counts the request and stores a new code. It returns the message.
func (u *Service) recoveryCode(ctx context.Context, r *Request, sub subject.Subject) (*requestedCode, error) {
	if sub.User() == nil && r.Pool.HasTrigger(cognate.TriggerUserMigration) {
		migrated, err := u.migrateOnForgot(ctx, r, sub)
		if err != nil {
			return nil, err
		}
		sub = migrated
	}
	var requested *requestedCode
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.Limits.Take(ctx, tx, throttle.ForgotPassword, r.Pool.ID, sub.ThrottleKey(), u.Now()); err != nil {
			return err
		}
		user, err := LockUser(ctx, tx, r.Pool.ID, sub.Sub(), errUnknownUser)
		if err == nil {
			requested, err = u.requestRecoveryCode(ctx, tx, r.triggerContext(user.User))
		}
		if err == nil {
			return u.record(ctx, tx, &r.ClientRequest, sub, api.EventTypeForgotPassword, api.EventResponseTypePass)
		}
		if !sub.Hides(err) {
			return err
		}
		if err := u.record(ctx, tx, &r.ClientRequest, sub, api.EventTypeForgotPassword, api.EventResponseTypeFail); err != nil {
			return err
		}
		requested, err = u.withhold(ctx, tx, withheldCode{
			pool: r.Pool, subject: sub, kind: notify.KindForgotPassword, purpose: codes.Recovery, contact: shownRecoveryContact(r.Pool, sub),
		})
		return err
	})
	return requested, err
}

func (u *Service) requestRecoveryCode(ctx context.Context, tx *store.Tx, c *triggerContext) (*requestedCode, error) {
	notification, err := u.saveRecoveryCode(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	return &requestedCode{message: notification.Message, notification: notification}, nil
}

// shownRecoveryContact returns the attribute whose value the client sees if no code is sent: the user's contact for recovery,
// or else the first contact that the user has, or the decoy's.
func shownRecoveryContact(pool *cognate.UserPool, sub subject.Subject) string {
	order := recoveryOrder(pool)
	if user := sub.User(); user != nil {
		if contact := recoveryContact(pool, user); contact != "" {
			return contact
		}
		for _, contact := range order {
			if user.Attributes[contact] != "" {
				return contact
			}
		}
	}
	return sub.DecoyRecoveryContact(order)
}

// migrateOnForgot creates a user for an unknown name, if the pool's function knows it. A separate limit counts the calls for
// each name, so that clients cannot call the function without limit.
func (u *Service) migrateOnForgot(ctx context.Context, r *Request, decoy subject.Subject) (subject.Subject, error) {
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		return u.Limits.Take(ctx, tx, throttle.MigrateUser, r.Pool.ID, decoy.ThrottleKey(), u.Now())
	})
	if err != nil {
		return subject.Subject{}, err
	}
	user, err := u.migrate(ctx, &migration{Request: *r, decoy: decoy, source: trigger.UserMigrationForgotPassword})
	if refusal, ok := errors.AsType[*api.Error](err); ok && decoy.Hides(err) {
		u.Log.WarnContext(ctx, "a user was not migrated", "pool", r.Pool.ID, "error", refusal.Code)
		return decoy, nil
	}
	if err != nil || user == nil {
		return decoy, err
	}
	return u.Subjects.Known(r.Pool, r.Client, r.Username, user), nil
}

// saveRecoveryCode stores a new code for a locked user and returns the message that contains it. After an error nothing is
// stored. Errors: NotAuthorizedException, InvalidParameterException, TooManyRequestsException.
func (u *Service) saveRecoveryCode(ctx context.Context, tx *store.Tx, c *triggerContext) (*notify.Notification, error) {
	pool, user := c.Pool, c.user
	if err := requireRecoverable(user); err != nil {
		return nil, err
	}
	contact := recoveryContact(pool, user)
	if contact == "" {
		return nil, errNoRecoveryContact
	}
	code, value := codes.New(), user.Attributes[contact]
	message, err := notify.Verification(pool, notify.KindForgotPassword, notify.At(pool, user, contact, value), code, notify.Link{})
	if err != nil {
		return nil, err
	}
	issue := codes.Issue{
		PoolID: pool.ID, Sub: user.Sub, Recipient: throttle.UserRecipient(user), Purpose: codes.Recovery, Attribute: contact,
		Destination: value,
	}
	message.Expires = issue.Expires(u.Now())
	if err := codes.Save(ctx, tx, u.Limits, issue, code, u.Now()); err != nil {
		return nil, err
	}
	return c.notification(message), nil
}

// requireRecoverable refuses users who cannot recover a password with a code: disabled users, users whose sign-in with a password
// an administrator has ended, and users who have not set their own password yet.
func requireRecoverable(user *cognate.User) error {
	switch {
	case !user.Enabled:
		return api.ErrUserDisabled
	case user.Password.Disabled:
		return errCantReset
	}
	switch user.Status {
	case api.UserStatusTypeConfirmed, api.UserStatusTypeResetRequired:
		return nil
	case api.UserStatusTypeUnconfirmed:
		return errNoRecoveryContact
	default:
		return errCantReset
	}
}

// Recovers reports whether users of the pool can reset their password by a code, and not only by an administrator.
func Recovers(pool *cognate.UserPool) bool { return len(recoveryOrder(pool)) > 0 }

// recoveryOrder returns the contacts to which the pool sends recovery codes, the preferred one first. It is empty if only
// administrators reset passwords. Source: API reference, AccountRecoverySettingType.
func recoveryOrder(pool *cognate.UserPool) []string {
	if len(pool.Recovery) == 0 {
		return contacts[:]
	}
	byPriority := slices.SortedStableFunc(slices.Values(pool.Recovery), func(a, b api.RecoveryOptionType) int {
		return cmp.Compare(priority(a), priority(b))
	})
	var order []string
	for _, option := range byPriority {
		switch option.Name {
		case api.RecoveryOptionNameTypeVerifiedEmail:
			order = append(order, cognate.AttributeEmail)
		case api.RecoveryOptionNameTypeVerifiedPhoneNumber:
			order = append(order, cognate.AttributePhone)
		case api.RecoveryOptionNameTypeAdminOnly:
		}
	}
	return order
}

func priority(option api.RecoveryOptionType) int {
	if option.Priority == nil {
		return 0
	}
	return *option.Priority
}

// recoveryContact returns the contact to which a user's code goes, or "". It is the first one in the pool's order that is
// verified and is not also the user's second factor: otherwise one mailbox would be enough to sign in. In pools without a
// recovery setting (the legacy order), the second factor does not matter.
func recoveryContact(pool *cognate.UserPool, user *cognate.User) string {
	for _, contact := range recoveryOrder(pool) {
		if user.Attributes[contact] == "" || !user.IsVerified(contact) {
			continue
		}
		if len(pool.Recovery) == 0 || !isSecondFactor(pool, user, contact) {
			return contact
		}
	}
	return ""
}

// isSecondFactor reports whether a sign-in can send its second factor code to the contact.
func isSecondFactor(pool *cognate.UserPool, user *cognate.User, contact string) bool {
	return pool.MFA.Mode != api.UserPoolMfaTypeOff && slices.Contains(user.SecondFactors(pool), cognate.FactorOf(contact))
}

// PasswordRecovery is a request to set a new password with a recovery code. The client's secret hash has been checked.
type PasswordRecovery struct {
	cognate.ClientRequest
	Username string
	Code     string
	Proposed string
}

// ConfirmForgotPassword checks the code, sets the new password and makes the user CONFIRMED. Of two concurrent confirmations
// one succeeds. Unfinished sign-ins end; refresh tokens stay valid, as after ChangePassword. If the client hides users, an
// unknown name gets the same error as a wrong code, and is counted in the same way. A password that the policy or the
// history refuses does not consume the code.
//
// Errors: InvalidPasswordException, PasswordHistoryPolicyViolationException, UserNotFoundException, NotAuthorizedException,
// InvalidParameterException, CodeMismatchException, ExpiredCodeException, TooManyFailedAttemptsException,
// LimitExceededException; those of the trigger PostConfirmation, after which the password is set all the same. Source: API
// reference, ConfirmForgotPassword; docs/behaviour.md §2.8, §4.4.
func (u *Service) ConfirmForgotPassword(ctx context.Context, r *PasswordRecovery) error {
	if err := u.Passwords.CheckPolicy(r.Pool, r.Proposed); err != nil {
		return err
	}
	compromise, err := u.Risk.CheckNew(r.Pool, r.Client, api.EventFilterTypePasswordChange, r.Proposed)
	if err != nil { // before the user is read, so the error shows nothing about the name, and no event names a user
		return err
	}
	sub, err := u.Subjects.Find(ctx, r.Pool, r.Client, r.Username)
	if err != nil {
		return err
	}
	// Also for a decoy: hashing takes most of the time of an answer.
	password, err := u.Passwords.New(ctx, r.Pool, sub.Username(), r.Proposed)
	if err != nil {
		return err
	}
	if err := u.checkRemembered(ctx, r, sub); err != nil {
		return err
	}
	var recovered *cognate.User
	err = u.recover(ctx, r, sub, func(tx *store.Tx, user *store.LockedUser) error {
		recovered = user.User
		user.Password = password.After(user.Password, r.Pool.PasswordPolicy.HistorySize)
		user.Status, user.TemporaryUntil = api.UserStatusTypeConfirmed, time.Time{}
		user.Stamp++
		actor := risk.Actor{Pool: r.Pool, Client: r.Client, Sub: sub.Sub(), Username: sub.Username()}
		if err := u.Risk.RecordPassword(ctx, tx, actor, api.EventTypePasswordChange, api.EventResponseTypePass, compromise); err != nil {
			return err
		}
		if err := u.Notices.Changed(ctx, tx, r.Pool, user); err != nil {
			return err
		}
		return u.save(ctx, tx, r.Pool, user)
	})
	if err := audit.Changed(ctx, audit.PasswordChanged, err); err != nil {
		return err
	}
	tc := &triggerContext{r.ClientRequest, recovered}
	return u.postConfirmation(ctx, tc, trigger.PostConfirmationConfirmForgotPasswd)
}

// checkRemembered refuses a password that is in the user's password history. It first requires the right code, and does not
// consume it: the result, and the time that it takes, show what the user's passwords were.
func (u *Service) checkRemembered(ctx context.Context, r *PasswordRecovery, sub subject.Subject) error {
	if r.Pool.PasswordPolicy.HistorySize == 0 {
		return nil
	}
	var user *cognate.User
	err := u.recover(ctx, r, sub, func(_ *store.Tx, locked *store.LockedUser) error {
		user = locked.User
		return store.ErrRollback
	})
	if err != nil {
		return err
	}
	return u.Passwords.CheckHistory(ctx, r.Pool, user, r.Proposed)
}

// recover counts an attempt with a recovery code. If the code is right, it calls then in the same transaction.
func (u *Service) recover(ctx context.Context, r *PasswordRecovery, sub subject.Subject, then func(*store.Tx, *store.LockedUser) error) error {
	return u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.Limits.Take(ctx, tx, throttle.ConfirmForgotPassword, r.Pool.ID, sub.ThrottleKey(), u.Now()); err != nil {
			return err
		}
		user, err := u.consumeRecoveryCode(ctx, tx, r, sub)
		if err != nil {
			return err
		}
		return then(tx, user)
	})
}

// consumeRecoveryCode locks the user and consumes the code.
//
// Assumed: ConfirmForgotPassword verifies no contact. The contact was verified when the code was sent. A code is void if
// the contact changed since, or is no longer verified.
func (u *Service) consumeRecoveryCode(ctx context.Context, tx *store.Tx, r *PasswordRecovery, sub subject.Subject) (*store.LockedUser, error) {
	user, refusal := LockUser(ctx, tx, r.Pool.ID, sub.Sub(), errUnknownUser)
	if refusal == nil {
		refusal = requireRecoverable(user.User)
	}
	if refusal != nil && !sub.Hides(refusal) {
		return nil, refusal
	}
	// Also for a decoy: it finds no code, in about the time that it takes to find one.
	proof, err := codes.Consume(ctx, tx, u.Limits, codes.Answer{
		PoolID: r.Pool.ID, Sub: sub.Sub(), Recipient: sub.Recipient(), Purpose: codes.Recovery, Code: r.Code,
	}, u.Now())
	if err != nil {
		return nil, refuseCode(sub, err)
	}
	if refusal != nil || user.Attributes[proof.Attribute] != proof.Destination || !user.IsVerified(proof.Attribute) {
		return nil, refuseCode(sub, codes.ErrNone)
	}
	return user, nil
}

// ResetPassword makes a user RESET_REQUIRED and sends the code to set a new password. Until the user sets one, a sign-in with
// the old password returns PasswordResetRequiredException. Unfinished sign-ins end; refresh tokens stay valid.
//
// Assumed: AdminResetUserPassword rejects what ForgotPassword rejects. If the message cannot be delivered, the operation
// succeeds and the failure is logged, because the operation declares no error for it.
//
// Errors: NotAuthorizedException, InvalidParameterException, api.ErrUserDoesNotExist; those of the trigger CustomMessage,
// after which the password is reset all the same. Source: API reference, AdminResetUserPassword; docs/behaviour.md §4.4, §4.5.
func (u *Service) ResetPassword(ctx context.Context, pool *cognate.UserPool, sub string, metadata map[string]string) error {
	if len(recoveryOrder(pool)) == 0 {
		return errRecoveryByAdmin
	}
	var notification *notify.Notification
	_, err := u.change(ctx, pool, sub, func(tx *store.Tx, locked *store.LockedUser) error {
		user := locked.User
		var err error
		if notification, err = u.saveRecoveryCode(ctx, tx, &triggerContext{cognate.ClientRequest{Pool: pool, Metadata: metadata}, user}); err != nil {
			return err
		}
		user.Status = api.UserStatusTypeResetRequired
		user.Stamp++
		return nil
	})
	if err := audit.Changed(ctx, audit.PasswordReset, err); err != nil {
		return err
	}
	return adminError(u.deliver(ctx, notification))
}
