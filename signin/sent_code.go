package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/codes"
	"cognate/notify"
	"cognate/store"
)

// CodeDelivery describes where the code of a challenge was sent.
type CodeDelivery struct {
	Medium      api.DeliveryMediumType
	Destination string // masked
}

// sentCode describes the code of a challenge: how it is made, the attribute with its destination, what it proves, and the
// challenge.
type sentCode struct {
	make      func() string
	attribute string
	method    cognate.Method // that a right code proves
	challenge func(CodeDelivery) Challenge
}

// sentCodes are the steps whose code is sent. A code that is the only factor is longer (docs/behaviour.md §1.8).
var sentCodes = map[cognate.Step]sentCode{
	cognate.StepSMS:        {codes.New, cognate.AttributePhone, cognate.MethodSMS, smsMFAChallenge},
	cognate.StepEmail:      {codes.New, cognate.AttributeEmail, cognate.MethodEmail, emailOTPChallenge},
	cognate.StepSetupEmail: {codes.New, cognate.AttributeEmail, cognate.MethodEmail, emailOTPChallenge},
	cognate.StepSetupSMS:   {codes.New, cognate.AttributePhone, cognate.MethodSMS, smsMFAChallenge},
	cognate.StepFirstSMS:   {codes.NewFirstFactor, cognate.AttributePhone, cognate.MethodSMS, smsOTPChallenge},
	cognate.StepFirstEmail: {codes.NewFirstFactor, cognate.AttributeEmail, cognate.MethodEmail, emailOTPChallenge},
}

// send sends the code of a challenge and returns where it goes. For a decoy, and for a user who could not sign in with the
// code, it sends no message and returns the same. Before anything is proven, a client that hides users does not see whether
// the message could be sent.
func (e *Engine) send(ctx context.Context, t *step, s *result, next ask) (CodeDelivery, error) {
	attribute := sentCodes[next.step].attribute
	to := notify.At(t.Pool, s.user, attribute, next.destination(s.user, attribute))
	message := notify.Authentication(t.Pool, to, s.code)
	message.Expires = s.session.Expires
	shown := message
	if next.step.IsFirst() {
		shown.Destination = t.subject.ShownDestination(message.Destination)
	}
	details := shown.Details()
	delivery := CodeDelivery{Medium: details.DeliveryMedium, Destination: details.Destination}
	if maySignIn := t.subject.User() != nil && knownState(s.user) == nil; !maySignIn {
		e.Notify.SendDecoy(ctx, t.Pool, message)
		return delivery, nil
	}
	notification := &notify.Notification{
		ClientRequest: t.ClientRequest, Message: message, User: s.user,
	}
	if next.step.IsFirst() && !t.subject.ShowsExistence() {
		e.Notify.SendInBackground(ctx, notification)
		return delivery, nil
	}
	return delivery, e.Notify.Send(ctx, notification)
}

// answerSentCode checks the code of a challenge. A right code shows that the user reads what is sent to its destination, so the
// attribute is verified from then on (docs/behaviour.md §1.8), unless it is the alias of another user.
func (e *Engine) answerSentCode(ctx context.Context, a *answer, code string, steps ...cognate.Step) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, steps...)
	if err != nil {
		return nil, err
	}
	if err := a.complete(code); err != nil {
		return nil, err
	}
	t := &step{call: a.call, subject: sub, session: session}
	t.prove = func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
		return e.spendSentCode(ctx, tx, t, now, code)
	}
	t.proves = cognate.Methods{sentCodes[session.Step].method}
	if !session.Step.IsFirst() {
		t.next = toTokens
	}
	return e.settle(ctx, t)
}

func (e *Engine) spendSentCode(ctx context.Context, tx *store.Tx, t *step, now *cognate.User, code string) (*cognate.User, error) {
	proof, err := codes.Consume(ctx, tx, e.Limits, codes.Answer{
		PoolID: now.PoolID, Sub: now.Sub, Recipient: t.subject.At(now).Recipient(),
		Purpose: codes.Purpose(t.session.Step), Binding: t.session.ID, Code: code,
	}, e.Now())
	if err == nil {
		err = t.subject.RequireUser(codes.ErrMismatch)
	}
	setup := t.session.Step == cognate.StepSetupEmail || t.session.Step == cognate.StepSetupSMS
	if err == nil && !setup && proof.Destination != now.Attributes[proof.Attribute] { // the user has another address now
		err = codes.ErrNone
	}
	if err != nil {
		return nil, refusedCode(err)
	}
	if err := knownState(now); err != nil {
		return nil, err
	}
	if setup {
		return e.adoptContact(ctx, tx, t.Pool, now, proof)
	}
	return e.markVerified(ctx, tx, t.Pool, now, proof)
}

func refusedCode(err error) error {
	switch {
	case errors.Is(err, codes.ErrMismatch), errors.Is(err, codes.ErrExhausted):
		return wrongGuess{api.ErrCodeOrAuthState}
	case errors.Is(err, codes.ErrLate), errors.Is(err, codes.ErrNone):
		return api.ExpiredCodeException("Invalid code provided, please request a code again.")
	default:
		return err
	}
}

// markVerified sets an attribute verified, because the user has answered with a code that was sent to it. If the value is an
// alias of another user, it stays unverified and the sign-in continues: an administrator, or ConfirmSignUp with
// ForceAliasCreation, decides whose alias it is.
func (e *Engine) markVerified(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, user *cognate.User, proof codes.Contact) (*cognate.User, error) {
	if user.IsVerified(proof.Attribute) {
		return user, nil
	}
	locked, err := account.LockUser(ctx, tx, user.PoolID, user.Sub, api.ErrInvalidSession)
	if err != nil {
		return nil, err
	}
	if locked.Attributes[proof.Attribute] != proof.Destination { // another one since the user was read
		return nil, refusedCode(codes.ErrNone)
	}
	locked.SetVerified(proof.Attribute, true)
	err = tx.RequireFreeAliases(ctx, pool, locked.User)
	switch {
	case errors.Is(err, store.ErrAliasTaken):
		return user, nil
	case err != nil:
		return nil, err
	}
	locked.Modified = e.Now()
	return locked.User, tx.SaveUser(ctx, pool, locked)
}
