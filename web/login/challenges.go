package login

import (
	"errors"
	"slices"

	"cognate"
	"cognate/api"
	"cognate/oauth"
	"cognate/signin"
)

// errNoPage says that no page has the challenge. Pages have no custom challenges, no SRP and no devices, so the engine never
// asks for them here. Source: docs/behaviour.md §2.6.
var errNoPage = errors.New("login: no page for the challenge")

// follow continues a sign-in with the page of the next challenge, or ends it.
func (v *visit) follow(f *flow, o *signin.Outcome) error {
	if o.SSO != nil && o.Challenge == nil {
		return v.finish(f, o.SSO)
	}
	next, err := challengePage(o.Challenge)
	if err != nil {
		return err
	}
	to := f.at(next)
	to.Session, to.Challenge, to.Typed = o.Session, stateOf(o), nil
	if f.Page == pageChoose { // the page of the chosen challenge offers the others
		to.Challenge.Choices = f.Challenge.Choices
	}
	to.Challenge.IsSetup = f.Page == pageSetupEmail || f.Page == pageSetupSMS
	if next == pageChoose && len(to.Challenge.Choices) == 1 {
		return v.choose(to, to.Challenge.Choices[0])
	}
	if next == pageSetup && len(to.Challenge.Choices) == 1 {
		return v.setUp(to, to.Challenge.Choices[0])
	}
	return v.goTo(to)
}

// challengePage returns the page of a challenge. Errors: errNoPage.
func challengePage(c signin.Challenge) (pageName, error) {
	switch c.(type) {
	case signin.ChoiceChallenge:
		return pageChoose, nil
	case signin.PasswordChallenge:
		return pagePassword, nil
	case signin.PasskeyChallenge:
		return pagePasskey, nil
	case signin.SMSOTPChallenge:
		return pageSMSFirst, nil
	case signin.EmailOTPChallenge:
		return pageEmail, nil
	case signin.SMSMFAChallenge:
		return pageSMS, nil
	case signin.SoftwareTokenChallenge:
		return pageToken, nil
	case signin.SelectMFAChallenge:
		return pageFactor, nil
	case signin.MFASetupChallenge:
		return pageSetup, nil
	case signin.NewPasswordChallenge:
		return pageNewPassword, nil
	default:
		return "", errNoPage
	}
}

// maxDeviceName is how much of the name of a software token a page shows, in characters. The API takes names that are too long for an
// address.
const maxDeviceName = 100

// stateOf returns what the page of an outcome's challenge shows.
func stateOf(o *signin.Outcome) challengeState {
	switch c := o.Challenge.(type) {
	case signin.ChoiceChallenge:
		return challengeState{Choices: firstChoices(o.Available)}
	case signin.PasskeyChallenge:
		return challengeState{Options: c.Options}
	case signin.SMSOTPChallenge:
		return codeState(c.CodeDelivery)
	case signin.EmailOTPChallenge:
		return codeState(c.CodeDelivery)
	case signin.SMSMFAChallenge:
		return codeState(c.CodeDelivery)
	case signin.SoftwareTokenChallenge:
		return challengeState{Device: cut(c.FriendlyName, maxDeviceName)}
	case signin.SelectMFAChallenge:
		return challengeState{Choices: factorNames(c.Factors)}
	case signin.MFASetupChallenge:
		return challengeState{Choices: factorNames(c.Factors)}
	case signin.NewPasswordChallenge:
		return challengeState{Required: c.Required}
	default:
		return challengeState{}
	}
}

// firstChoices returns those of the available challenges that can begin a sign-in and that have a page.
func firstChoices(available []api.ChallengeNameType) []string {
	var names []string
	for _, c := range available {
		if _, ok := choiceTexts[string(c)]; ok {
			names = append(names, string(c))
		}
	}
	return names
}

func codeState(d signin.CodeDelivery) challengeState {
	return challengeState{Medium: string(d.Medium), Destination: d.Destination}
}

func factorNames(factors []cognate.Factor) []string {
	var names []string
	for _, f := range factors {
		names = append(names, string(f))
	}
	return names
}

// finish ends a sign-in: the browser gets the cookie of its session, and the application its answer.
func (v *visit) finish(f *flow, sso *signin.SSO) error {
	setSession(v.w, v.site, sso.Secret, &sso.Session)
	switch {
	case f.After != "":
		return v.goTo(v.newFlow(f.After))
	case slices.Contains(v.request.Prompt, oauth.PromptConsent):
		return v.goTo(v.newFlow(pageConsent))
	}
	return v.authorizeFor(&sso.Session)
}

// authorizeFor answers the application for the user of a session. If the session has ended since, the user signs in again. If the
// application needs the consent of the user, the page for the consent follows.
func (v *visit) authorizeFor(session *cognate.SSOSession) error {
	if v.isForAccount {
		return v.goTo(v.newFlow(pageMyAccount))
	}
	if v.deviceCode != "" {
		return v.goTo(v.newFlow(pageDeviceConsent))
	}
	to, err := v.OAuth.Authorize(v.r.Context(), v.site, v.request, session)
	isSilent := slices.Contains(v.request.Prompt, oauth.PromptNone)
	switch isEnded, asks := errors.Is(err, signin.ErrSignInEnded), errors.Is(err, oauth.ErrConsentRequired); {
	case isEnded && isSilent:
		return v.request.Refuse(oauth.CodeLoginRequired)
	case isEnded:
		return v.goTo(v.newFlow(pageLogin))
	case asks && isSilent:
		return v.request.Refuse(oauth.CodeConsentRequired)
	case asks:
		return v.goTo(v.newFlow(pageConsent))
	}
	if err != nil {
		return err
	}
	return v.toApplication(to)
}

// answer answers the challenge of a flow and continues with the next challenge.
func (v *visit) answer(f *flow, r signin.Response) error {
	outcome, err := v.Engine.Answer(v.r.Context(), v.attempt(f), f.Session, r)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.follow(f, outcome)
}

// start starts a sign-in of the user that a flow names.
func (v *visit) start(f *flow, s signin.Start) error {
	outcome, err := v.Engine.Start(v.r.Context(), v.attempt(f), s)
	if err != nil {
		return v.refuse(f, err)
	}
	return v.follow(f, outcome)
}
