package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
)

// StepUp asks for a level of authentication. The zero value asks for none.
// Source: docs/behaviour.md §3.6.
type StepUp struct {
	// Levels are the pool's names of the levels, the preferred one first (TARGET_ACR_VALUES). The sign-in must reach the first
	// one that the user can reach. Names that the pool does not have are ignored.
	Levels []string
	// AccessToken is a token of the user for the same client, whose factors are not asked again (ACCESS_TOKEN); empty for none.
	AccessToken string
	// SSO is the value of the browser's cookie, on a page: the factors of its SSO session are not asked again, if it is a session
	// of the user that serves the client. Empty for none.
	SSO string
	// MaxAge is how old the sign-in of the token or of the SSO session may be, or else its factors must be proven again (MAX_AGE).
	// Nil for no limit. A sign-in without a token is never older.
	MaxAge *time.Duration
	// IsRequested says that the request has one of the parameters.
	IsRequested bool
}

// The errors of a step-up. Source: docs/behaviour.md §3.6: the service's types and texts are not known.
// Assumed: the types and texts of errors about the parameters of step-up authentication. ACCESS_TOKEN and MAX_AGE need
// TARGET_ACR_VALUES. A step-up has no Session of ConfirmSignUp.
var (
	errNoLevels     = api.InvalidParameterException("TARGET_ACR_VALUES is required with ACCESS_TOKEN and MAX_AGE.")
	errUnknownLevel = api.InvalidParameterException("TARGET_ACR_VALUES has no ACR value of the user pool.")
	errSignUpLevel  = api.InvalidParameterException("TARGET_ACR_VALUES can not be used with the Session of ConfirmSignUp.")
	errLevelMet     = api.InvalidParameterException("The access token already satisfies the requested ACR value.")
	errOtherToken   = api.NotAuthorizedException("Access token does not belong to the user and the client.")
	// ErrUnreachable is the error if the user has no factors for any of the levels.
	ErrUnreachable = api.NotAuthorizedException("User has no factors for any of the requested ACR values.")
)

// levels returns the levels that the request asks for. On a page, levels that the pool does not have are ignored, and so are all
// of them if the feature plan has no step-up (docs/behaviour.md §3.6).
// Errors: FeatureUnavailableInTierException, InvalidParameterException.
func (s StepUp) levels(c *call) ([]cognate.Level, error) {
	if !s.IsRequested {
		return nil, nil
	}
	pool := c.Pool
	if c.Page {
		return pool.RequestedLevels(s.Levels), nil
	}
	if err := pool.RequireStepUp(); err != nil {
		return nil, err
	}
	if s.Levels == nil {
		return nil, errNoLevels
	}
	levels := pool.LevelsNamed(s.Levels)
	if len(levels) == 0 {
		return nil, errUnknownLevel
	}
	return levels, nil
}

// isFresh reports whether a sign-in of that time still counts. With a MaxAge of 0 none does.
func (s StepUp) isFresh(authTime, now time.Time) bool {
	return s.MaxAge == nil || *s.MaxAge > 0 && !now.After(authTime.Add(*s.MaxAge))
}

// creditSSO takes the methods of the browser's SSO session into the call, if it is the user's and not too old.
func (e *Engine) creditSSO(ctx context.Context, c *call, sub subject.Subject, s StepUp) error {
	if !c.Page {
		return errOtherToken
	}
	session, _, err := e.SSOSession(ctx, c.Pool, c.Client, s.SSO)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if sub.User() != nil && session.Sub == sub.Sub() && s.isFresh(session.AuthTime, e.Now()) {
		c.proven, c.sso = session.Methods, session.ID
	}
	return nil
}

// credit takes the methods that the access token has proven into the call. It takes none if the sign-in of the token is too old.
// Errors: those of tokens.Service.Authenticate; errOtherToken.
func (e *Engine) credit(ctx context.Context, c *call, sub subject.Subject, s StepUp) error {
	owner, err := e.Tokens.Authenticate(ctx, s.AccessToken)
	if err != nil {
		return err
	}
	if err := sub.RequireUser(errOtherToken); err != nil {
		return err
	}
	if owner.Pool.ID != c.Pool.ID || owner.Client.ID != c.Client.ID || owner.User.Sub != sub.Sub() {
		return errOtherToken
	}
	if s.isFresh(owner.AuthTime, e.Now()) {
		c.proven, c.grant = owner.Methods, owner.GrantID
	}
	return nil
}

// requireCredit returns an error unless the grant or the SSO session that counts in a step-up is live: it may have ended since.
func (e *Engine) requireCredit(ctx context.Context, tx *store.Tx, c *call, user *cognate.User) error {
	if c.sso != "" {
		session, err := tx.LockSSOSession(ctx, c.Pool.ID, c.sso)
		if errors.Is(err, store.ErrNotFound) || err == nil && !session.IsLive(user, e.Now()) {
			return api.ErrInvalidSession
		}
		return err
	}
	if c.grant == "" {
		return nil
	}
	grant, err := tx.LockGrant(ctx, c.Pool.ID, c.grant)
	if errors.Is(err, store.ErrNotFound) || err == nil && !grant.Live(e.Now()) {
		return api.ErrTokenRevoked
	}
	return err
}

// beginStepUp begins a choice-based sign-in that must reach a level. If the access token counts, only what is missing is asked.
func (s ChoiceStart) beginStepUp(ctx context.Context, e *Engine, c call, sub subject.Subject) (*Outcome, error) {
	p := c.plan(sub, sub.Profile())
	if refusal := p.refusal(); refusal != nil {
		return nil, refusal
	}
	if len(c.proven) > 0 && len(p.first) == 1 && len(p.second) == 0 { // only this is missing
		s.Preferred = p.first[0]
	}
	if slices.Contains(p.first, s.Preferred) || len(p.second) == 0 {
		return s.choose(ctx, e, c, sub, p.first)
	}
	return e.settle(ctx, &step{
		call: c, subject: sub,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) { // verify checks the grant
			return now, knownState(now)
		},
		next: func(now *cognate.User) decision { return c.plan(sub, now).decision(now, s.Preferred) },
	})
}

// plan is how a sign-in goes on to its level: by a challenge that can begin a sign-in, or by a second factor.
type plan struct {
	met    bool // the level is reached
	first  []api.ChallengeNameType
	second []cognate.Factor
}

// refusal returns the error for a step-up that has nothing to ask at its start.
func (p plan) refusal() error {
	switch {
	case p.met:
		return errLevelMet
	case len(p.first) == 0 && len(p.second) == 0:
		return ErrUnreachable
	default:
		return nil
	}
}

// decision asks what is missing. A second factor has precedence over the challenges that begin a sign-in, because those are
// rarely asked in second place. A remembered device does not replace a factor of the plan.
func (p plan) decision(user *cognate.User, preferred api.ChallengeNameType) decision {
	if refusal := p.refusal(); refusal != nil {
		return refuse{refusal}
	}
	switch {
	case slices.Contains(p.second, cognate.Factor(preferred)):
		return ask{step: cognate.Step(preferred)}
	case slices.Contains(p.second, user.MFA.Preferred):
		return ask{step: cognate.Step(user.MFA.Preferred)}
	case len(p.second) == 1:
		return ask{step: cognate.Step(p.second[0])}
	case len(p.second) > 1:
		return ask{step: cognate.StepSelectMFA, factors: p.second}
	case len(p.first) == 1:
		return ask{step: firstSteps[p.first[0]], available: p.first}
	default:
		return ask{step: cognate.StepSelectChallenge, available: p.first}
	}
}

// methodOf are the methods of the challenges that can begin a sign-in. A passkey stands for both kinds.
var methodOf = map[api.ChallengeNameType]cognate.Method{
	api.ChallengeNameTypePassword:    cognate.MethodPassword,
	api.ChallengeNameTypePasswordSrp: cognate.MethodPassword,
	api.ChallengeNameTypeSmsOtp:      cognate.MethodSMS,
	api.ChallengeNameTypeEmailOtp:    cognate.MethodEmail,
	api.ChallengeNameTypeWebAuthn:    cognate.MethodPlatformPasskey,
}

// ways are the factors that reach the levels, in the order in which they are asked. Source: docs/behaviour.md §3.6.
var ways = []cognate.Methods{
	{cognate.MethodPassword},
	{cognate.MethodSMS},
	{cognate.MethodEmail},
	{cognate.MethodPlatformPasskey},
	{cognate.MethodPassword, cognate.MethodSMS},
	{cognate.MethodPassword, cognate.MethodEmail},
	{cognate.MethodPassword, cognate.MethodSoftwareToken},
}

// plan plans for the first requested level that the user can reach.
func (c *call) plan(sub subject.Subject, user *cognate.User) plan {
	abilities := plan{first: c.canBeginWith(sub.At(user)), second: c.secondFactors(sub, user)}
	for _, level := range c.levels {
		if c.proven.Level() >= level {
			return plan{met: true}
		}
		if p := abilities.toward(level, c.proven); p.refusal() == nil {
			return p
		}
	}
	return plan{}
}

// secondFactors returns the second factors that a user can be asked for in a step-up. Before anything is proven, a client that
// hides users does not see which ones a user has: all of the pool are supposed.
func (c *call) secondFactors(sub subject.Subject, user *cognate.User) []cognate.Factor {
	if len(c.proven) == 0 && !sub.ShowsExistence() {
		return c.Pool.StepUpFactors()
	}
	return user.StepUpFactors(c.Pool)
}

// toward returns what can be asked next on the way to a level that is not reached. Of two ways, one that needs more than the
// other is left out.
func (p plan) toward(level cognate.Level, proven cognate.Methods) plan {
	var open []cognate.Methods // what is missing on each way
	for _, way := range ways {
		missing := slices.DeleteFunc(slices.Clone(way), proven.Has)
		if proven.With(way...).Level() >= level && p.allows(missing, proven) {
			open = append(open, missing)
		}
	}
	var next plan
	for _, missing := range open {
		isLonger := slices.ContainsFunc(open, func(other cognate.Methods) bool {
			return len(other) < len(missing) && len(missing.With(other...)) == len(missing.With())
		})
		if !isLonger {
			next.add(p, missing[0], proven)
		}
	}
	return next
}

// allows reports whether the user can prove all that is missing. A second factor needs a first one.
func (p plan) allows(missing, proven cognate.Methods) bool {
	for i, method := range missing {
		isFirst := len(proven) == 0 && i == 0
		if !p.begins(method) && (isFirst || !p.continues(method)) {
			return false
		}
	}
	return true
}

func (p plan) begins(method cognate.Method) bool {
	return slices.ContainsFunc(p.first, func(c api.ChallengeNameType) bool { return methodOf[c] == method })
}

func (p plan) continues(method cognate.Method) bool {
	return slices.ContainsFunc(p.second, func(f cognate.Factor) bool { return f.Method() == method })
}

// add adds the challenges of a method to what can be asked next, in the order of the abilities.
func (p *plan) add(abilities plan, method cognate.Method, proven cognate.Methods) {
	if len(proven) > 0 && abilities.continues(method) {
		p.second = slices.DeleteFunc(slices.Clone(abilities.second), func(f cognate.Factor) bool {
			return f.Method() != method && !slices.Contains(p.second, f)
		})
		return
	}
	p.first = slices.DeleteFunc(slices.Clone(abilities.first), func(c api.ChallengeNameType) bool {
		return methodOf[c] != method && !slices.Contains(p.first, c)
	})
}

// raise replaces a decision of the rules if the sign-in must reach a level and has not. No factor is set up on the way: with a
// stolen password an attacker would set up the missing one. A second factor that the rules require is asked even if the level
// is reached.
func (t *step) raise(user *cognate.User, d decision) decision {
	asked, asks := d.(ask)
	_, issues := d.(issueTokens)
	if len(t.levels) > 0 && asked.step == cognate.StepNewPassword { // do not take a new password for a sign-in that will be refused
		if refused, ok := t.raise(user, nextFactor(t.Pool, user)).(refuse); ok {
			return refused
		}
		return d
	}
	if len(t.levels) == 0 || !issues && !asked.second && asked.step != cognate.StepSetup {
		return d
	}
	c := t.call
	c.proven = t.methods()
	p := c.plan(t.subject, user)
	switch {
	case p.met && asks && asked.step == cognate.StepSetup:
		return refuse{ErrUnreachable}
	case p.met:
		return d
	default:
		return p.decision(user, "")
	}
}

// methods returns what the sign-in has proven, with a right answer to the step.
func (t *step) methods() cognate.Methods {
	if t.custom != nil {
		return t.custom.Methods()
	}
	return t.proven.With(t.proves...)
}

// selectable returns the second factors that the user can choose among at SELECT_MFA_TYPE.
func (c *call) selectable(sub subject.Subject, user *cognate.User) []cognate.Factor {
	if p := c.plan(sub, user); len(c.levels) > 0 && !p.met {
		return p.second
	}
	return user.SecondFactors(c.Pool)
}

// firstChallenges returns the challenges that can begin the sign-in, or in a step-up continue it.
func (c *call) firstChallenges(sub subject.Subject) []api.ChallengeNameType {
	if len(c.levels) > 0 {
		return c.plan(sub, sub.Profile()).first
	}
	return c.canBeginWith(sub)
}

// canBeginWith returns the challenges with which the subject can begin a sign-in to the client. On a page of a
// client without USER_AUTH it is the password only: no parameter of a request adds a factor that the client does not have.
func (c *call) canBeginWith(sub subject.Subject) []api.ChallengeNameType {
	available := sub.FirstChallenges()
	if !c.Page || c.Client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) {
		return available
	}
	return slices.DeleteFunc(slices.Clone(available), func(ch api.ChallengeNameType) bool {
		return ch != api.ChallengeNameTypePassword && ch != api.ChallengeNameTypePasswordSrp
	})
}
