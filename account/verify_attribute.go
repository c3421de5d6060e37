package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// checkContact refuses to verify an attribute that is not a contact.
// Assumed: the texts for an attribute that cannot be verified.
func checkContact(name string) error {
	if isContact(name) {
		return nil
	}
	return api.InvalidParameterException("Only email and phone_number can be verified.")
}

// AttributeRequest is a signed-in user's request for a code that verifies a contact.
type AttributeRequest struct {
	cognate.ClientRequest
	Sub  string
	Name string
}

// SendAttributeCode sends a signed-in user a code that verifies a contact. The code goes to the new value that waits for
// verification, if there is one, and otherwise to the stored value.
// Errors: InvalidParameterException, LimitExceededException, api.ErrUserDoesNotExist, CodeDeliveryFailureException,
// those of the trigger CustomMessage.
// Source: API reference, GetUserAttributeVerificationCode.
func (u *Service) SendAttributeCode(ctx context.Context, r *AttributeRequest) (*api.CodeDeliveryDetailsType, error) {
	if err := checkContact(r.Name); err != nil {
		return nil, err
	}
	link, err := u.Links.Confirmation(ctx, r.Pool, r.Client)
	if err != nil {
		return nil, err
	}
	code := codes.New()
	var notification *notify.Notification
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.Limits.Take(ctx, tx, throttle.SendAttributeCode, r.Pool.ID, r.Sub, u.Now()); err != nil {
			return err
		}
		user, err := LockUser(ctx, tx, r.Pool.ID, r.Sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		issue, err := u.attributeIssue(ctx, tx, user.User, r.Name)
		if err != nil {
			return err
		}
		to := notify.At(r.Pool, user.User, r.Name, issue.Destination)
		message, err := notify.Verification(r.Pool, notify.KindVerifyUserAttribute, to, code, link)
		if err != nil {
			return err
		}
		message.Expires = issue.Expires(u.Now())
		notification = (&triggerContext{r.ClientRequest, user.User}).notification(message)
		return codes.Save(ctx, tx, u.Limits, issue, code, u.Now())
	})
	if err != nil {
		return nil, err
	}
	return notification.Details(), u.deliver(ctx, notification)
}

func (u *Service) attributeIssue(ctx context.Context, tx *store.Tx, user *cognate.User, name string) (codes.Issue, error) {
	purpose := codes.Attribute(name)
	value, err := codes.Destination(ctx, tx, user.PoolID, user.Sub, purpose, u.Now())
	if err != nil {
		return codes.Issue{}, err
	}
	if value == "" {
		value = user.Attributes[name]
	}
	if value == "" {
		return codes.Issue{}, api.InvalidParameterException("The user has no " + name + ".")
	}
	return codes.Issue{
		PoolID: user.PoolID, Sub: user.Sub, Recipient: throttle.UserRecipient(user), Purpose: purpose, Attribute: name,
		Destination: value,
	}, nil
}

// VerifyAttribute checks the code that was sent to a contact and marks the contact as verified. If the value waited for
// verification, it becomes the user's value.
// Errors: CodeMismatchException, ExpiredCodeException, LimitExceededException (also after too many wrong codes: the
// operation declares no other), AliasExistsException, InvalidParameterException, api.ErrUserDoesNotExist.
// Source: API reference, VerifyUserAttribute.
func (u *Service) VerifyAttribute(ctx context.Context, pool *cognate.UserPool, sub, name, code string) error {
	if err := checkContact(name); err != nil {
		return err
	}
	var user *store.LockedUser
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		err := u.Limits.Take(ctx, tx, throttle.VerifyUserAttribute, pool.ID, sub, u.Now())
		if err != nil {
			return err
		}
		if user, err = LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist); err != nil {
			return err
		}
		proof, err := codes.Consume(ctx, tx, u.Limits, codes.Answer{
			PoolID: pool.ID, Sub: sub, Recipient: throttle.UserRecipient(user.User), Purpose: codes.Attribute(name), Code: code,
		}, u.Now())
		if err != nil {
			return refuseAttributeCode(err)
		}
		// A change of the contact deletes the code, so the code is for the stored value or for the one that waits.
		user.Attributes[name] = proof.Destination
		user.SetVerified(name, true)
		if err := u.Notices.Changed(ctx, tx, pool, user); err != nil {
			return err
		}
		return u.save(ctx, tx, pool, user)
	})
	if errors.Is(err, store.ErrAliasTaken) {
		return u.refuseAlias(ctx, pool, user.User, AliasExists)
	}
	return audit.Changed(ctx, audit.AttributesChanged, err)
}

func refuseAttributeCode(err error) error {
	switch {
	case errors.Is(err, codes.ErrMismatch):
		return store.CommitWith(errCodeMismatch)
	case errors.Is(err, codes.ErrExhausted):
		return store.CommitWith(throttle.ErrExceeded)
	case errors.Is(err, codes.ErrNone), errors.Is(err, codes.ErrLate):
		return store.CommitWith(errCodeExpired)
	default:
		return err
	}
}
