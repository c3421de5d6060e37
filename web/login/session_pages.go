package login

import (
	"cmp"
	"slices"

	"cognate"
	"cognate/oauth"
	"cognate/signin"
)

// The values of the buttons of the pages about a session.
const (
	doContinue = "continue"
	doAllow    = "allow"
)

// showAccount lets the user continue with the account of the session, or sign in with another one.
func (v *visit) showAccount(f *flow) (*view, error) {
	_, user, err := v.session()
	if err != nil {
		return nil, err
	}
	f.showTo(user)
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	if user != nil {
		box.Buttons = []button{{Label: v.text("account.continue", "Name", v.nameOf(user)), Value: doContinue}}
	}
	box.Buttons = append(box.Buttons, button{Label: v.text("signin.change"), Class: "plain"})
	return v.page("account.title", box), nil
}

// nameOf returns the name of the account that is shown to the user.
func (v *visit) nameOf(user *cognate.User) string {
	if v.site.Pool.UsesUsernameAttributes() {
		return cmp.Or(user.Attributes[cognate.AttributeEmail], user.Attributes[cognate.AttributePhone], user.Username)
	}
	return user.Username
}

func (v *visit) submitAccount(f *flow) error {
	if v.r.PostForm.Get("do") == doContinue {
		return v.useSession(f)
	}
	return v.goTo(v.newFlow(pageLogin))
}

// useSession answers the application for the user of the session. If the session is not enough, the user signs in again.
func (v *visit) useSession(f *flow) error {
	session, user, err := v.freshSession()
	switch {
	case err != nil:
		return err
	case session == nil || !v.isRecent(session):
		return v.goTo(v.newFlow(pageLogin))
	case !f.isShownTo(user): // another user has signed in since
		return v.goTo(v.newFlow(pageAccount))
	case !v.reaches(session):
		to := v.newFlow(pageStepUp)
		to.Username = user.Username
		return v.goTo(to)
	case slices.Contains(v.request.Prompt, oauth.PromptConsent):
		return v.goTo(f.at(pageConsent))
	default:
		return v.authorizeFor(session)
	}
}

// showConsent asks the user whether the application may use the account.
func (v *visit) showConsent(f *flow) (*view, error) {
	_, user, err := v.freshSession()
	if err != nil {
		return nil, err
	}
	f.showTo(user)
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	page := v.page("consent.title", box)
	if user != nil {
		page.Lead = v.text("consent.lead", "App", v.client.Name, "Name", v.nameOf(user))
	}
	if v.client.IsRegistered() {
		box.Warning = v.text("consent.unverified", "Host", v.request.RedirectHost())
	}
	for _, scope := range v.request.ConsentScopes() {
		box.Scopes = append(box.Scopes, cmp.Or(v.text("scope."+scope), scope))
	}
	box.ScopesLabel = v.text("consent.scopes")
	box.Buttons = []button{{Label: v.text("consent.allow"), Value: doAllow}, {Label: v.text("consent.deny"), Class: "plain"}}
	return page, nil
}

func (v *visit) submitConsent(f *flow) error {
	if v.r.PostForm.Get("do") != doAllow { // the page has named the host, so no other page asks
		return v.toApplication(&v.request.Refuse(oauth.CodeAccessDenied).Redirect)
	}
	session, user, err := v.freshSession()
	switch {
	case err != nil:
		return err
	case session == nil:
		return v.goTo(v.newFlow(pageLogin))
	case !f.isShownTo(user): // another user has signed in since
		return v.goTo(v.newFlow(pageConsent))
	}
	if err := v.OAuth.GiveConsent(v.r.Context(), v.request, session); err != nil {
		return err
	}
	return v.authorizeFor(session)
}

// showStepUp tells a signed-in user that the application asks for more than the session has proven.
func (v *visit) showStepUp(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Who, box.Buttons, box.More = f.Username, []button{{Label: v.text("code.submit")}}, []link{v.startAgain(box)}
	page := v.page("step-up.title", box)
	page.Lead = v.text("step-up.lead", "App", v.client.Name)
	return page, nil
}

// submitStepUp begins the sign-in that asks only for what the session has not proven.
func (v *visit) submitStepUp(f *flow) error {
	return v.start(f, signin.ChoiceStart{StepUp: v.stepUp()})
}

// stepUp returns the levels of authentication that the request asks for, with the session of the browser, whose factors count.
func (v *visit) stepUp() signin.StepUp {
	return signin.StepUp{
		Levels: v.request.Levels, MaxAge: v.request.MaxAge, SSO: readCookie(v.r, v.site, sessionCookie),
		IsRequested: len(v.request.Levels) > 0,
	}
}
