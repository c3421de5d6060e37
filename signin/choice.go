package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/subject"
)

// ChoiceStart begins a choice-based sign-in (USER_AUTH): with the challenge that the client prefers, if the user can begin
// with it, or else with the choice among those that the user has. Source: docs/behaviour.md §2.5.
type ChoiceStart struct {
	Preferred api.ChallengeNameType // empty for no preference
	// Password and SRPA (hexadecimal) answer the preferred challenge immediately, if it is PASSWORD or PASSWORD_SRP. Both may be
	// empty.
	Password, SRPA string
	// Session is the sealed AuthSession of ConfirmSignUp, which replaces the first factor; empty to begin with a challenge.
	Session string
	StepUp  StepUp
}

// ChoiceChallenge asks the user to choose the first factor (SELECT_CHALLENGE). The challenges to choose among are
// Outcome.Available; after the first outcome the client knows them.
type ChoiceChallenge struct{}

// ChoiceResponse answers a ChoiceChallenge.
type ChoiceResponse struct {
	Chosen api.ChallengeNameType // required
	// Password and SRPA (hexadecimal) answer the chosen challenge immediately, if it is PASSWORD or PASSWORD_SRP. Both may be empty.
	Password, SRPA string
}

func (ChoiceStart) allow(a *Attempt) error {
	return a.allowFlow(api.ExplicitAuthFlowsTypeAllowUserAuth, "USER_AUTH is not enabled for the client.")
}

func (s ChoiceStart) begin(ctx context.Context, e *Engine, c call) (*Outcome, error) {
	if err := c.complete(c.Username); err != nil {
		return nil, err
	}
	levels, err := s.StepUp.levels(&c)
	if err != nil {
		return nil, err
	}
	if levels != nil && s.Session != "" {
		return nil, errSignUpLevel
	}
	sub, err := e.begin(ctx, &c, s.migrationPassword())
	if err != nil {
		return nil, err
	}
	if err := shownState(sub); err != nil {
		return nil, err
	}
	switch {
	case s.Session != "":
		return e.continueSignUp(ctx, c, sub, s.Session)
	case levels == nil:
		return s.choose(ctx, e, c, sub, c.canBeginWith(sub))
	}
	c.levels = levels
	credit := e.credit
	if s.StepUp.SSO != "" {
		credit = e.creditSSO
	}
	if s.StepUp.SSO != "" || s.StepUp.AccessToken != "" {
		if err := credit(ctx, &c, sub, s.StepUp); err != nil {
			return nil, err
		}
	}
	return s.beginStepUp(ctx, e, c, sub)
}

// choose continues with the challenge that the client prefers, if it is available, or else with the choice.
func (s ChoiceStart) choose(ctx context.Context, e *Engine, c call, sub subject.Subject, available []api.ChallengeNameType) (*Outcome, error) {
	choice := ChoiceResponse{Chosen: s.Preferred, Password: s.Password, SRPA: s.SRPA}
	if !slices.Contains(available, choice.Chosen) {
		choice.Chosen = api.ChallengeNameTypeSelectChallenge
	}
	return e.choose(ctx, &step{call: c, subject: sub}, choice, available)
}

// migrationPassword returns the password if it answers the whole request. It does only if the client prefers it: any other
// request is answered by the choice, whatever the password, for users and for decoys.
func (s ChoiceStart) migrationPassword() string {
	if s.Session != "" || s.StepUp.AccessToken != "" || s.StepUp.SSO != "" || s.Preferred != api.ChallengeNameTypePassword {
		return ""
	}
	return s.Password
}

func (ChoiceChallenge) isChallenge() {}

func (r ChoiceResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSelectChallenge)
	if err != nil {
		return nil, err
	}
	if err := a.complete(string(r.Chosen)); err != nil {
		return nil, err
	}
	if !slices.Contains(a.firstChallenges(sub), r.Chosen) {
		// Assumed: the text for a challenge that was not offered.
		return nil, api.InvalidParameterException("Invalid challenge selected.")
	}
	return e.choose(ctx, &step{call: a.call, subject: sub, session: session}, r, nil)
}

// choose continues with a challenge that begins a sign-in, or with its answer if that came along. To choose proves nothing,
// so a decoy can choose too.
func (e *Engine) choose(ctx context.Context, t *step, choice ChoiceResponse, available []api.ChallengeNameType) (*Outcome, error) {
	switch {
	case choice.Chosen == api.ChallengeNameTypePassword && choice.Password != "":
		return e.choosePassword(ctx, t, choice.Password)
	case choice.Chosen == api.ChallengeNameTypePasswordSrp && choice.SRPA != "":
		return e.chooseSRP(ctx, t, choice.SRPA, available)
	}
	step, ok := firstSteps[choice.Chosen]
	if !ok {
		step = cognate.StepSelectChallenge
	}
	t.next = func(*cognate.User) decision { return ask{step: step, available: available} }
	return e.settle(ctx, t)
}

// firstSteps are the steps of the challenges that can begin a sign-in.
var firstSteps = map[api.ChallengeNameType]cognate.Step{
	api.ChallengeNameTypePassword:    cognate.StepFirstPassword,
	api.ChallengeNameTypePasswordSrp: cognate.StepFirstPasswordSRP,
	api.ChallengeNameTypeEmailOtp:    cognate.StepFirstEmail,
	api.ChallengeNameTypeSmsOtp:      cognate.StepFirstSMS,
	api.ChallengeNameTypeWebAuthn:    cognate.StepFirstPasskey,
}

// choosePassword answers the chosen PASSWORD challenge with the password that came along.
func (e *Engine) choosePassword(ctx context.Context, t *step, password string) (*Outcome, error) {
	if t.session == nil {
		return e.signInWithPassword(ctx, &t.call, t.subject, password)
	}
	return e.tryPassword(ctx, t, password)
}
