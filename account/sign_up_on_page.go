package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// errNameTaken matches the errors for the username or the contact of another user.
var errNameTaken = &api.Error{Code: api.CodeUsernameExistsException}

// SignUpOnPage is SignUp for a page of the server. If contacts are usernames, a client that hides users gets the answer of a new
// user for a contact that another user has. The returned user is not stored then, and the owner of the contact gets a message.
// Errors: those of SignUp.
func (u *Service) SignUpOnPage(ctx context.Context, r *Registration) (*cognate.User, *api.CodeDeliveryDetailsType, error) {
	user, delivery, err := u.SignUp(ctx, r)
	if !errors.Is(err, errNameTaken) || !r.Client.HidesUsers() || !r.Pool.UsesUsernameAttributes() {
		return user, delivery, err
	}
	return u.pretendSignUp(ctx, r)
}

// pretendSignUp makes the checks and the work of a sign-up that SignUp does after it has found the name free.
func (u *Service) pretendSignUp(ctx context.Context, r *Registration) (*cognate.User, *api.CodeDeliveryDetailsType, error) {
	attributes, err := ReadAttributes(r.Pool, r.Client, r.Attributes)
	if err != nil {
		return nil, nil, err
	}
	user, err := u.newUser(r.Pool, r.Username, attributes)
	if err != nil {
		return nil, nil, err
	}
	if _, err := u.firstPassword(ctx, r, user); err != nil {
		return nil, nil, err
	}
	user.Status = api.UserStatusTypeUnconfirmed
	link, err := u.Links.Confirmation(ctx, r.Pool, r.Client)
	if err != nil {
		return nil, nil, err
	}
	message, _, err := u.verification(r.Pool, user, notify.KindSignUp, codes.New(), link)
	if err != nil {
		return nil, nil, err
	}
	if err := u.tellOwner(ctx, r, usernameAttribute(r.Pool, r.Username)); err != nil {
		return nil, nil, err
	}
	if message == nil {
		return user, nil, nil
	}
	return user, message.Details(), nil
}

// tellOwner sends a message to the owner of a username that another person wants to sign up with: a new code, if the owner has
// not confirmed the account, or else the advice to sign in. Limits keep messages back, and the caller does not learn that.
func (u *Service) tellOwner(ctx context.Context, r *Registration, contact string) error {
	owner, err := u.Store.FindUser(ctx, r.Pool, r.Username)
	if errors.Is(err, store.ErrNotFound) { // deleted since
		return nil
	}
	if err != nil {
		return err
	}
	if owner.Status == api.UserStatusTypeUnconfirmed {
		_, err := u.ResendCode(ctx, &Request{ClientRequest: r.ClientRequest, Username: r.Username})
		return hidden(err)
	}
	address := owner.Attributes[contact]
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := u.Limits.Take(ctx, tx, throttle.ResendConfirmationCode, r.Pool.ID, throttle.UserKey(owner), u.Now()); err != nil {
			return err
		}
		return u.Limits.CountMessage(ctx, tx, r.Pool.ID, throttle.UserRecipient(owner), contact, address, u.Now())
	})
	if err == nil {
		u.Notify.SendNotice(ctx, r.Pool, notify.AlreadySignedUp(r.Pool, notify.At(r.Pool, owner, contact, address)))
	}
	return hidden(err)
}

// hidden returns err, unless it is an error of the API, which the caller must not see.
func hidden(err error) error {
	if _, ok := errors.AsType[*api.Error](err); ok {
		return nil
	}
	return err
}
