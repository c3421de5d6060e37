package account

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/risk"
	"cognate/store"
	"cognate/throttle"
	"cognate/trigger"
)

var (
	errSignUpOff  = api.NotAuthorizedException("SignUp is not permitted for this user pool")
	errUserExists = api.UsernameExistsException("User already exists")
	errNoPassword = api.InvalidParameterException("1 validation error detected: Value null at 'password' failed " +
		"to satisfy constraint: Member must not be null")
	errNotYetAlias = api.InvalidParameterException("Preferred username cannot be provided for unconfirmed account, " +
		"since user pool is configured for preferred username alias.")
)

// Registration is a request to sign up. The client's secret hash has been checked.
type Registration struct {
	cognate.ClientRequest
	Username   string
	Password   string // may be empty if the pool allows sign-in without a password
	Attributes []api.AttributeType
	// ValidationData of the request, for the triggers.
	ValidationData []api.AttributeType
}

// SignUp creates an UNCONFIRMED user. If the pool verifies one of the user's contacts, it sends the code that confirms the
// user and verifies the contact; otherwise the delivery is nil. The order of the checks: sign-up is allowed, validation data,
// attributes and username are valid, the username is free, the password is valid, and last the trigger PreSignUp. The
// trigger can also make the user CONFIRMED and contacts verified.
//
// Assumed: PreSignUp is called after the checks of the name and of the password.
//
// Errors: NotAuthorizedException, InvalidParameterException, UsernameExistsException, InvalidPasswordException, those of
// the trigger PreSignUp; TooManyRequestsException (see package throttle). After CodeDeliveryFailureException and the errors
// of PostConfirmation and CustomMessage the user is stored all the same. Source: API reference, SignUp; docs/behaviour.md §4.2.
func (u *Service) SignUp(ctx context.Context, r *Registration) (*cognate.User, *api.CodeDeliveryDetailsType, error) {
	if r.Pool.AdminCreateOnly {
		return nil, nil, errSignUpOff
	}
	if err := cognate.RequireDistinctAttributes("ValidationData", r.ValidationData); err != nil {
		return nil, nil, err
	}
	user, compromise, err := u.newSignUpUser(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	code := codes.New()
	link, err := u.Links.Confirmation(ctx, r.Pool, r.Client)
	if err != nil {
		return nil, nil, err
	}
	message, issue, err := u.verification(r.Pool, user, notify.KindSignUp, code, link)
	if err != nil {
		return nil, nil, err
	}
	err = u.create(ctx, r.Pool, user, false, errUserExists, func(tx *store.Tx) error {
		actor := risk.Actor{Pool: r.Pool, Client: r.Client, Sub: user.Sub, Username: user.Username}
		if err := u.Risk.RecordPassword(ctx, tx, actor, api.EventTypeSignUp, api.EventResponseTypePass, compromise); err != nil {
			return err
		}
		if message == nil {
			return nil
		}
		return codes.Save(ctx, tx, u.Limits, issue, code, u.Now())
	})
	if err != nil {
		return nil, nil, err
	}
	tc := &triggerContext{r.ClientRequest, user}
	switch {
	case user.Status == api.UserStatusTypeConfirmed:
		return user, nil, u.postConfirmation(ctx, tc, trigger.PostConfirmationConfirmSignUp)
	case message == nil:
		return user, nil, nil
	default:
		return user, message.Details(), u.deliver(ctx, tc.notification(*message))
	}
}

// newSignUpUser returns the user that a sign-up creates, and the result of the look-up of the password. It does not store the user.
func (u *Service) newSignUpUser(ctx context.Context, r *Registration) (*cognate.User, risk.Compromise, error) {
	attributes, err := ReadAttributes(r.Pool, r.Client, r.Attributes)
	if err != nil {
		return nil, risk.Compromise{}, err
	}
	user, err := u.newUser(r.Pool, r.Username, attributes)
	if err != nil {
		return nil, risk.Compromise{}, err
	}
	if user.Attributes[cognate.AttributePreferredUsername] != "" && !r.Pool.UsesUsernameAttributes() && r.Pool.HasAlias(cognate.AttributePreferredUsername) {
		return nil, risk.Compromise{}, errNotYetAlias
	}
	if missing := r.Pool.MissingAttributes(user.Attributes); len(missing) > 0 {
		return nil, risk.Compromise{}, errRequired(missing...)
	}
	if err := u.requireFree(ctx, r.Pool, r.Username, errUserExists); err != nil {
		return nil, risk.Compromise{}, err
	}
	compromise, err := u.firstPassword(ctx, r, user)
	if err != nil {
		return nil, risk.Compromise{}, err
	}
	answer, err := u.Triggers.PreSignUp(ctx, trigger.Call{
		ClientRequest: r.ClientRequest, Username: user.Username, Attributes: user.Attributes,
		ValidationData: byName(r.ValidationData),
	}, trigger.PreSignUpSignUp)
	if err != nil {
		return nil, risk.Compromise{}, err
	}
	return user, compromise, applyPreSignUp(user, answer)
}

// applyPreSignUp applies the answer of the trigger PreSignUp: it sets the status of a new user and which contacts are verified.
// Assumed: the error if PreSignUp verifies a contact that the user does not have.
func applyPreSignUp(user *cognate.User, answer trigger.SignUpAnswer) error {
	user.Status = api.UserStatusTypeUnconfirmed
	if answer.AutoConfirm {
		user.Status = api.UserStatusTypeConfirmed
	}
	verified := map[string]bool{cognate.AttributeEmail: answer.AutoVerifyEmail, cognate.AttributePhone: answer.AutoVerifyPhone}
	for _, contact := range contacts {
		switch {
		case user.Attributes[contact] != "":
			user.SetVerified(contact, verified[contact])
		case verified[contact]:
			return api.InvalidLambdaResponseException("The user has no " + contact + " to verify.")
		}
	}
	return nil
}

// byName returns the attributes of a request by name; nil if there are none.
func byName(sent []api.AttributeType) map[string]string {
	if len(sent) == 0 {
		return nil
	}
	values := make(map[string]string, len(sent))
	for _, a := range sent {
		values[a.Name] = a.Value
	}
	return values
}

// firstPassword sets the password of a new user, and returns the result of its look-up. The password may be empty if the pool
// allows sign-in without a password.
func (u *Service) firstPassword(ctx context.Context, r *Registration, user *cognate.User) (risk.Compromise, error) {
	if r.Password == "" {
		if allowsPasswordless(r.Pool) {
			return risk.Compromise{}, nil
		}
		return risk.Compromise{}, errNoPassword
	}
	if err := u.Passwords.CheckPolicy(r.Pool, r.Password); err != nil {
		return risk.Compromise{}, err
	}
	compromise, err := u.Risk.CheckNew(r.Pool, r.Client, api.EventFilterTypeSignUp, r.Password)
	if err != nil {
		return risk.Compromise{}, err
	}
	user.Password, err = u.Passwords.New(ctx, r.Pool, user.Username, r.Password)
	return compromise, err
}

// allowsPasswordless reports whether users of the pool can sign in without a password.
func allowsPasswordless(pool *cognate.UserPool) bool {
	return slices.ContainsFunc(pool.FirstFactors, func(f api.AuthFactorType) bool {
		return f == api.AuthFactorTypeEmailOtp || f == api.AuthFactorTypeSmsOtp || f == api.AuthFactorTypeWebAuthn
	})
}

// contacts are the attributes to which codes go, in the order in which the service prefers them (docs/behaviour.md §4.1).
var contacts = [...]string{cognate.AttributePhone, cognate.AttributeEmail}

// contactToVerify returns the contact that gets the code of an unconfirmed user; "" if there is none.
func contactToVerify(pool *cognate.UserPool, user *cognate.User) string {
	for _, name := range contacts {
		if pool.AutoVerifies(name) && user.Attributes[name] != "" {
			return name
		}
	}
	return ""
}

// verification returns the message that contains an unconfirmed user's code, and what to store about the code. The message is
// nil if the pool verifies none of the user's contacts, or the user is already confirmed.
func (u *Service) verification(pool *cognate.UserPool, user *cognate.User, kind notify.Kind, code string, link notify.Link) (*notify.Message, codes.Issue, error) {
	contact := contactToVerify(pool, user)
	if contact == "" || user.Status == api.UserStatusTypeConfirmed {
		return nil, codes.Issue{}, nil
	}
	value := user.Attributes[contact]
	message, err := notify.Verification(pool, kind, notify.At(pool, user, contact, value), code, link)
	if err != nil {
		return nil, codes.Issue{}, err
	}
	issue := codes.Issue{
		PoolID: pool.ID, Sub: user.Sub, Recipient: throttle.UserRecipient(user), Purpose: codes.SignUp, Attribute: contact,
		Destination: value,
	}
	message.Expires = issue.Expires(u.Now())
	return &message, issue, nil
}
