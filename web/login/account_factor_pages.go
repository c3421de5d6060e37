package login

import (
	"errors"
	"slices"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
)

// offersToken reports whether users of the pool can have an authenticator app as a second factor.
func (v *visit) offersToken() bool {
	return v.site.Pool.MFA.SoftwareToken && v.offersFactors()
}

// offersFactors reports whether the pool has second factors.
func (v *visit) offersFactors() bool { return v.site.Pool.MFA.Mode != api.UserPoolMfaTypeOff }

// hasPasskeys reports whether the user can have passkeys, or has some.
func (v *visit) hasPasskeys(o *owner) bool {
	return v.site.Pool.AllowsFirst(api.AuthFactorTypeWebAuthn) || o.User.Passkeys > 0
}

// showMyToken offers to set up an authenticator app. It creates no secret yet, because a new secret can end the current app
// immediately.
func (v *visit) showMyToken(f *flow, o *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Buttons, box.More = []button{{Label: v.text("code.submit")}}, v.backToAccount()
	page := v.page("setup.token-title", box)
	page.Lead = v.text("my-account.token-lead")
	if o.User.Tokens.Active != nil {
		page.Lead = v.text("my-account.token-replace")
	}
	return page, nil
}

func (v *visit) enrolment(o *owner) *account.Enrolment {
	return &account.Enrolment{Pool: o.Pool, Client: o.Client, User: o.User}
}

func (v *visit) submitMyToken(f *flow, o *owner) error {
	secret, _, err := v.Factors.Associate(v.r.Context(), v.enrolment(o))
	if err != nil {
		return v.refuseChange(f, err)
	}
	to := f.at(pageMyTokenCode)
	to.Username, to.Challenge = v.nameOf(o.User), challengeState{Secret: secret}
	return v.goTo(to)
}

// showMyTokenCode shows the secret of the new software token, and asks for its first code. The flow holds the secret, so the page
// shows the same one after a wrong code and when it is loaded again.
func (v *visit) showMyTokenCode(f *flow, _ *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	if box.Setup, err = v.tokenSetup(f); err != nil {
		return nil, err
	}
	code := v.codeField(f)
	code.Focused = false // the secret comes first
	box.Fields, box.Buttons, box.More = []field{code}, []button{{Label: v.text("code.submit")}}, v.backToAccount()
	return v.page("setup.token-title", box), nil
}

// submitMyTokenCode verifies the software token. It also switches the factor on, because users set up an app in order to use its
// codes at sign-in.
func (v *visit) submitMyTokenCode(f *flow, o *owner) error {
	code := v.code()
	if code == "" {
		return v.alert(f, "alert.empty")
	}
	if _, err := v.Factors.Verify(v.r.Context(), v.enrolment(o), code, ""); err != nil {
		return v.refuseChange(f, err)
	}
	on := account.FactorSetting{
		Factor: cognate.FactorSoftwareToken, Enabled: true,
		Preferred: o.User.MFA.Preferred == "" || o.User.MFA.Preferred == cognate.FactorSoftwareToken,
	}
	err := v.Factors.SetPreference(v.r.Context(), o.Pool, o.User.Sub, account.Preference{Factors: []account.FactorSetting{on}})
	if err != nil {
		return v.refuseChange(f, err)
	}
	return v.changed(o, pageMyAccount)
}

// factorSection returns the section of the second factors.
func (v *visit) factorSection(o *owner) section {
	s := section{Heading: v.text("my-account.factors"), Links: v.linkTo("factor.title", pageMyFactors)}
	for _, f := range o.User.SecondFactors(o.Pool) {
		s.Lines = append(s.Lines, v.text(factorTexts[string(f)]))
	}
	if len(s.Lines) == 0 {
		s.Lines = []string{v.text("my-account.off")}
	}
	return s
}

// passkeyFactor is the name of the passkey among the second factors of the form.
const passkeyFactor = "WEB_AUTHN"

// Names of the fields for second factors.
const (
	factorPrefix    = "factor-"
	preferredFactor = "preferred"
)

// factorForm is the content of the page of the second factors.
type factorForm struct {
	Action, Flow   string
	OnLabel        string
	Factors        []factorChoice
	PreferredLabel string
	Preferred      []factorChoice
	Submit         string
	More           []link
	PreferredField string
}

// factorChoice is a checkbox, or one of several choices.
type factorChoice struct {
	Name, Value, Label string
	Checked            bool
}

// usableFactors returns the second factors that the user can switch on.
func usableFactors(o *owner) []cognate.Factor {
	return slices.DeleteFunc(o.Pool.OfferedFactors(), func(f cognate.Factor) bool { return !o.User.CanProve(f) })
}

func usesPasskeyAsSecond(o *owner) bool {
	return o.Pool.PasskeysAreMultiFactor() && o.User.Passkeys > 0
}

// showMyFactors shows the second factors that the user can switch on, and which one the sign-in asks for first.
func (v *visit) showMyFactors(f *flow, o *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	content := &factorForm{
		Action: box.Action, Flow: box.Flow, OnLabel: v.text("my-account.factors"), PreferredLabel: v.text("my-account.preferred"),
		PreferredField: preferredFactor, Submit: v.text("my-account.save"), More: v.backToAccount(),
	}
	usable := usableFactors(o)
	asks := !slices.Contains(usable, o.User.MFA.Preferred)
	content.Preferred = []factorChoice{{Label: v.text("my-account.ask"), Checked: asks}}
	for _, factor := range usable {
		label := v.text(factorTexts[string(factor)])
		content.Factors = append(content.Factors, factorChoice{factorPrefix + string(factor), "true", label, o.User.MFA.IsOn(factor)})
		content.Preferred = append(content.Preferred, factorChoice{preferredFactor, string(factor), label, o.User.MFA.Preferred == factor})
	}
	if usesPasskeyAsSecond(o) {
		content.Factors = append(content.Factors, factorChoice{factorPrefix + passkeyFactor, "true", v.text("choose.passkey"), o.User.MFA.Passkey})
	}
	page := &view{Heading: v.text("factor.title"), template: "factors", data: content}
	if len(content.Factors) == 0 {
		page.template, page.data, page.Lead = "message", v.backToAccount(), v.text("my-account.no-factors")
	}
	return page, nil
}

func (v *visit) submitMyFactors(f *flow, o *owner) error {
	form := v.r.PostForm
	preferred := form.Get(preferredFactor)
	if preferred != "" && !form.Has(factorPrefix+preferred) {
		return v.alert(f, "my-account.preferred-off")
	}
	var wanted account.Preference
	for _, factor := range usableFactors(o) {
		wanted.Factors = append(wanted.Factors, account.FactorSetting{
			Factor: factor, Enabled: form.Has(factorPrefix + string(factor)), Preferred: string(factor) == preferred,
		})
	}
	if usesPasskeyAsSecond(o) {
		wanted.Passkey = new(form.Has(factorPrefix + passkeyFactor))
	}
	if err := v.Factors.SetPreference(v.r.Context(), o.Pool, o.User.Sub, wanted); err != nil {
		return v.refuseChange(f, err)
	}
	return v.changed(o, pageMyAccount)
}

// sectionForm is the content of a page with a list: a form in which each section can have a button.
type sectionForm struct {
	Action, Flow string
	Sections     []section
	More         []link
}

// sectionsPage returns a page with a list.
func (v *visit) sectionsPage(f *flow, title string, sections []section, more []link) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	content := &sectionForm{Action: box.Action, Flow: box.Flow, Sections: sections, More: more}
	return &view{Heading: v.text(title), template: "sections", data: content}, nil
}

// showMyPasskeys lists the passkeys of the user.
func (v *visit) showMyPasskeys(f *flow, o *owner) (*view, error) {
	passkeys, err := v.Store.Credentials(v.r.Context(), o.Pool.ID, o.User.Sub, "", cognate.MaxPasskeys)
	if err != nil {
		return nil, err
	}
	var sections []section
	for _, p := range passkeys {
		sections = append(sections, section{
			ID: string(p.ID), Heading: p.Name, Lines: []string{v.text("my-account.added", "Date", p.Created.UTC().Format(time.DateOnly))},
			Button: button{Label: v.text("my-account.remove"), Value: string(p.ID), Class: "plain"},
		})
	}
	more := v.backToAccount()
	if v.site.Pool.AllowsFirst(api.AuthFactorTypeWebAuthn) {
		more = append(v.linkTo("passkey-add.title", pageMyPasskeyAdd), more...)
	}
	page, err := v.sectionsPage(f, "my-account.passkeys", sections, more)
	if err == nil && len(sections) == 0 {
		page.Lead = v.text("my-account.none")
	}
	return page, err
}

func (v *visit) submitMyPasskeys(f *flow, o *owner) error {
	if err := v.Passkeys.Delete(v.r.Context(), o.Principal, cognate.CredentialID(v.r.PostForm.Get("do"))); err != nil {
		return v.refuseChange(f, err)
	}
	return v.changed(o, pageMyPasskeys)
}

// showMyPasskeyAdd offers to add a passkey.
func (v *visit) showMyPasskeyAdd(f *flow, o *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	page := v.page("passkey-add.title", box)
	box.More = v.linkTo("my-account.passkeys", pageMyPasskeys)
	options, err := v.Passkeys.Start(v.r.Context(), o.Principal)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		page.Alert = v.alertText(refusal)
		return page, nil
	}
	if err != nil {
		return nil, err
	}
	page.Lead, page.Script = v.text("passkey-add.lead"), v.passkeyScript()
	box.Passkey = &passkeyField{
		Options: string(options), Mode: "create", Failed: v.text("passkey-add.failed"), NoScript: v.text("passkey.script"),
	}
	box.Buttons = []button{{Label: v.text("passkey-add.submit"), Value: doPasskey, NeedsScript: true}}
	return page, nil
}

func (v *visit) submitMyPasskeyAdd(f *flow, o *owner) error {
	credential := v.r.PostForm.Get("credential")
	if credential == passkeyExists {
		return v.alert(f, "passkey-add.exists")
	}
	err := v.Passkeys.Complete(v.r.Context(), o.Principal, []byte(credential))
	if _, ok := errors.AsType[*api.Error](err); ok {
		return v.alert(f, "passkey-add.failed")
	}
	if err != nil {
		return err
	}
	return v.changed(o, pageMyPasskeys)
}
