package account

import (
	"context"
	"errors"
	"maps"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
	"cognate/throttle"
)

// AttributeChange is a change of a user's attributes.
type AttributeChange struct {
	cognate.ClientRequest
	User *cognate.User // as read before the change
}

// contactVerification is the prepared code and message for a contact that changes.
type contactVerification struct {
	message notify.Message
	issue   codes.Issue
	code    string
	// pending says that the old value stays until the new one is verified.
	pending bool
	// byUser says that the user asked for the change, not an administrator.
	byUser bool
}

// UpdateAttributes sets attributes of a user; a blank value removes one. A new email address or phone number is not verified.
// If the pool verifies it, UpdateAttributes sends a code to it. If the pool also verifies before it updates, the old value
// stays until the user returns the code. Neither applies to a contact that an administrator sets as verified: in a pool with
// alias attributes the contact then stops being the alias of another user. The result lists the sent codes.
//
// Errors: InvalidParameterException, NotAuthorizedException, AliasExistsException, api.ErrUserDoesNotExist,
// TooManyRequestsException. After CodeDeliveryFailureException (only for a client) and the errors of the trigger
// CustomMessage the change is made all the same. Source: Cognito developer guide, Configuring email or phone verification;
// docs/behaviour.md §4.7.
func (u *Service) UpdateAttributes(ctx context.Context, c *AttributeChange, sent []api.AttributeType) ([]api.CodeDeliveryDetailsType, error) {
	attributes, err := ReadAttributes(c.Pool, c.Client, sent)
	if err != nil {
		return nil, err
	}
	if err := checkMutable(c.Pool, attributes); err != nil {
		return nil, err
	}
	return u.applyAttributes(ctx, c, attributes)
}

// DeleteAttributes removes attributes from a user. It is no error if the user does not have one of them.
// Errors: InvalidParameterException, NotAuthorizedException, api.ErrUserDoesNotExist.
func (u *Service) DeleteAttributes(ctx context.Context, c *AttributeChange, names []string) error {
	if err := cognate.RequireDistinct("UserAttributeNames", names); err != nil {
		return err
	}
	attributes := make(map[string]string, len(names))
	for _, name := range names {
		if _, known := c.Pool.Attribute(name); !known && isCustom(name) {
			return errUnknownCustom(name)
		}
		if _, err := writable(c.Pool, c.Client, name); err != nil {
			return err
		}
		attributes[name] = ""
	}
	if err := checkMutable(c.Pool, attributes); err != nil {
		return err
	}
	_, err := u.applyAttributes(ctx, c, attributes)
	return err
}

// errUnknownCustom is the error for the removal of a custom attribute that the pool does not have (docs/behaviour.md §4.7).
// Assumed: DeleteUserAttributes has the same text as AdminDeleteUserAttributes.
func errUnknownCustom(name string) error {
	return api.InvalidParameterException("Invalid user attributes: user." + name + ": Attribute does not exist in the schema.\n")
}

// checkMutable refuses attributes that can only be set when the user is created.
func checkMutable(pool *cognate.UserPool, attributes map[string]string) error {
	for _, name := range sortedNames(pool, attributes) {
		if definition, _ := pool.Attribute(name); definition.Mutable != nil && !*definition.Mutable {
			return api.InvalidParameterException("user." + name + ": Attribute cannot be updated.")
		}
	}
	return nil
}

func (u *Service) applyAttributes(ctx context.Context, c *AttributeChange, attributes map[string]string) ([]api.CodeDeliveryDetailsType, error) {
	verifications, err := u.prepareVerifications(ctx, c, attributes)
	if err != nil {
		return nil, err
	}
	var sent []notify.Message
	var user *cognate.User
	err = u.Store.Write(ctx, func(tx *store.Tx) error {
		locked, err := LockUser(ctx, tx, c.Pool.ID, c.User.Sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		user = locked.User
		if sent, err = u.apply(ctx, tx, c.Pool, user, attributes, verifications); err != nil {
			return err
		}
		if err := u.Notices.Changed(ctx, tx, c.Pool, locked); err != nil {
			return err
		}
		if c.Client != nil || c.Pool.UsesUsernameAttributes() || !verifies(attributes) {
			return u.save(ctx, tx, c.Pool, locked)
		}
		return u.saveTakingContacts(ctx, tx, c.Pool, locked)
	})
	if errors.Is(err, store.ErrAliasTaken) {
		return nil, u.refuseAlias(ctx, c.Pool, user, AliasExists)
	}
	if err := audit.Changed(ctx, audit.AttributesChanged, err); err != nil {
		return nil, err
	}
	var deliveries []api.CodeDeliveryDetailsType
	for _, m := range sent {
		deliveries = append(deliveries, *m.Details())
	}
	err = u.deliverAll(ctx, &triggerContext{c.ClientRequest, user}, sent)
	if c.Client == nil {
		err = adminError(err)
	}
	if err != nil {
		return nil, err
	}
	return deliveries, nil
}

// verifies reports whether a change marks a contact as verified.
func verifies(attributes map[string]string) bool {
	return slices.ContainsFunc(contacts[:], func(name string) bool { return attributes[name+cognate.VerifiedSuffix] == "true" })
}

// saveTakingContacts saves a user whose contacts an administrator has verified. If they are aliases of other users, these users
// keep the contacts, but not as verified (docs/behaviour.md §4.7). A preferred username is not taken.
// Errors: AliasExistsException; store.ErrAliasTaken if a contact is the username of another user.
func (u *Service) saveTakingContacts(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *store.LockedUser) error {
	named := cognate.User{PoolID: user.PoolID, Sub: user.Sub, Attributes: map[string]string{
		cognate.AttributePreferredUsername: user.Attributes[cognate.AttributePreferredUsername],
	}}
	err := tx.RequireFreeAliases(ctx, pool, &named)
	if errors.Is(err, store.ErrAliasTaken) {
		return AliasExists(cognate.AttributePreferredUsername)
	}
	if err != nil {
		return err
	}
	user.Modified = u.Now()
	return tx.SaveUserTakingAliases(ctx, pool, user)
}

// prepareVerifications creates a code and a message for each contact that the pool verifies. It runs before the transaction,
// which decides which of them are needed.
func (u *Service) prepareVerifications(ctx context.Context, c *AttributeChange, attributes map[string]string) (map[string]*contactVerification, error) {
	link, err := u.Links.Confirmation(ctx, c.Pool, c.Client)
	if err != nil {
		return nil, err
	}
	verifications := make(map[string]*contactVerification)
	for _, contact := range contacts {
		value := attributes[contact]
		if value == "" || !c.Pool.AutoVerifies(contact) || attributes[contact+cognate.VerifiedSuffix] == "true" {
			continue
		}
		code := codes.New()
		message, err := notify.Verification(c.Pool, notify.KindUpdateUserAttribute, notify.At(c.Pool, c.User, contact, value), code, link)
		if err != nil {
			return nil, err
		}
		issue := codes.Issue{
			PoolID: c.Pool.ID, Sub: c.User.Sub, Purpose: codes.Attribute(contact), Attribute: contact, Destination: value,
		}
		message.Expires = issue.Expires(u.Now())
		verifications[contact] = &contactVerification{
			message: message, code: code, issue: issue, byUser: c.Client != nil,
			pending: slices.Contains(c.Pool.VerifyBeforeUpdate, api.VerifiedAttributeType(contact)),
		}
	}
	return verifications, nil
}

// apply changes the locked user and returns the messages to send after the commit.
func (u *Service) apply(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, attributes map[string]string, verifications map[string]*contactVerification) ([]notify.Message, error) {
	if user.Attributes == nil {
		user.Attributes = make(map[string]string)
	}
	before := maps.Clone(user.Attributes)
	var sent []notify.Message
	for _, name := range sortedNames(pool, attributes) {
		value, v := attributes[name], verifications[name]
		switch {
		case isVerifiedFlag(name): // see setFlags
		case !isContact(name):
			set(user, name, value)
		case value != before[name]:
			if err := u.changeContact(ctx, tx, user, name, value, v); err != nil {
				return nil, err
			}
			if v != nil {
				sent = append(sent, v.message)
			}
		}
	}
	setFlags(user, attributes)
	return sent, checkRemaining(pool, before, user.Attributes)
}

// setFlags sets the verified flags that an administrator sends. A flag that is sent together with a contact applies to that
// value only: it is ignored while the old value stays.
func setFlags(user *cognate.User, attributes map[string]string) {
	for _, contact := range contacts {
		flag, flagged := attributes[contact+cognate.VerifiedSuffix]
		value, sent := attributes[contact]
		if flagged && (!sent || value == user.Attributes[contact]) {
			set(user, contact+cognate.VerifiedSuffix, flag)
		}
	}
}

// changeContact sets another email address or phone number. It deletes the code that was sent to the previous one, so that
// this code cannot verify the new one.
// Assumed: a contact that changes loses its verification and its pending code.
func (u *Service) changeContact(ctx context.Context, tx *store.Tx, user *cognate.User, name, value string, v *contactVerification) error {
	if err := codes.Drop(ctx, tx, user.PoolID, user.Sub, codes.Attribute(name)); err != nil {
		return err
	}
	if v != nil {
		if v.byUser { // codes that an administrator sends are not counted
			if err := u.Limits.Take(ctx, tx, throttle.ChangeContact, v.issue.PoolID, v.issue.Sub, u.Now()); err != nil {
				return err
			}
		}
		issue := v.issue
		issue.Recipient = throttle.UserRecipient(user)
		if err := codes.Save(ctx, tx, u.Limits, issue, v.code, u.Now()); err != nil {
			return err
		}
		if v.pending && user.Attributes[name] != "" {
			return nil
		}
	}
	set(user, name, value)
	flag := name + cognate.VerifiedSuffix
	switch _, flagged := user.Attributes[flag]; {
	case value == "":
		delete(user.Attributes, flag)
		dropFactor(user, cognate.FactorOf(name))
	case flagged || v != nil: // a user whom an administrator created without the flag stays without it
		user.Attributes[flag] = "false"
	}
	return nil
}

// dropFactor switches off a second factor whose contact was removed.
func dropFactor(user *cognate.User, factor cognate.Factor) {
	if user.MFA.IsOn(factor) {
		user.MFA.Set(factor, false, false)
		user.Stamp++
	}
}

func set(user *cognate.User, name, value string) {
	if value == "" {
		delete(user.Attributes, name)
		return
	}
	user.Attributes[name] = value
}

// checkRemaining refuses to remove an attribute that the pool requires, or the last attribute that serves as username.
// Assumed: the last attribute that serves as username cannot be removed.
func checkRemaining(pool *cognate.UserPool, before, after map[string]string) error {
	var missing []string
	for _, name := range pool.MissingAttributes(after) {
		if before[name] != "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return errRequired(missing...)
	}
	for _, name := range pool.UsernameAttributes {
		if after[string(name)] != "" {
			return nil
		}
	}
	for _, name := range pool.UsernameAttributes {
		if before[string(name)] != "" {
			return api.InvalidParameterException("Cannot delete the attribute " + string(name) + ", which is the user's username.")
		}
	}
	return nil
}
