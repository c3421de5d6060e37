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

// sentCode is how a challenge's code is made, where it goes, and by what name it comes back.
type sentCode struct {
	make      func() string
	attribute string
	response  string
}

// sentCodes are the steps whose code is sent. A code that is the only factor is longer (docs/behaviour.md §1.8).
var sentCodes = map[cognate.Step]sentCode{
	cognate.StepSMS:        {codes.New, cognate.AttributePhone, "SMS_MFA_CODE"},
	cognate.StepEmail:      {codes.New, cognate.AttributeEmail, "EMAIL_OTP_CODE"},
	cognate.StepSetupEmail: {codes.New, cognate.AttributeEmail, "EMAIL_OTP_CODE"},
	cognate.StepFirstSMS:   {codes.NewFirstFactor, cognate.AttributePhone, "SMS_OTP_CODE"},
	cognate.StepFirstEmail: {codes.NewFirstFactor, cognate.AttributeEmail, "EMAIL_OTP_CODE"},
}

// send sends the code of a challenge and writes its destination into the challenge's parameters. For a decoy, and for a user
// who could not sign in with the code, it sends no message; the parameters are the same. Before anything is proven, a
// client that hides users does not see whether the message could be sent.
func (e *Engine) send(ctx context.Context, t *step, s *result, next ask, parameters map[string]string) error {
	attribute := sentCodes[next.step].attribute
	to := notify.At(t.Pool, s.user, attribute, next.destination(s.user, attribute))
	message := notify.Authentication(t.Pool, to, s.code)
	message.Expires = s.session.Expires
	details := message.Details()
	parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] = string(details.DeliveryMedium)
	parameters["CODE_DELIVERY_DESTINATION"] = details.Destination
	if mayEnter := t.subject.User() != nil && knownState(s.user) == nil; !mayEnter {
		e.Notify.SendDecoy(ctx, t.Pool, message)
		return nil
	}
	notification := &notify.Notification{
		ClientRequest: t.ClientRequest, Message: message, User: s.user,
	}
	if next.step.IsFirst() && !t.subject.ShowsExistence() {
		e.Notify.SendInBackground(ctx, notification)
		return nil
	}
	return e.Notify.Send(ctx, notification)
}

// answerSMS, answerEmail and answerFirstSMS take the codes back that were sent. An EMAIL_OTP challenge is a first factor, a
// second one, or one to be: its Session says which.
func (e *Engine) answerSMS(ctx context.Context, a *Answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, cognate.StepSMS)
}

func (e *Engine) answerEmail(ctx context.Context, a *Answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, cognate.StepEmail, cognate.StepFirstEmail, cognate.StepSetupEmail)
}

func (e *Engine) answerFirstSMS(ctx context.Context, a *Answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, cognate.StepFirstSMS)
}

// answerSentCode checks the code of a challenge. Who answers rightly reads what is sent to the address, so the address
// counts as verified from then on (docs/behaviour.md §1.8).
func (e *Engine) answerSentCode(ctx context.Context, a *Answer, steps ...cognate.Step) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, steps...)
	if err != nil {
		return nil, err
	}
	code, err := parameter(a.Responses, sentCodes[session.Step].response)
	if err != nil {
		return nil, err
	}
	t := &step{Call: a.Call, subject: sub, session: session}
	t.prove = func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
		return e.spendSentCode(ctx, tx, t, now, code)
	}
	if !session.Step.IsFirst() {
		t.next = toTokens
	}
	return e.settle(ctx, t)
}

func (e *Engine) spendSentCode(ctx context.Context, tx *store.Tx, t *step, now *cognate.User, code string) (*cognate.User, error) {
	proof, err := codes.Consume(ctx, tx, codes.Answer{
		PoolID: now.PoolID, Sub: now.Sub, Purpose: codes.Purpose(t.session.Step), Binding: t.session.ID, Code: code,
	}, e.Now())
	if err == nil {
		err = t.subject.RequireUser(codes.ErrMismatch)
	}
	setup := t.session.Step == cognate.StepSetupEmail
	if err == nil && !setup && proof.Destination != now.Attributes[proof.Attribute] { // the user has another address by now
		err = codes.ErrNone
	}
	if err != nil {
		return nil, refusedCode(err)
	}
	if err := knownState(now); err != nil {
		return nil, err
	}
	if setup {
		return e.adoptEmail(ctx, tx, t.Pool, now, proof)
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

// markVerified notes that the user reads what is sent to an attribute.
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
	locked.Modified = e.Now()
	return locked.User, tx.SaveUserTakingAliases(ctx, pool, locked)
}
