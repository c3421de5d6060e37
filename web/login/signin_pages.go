package login

import (
	"slices"

	"cognate"
	"cognate/api"
	"cognate/signin"
)

// The values of the buttons of forms.
const (
	doPasskey = "passkey"
	doResend  = "resend"
	doSkip    = "skip"
)

// isNameFirst reports whether the first page asks only for the username: the client has choice-based sign-in, and the pool has
// a first factor other than the password.
func (v *visit) isNameFirst() bool {
	return v.client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) && len(v.site.Pool.FirstFactors) > 1
}

func (v *visit) takesPasskeys() bool {
	return v.client.Allows(api.ExplicitAuthFlowsTypeAllowUserAuth) && v.site.Pool.AllowsFirst(api.AuthFactorTypeWebAuthn)
}

// showLogin shows the first page of a sign-in.
func (v *visit) showLogin(f *flow) (*view, error) {
	if f.Username == "" {
		f.Username = cut(v.request.LoginHint, maxUsername)
	}
	var passkeys *passkeyField
	if v.takesPasskeys() {
		options, session, err := v.Engine.AnyPasskey(v.r.Context(), v.site.Pool, v.client)
		if err != nil {
			return nil, err
		}
		f.Session = session
		passkeys = &passkeyField{Options: options, Mode: "autofill", Failed: v.text("passkey.failed")}
	}
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	name := v.usernameField(f, "username webauthn")
	name.Focused, name.Invalid = f.Alert == "" && f.Username == "", f.Alert == "alert.incorrect"
	box.Fields = []field{name}
	submit := button{Label: v.text("signin.submit")}
	if v.isNameFirst() {
		submit.Label = v.text("signin.next")
	} else {
		password := v.passwordField()
		password.Focused, password.Invalid = f.Alert == "" && f.Username != "", f.Alert == "alert.incorrect"
		box.Fields = append(box.Fields, password)
	}
	box.Buttons = []button{submit}
	if passkeys != nil {
		box.Passkey = passkeys
		box.Buttons = append(box.Buttons, button{
			Label: v.text("signin.passkey"), Value: doPasskey, Class: "plain", Skips: true, NeedsScript: true,
		})
	}
	if !v.isNameFirst() && v.recovers() {
		box.More = append(box.More, link{Label: v.text("signin.forgot"), URL: v.link(pageForgot)})
	}
	if v.allowsSignUp() {
		box.More = append(box.More, link{v.text("signin.new"), v.text("signin.create"), v.link(pageSignUp)})
	}
	page := v.page("signin.title", box)
	if passkeys != nil {
		page.Script = v.passkeyScript()
	}
	return page, nil
}

// allowsSignUp reports whether users can create an account on the pages.
func (v *visit) allowsSignUp() bool { return !v.site.Pool.AdminCreateOnly }

func (v *visit) submitLogin(f *flow) error {
	to := f.at(f.Page)
	to.Username, to.Session = v.username(), ""
	if credential := v.r.PostForm.Get("credential"); v.r.PostForm.Get("do") == doPasskey {
		if credential == "" {
			return v.alert(to, "alert.passkey")
		}
		return v.start(to, signin.AnyPasskeyStart{Session: f.Session, Credential: credential})
	}
	if v.isNameFirst() {
		if to.Username == "" {
			return v.alert(to, "alert.empty")
		}
		return v.start(to, signin.ChoiceStart{StepUp: v.levels()})
	}
	password := v.r.PostForm.Get("password")
	if to.Username == "" || password == "" {
		return v.alert(to, "alert.empty")
	}
	if v.levels().IsRequested {
		return v.start(to, signin.ChoiceStart{
			Preferred: api.ChallengeNameTypePassword, Password: password, StepUp: v.levels(),
		})
	}
	return v.start(to, signin.PasswordStart{Password: password})
}

// levels returns the levels of authentication that the request asks for. The sign-in starts again, so the factors of a session do
// not count.
func (v *visit) levels() signin.StepUp {
	step := v.stepUp()
	step.SSO, step.MaxAge = "", nil
	return step
}

// alert shows the page of a flow with a message.
func (v *visit) alert(f *flow, key string) error {
	to := f.at(f.Page)
	to.Alert = key
	return v.goTo(to)
}

// choiceTexts are the challenges that can begin a sign-in on the pages, with their texts. PASSWORD_SRP is not one of them,
// because PASSWORD is always available with it.
var choiceTexts = map[string]string{
	string(api.ChallengeNameTypePassword): "choose.password",
	string(api.ChallengeNameTypeEmailOtp): "choose.email",
	string(api.ChallengeNameTypeSmsOtp):   "choose.sms",
	string(api.ChallengeNameTypeWebAuthn): "choose.passkey",
}

// showChoose shows the challenges that can begin a sign-in.
func (v *visit) showChoose(f *flow) (*view, error) {
	box, err := v.choices(f, choiceTexts)
	if err != nil {
		return nil, err
	}
	return v.page("choose.title", box), nil
}

// choices returns a form with a button for each choice of the flow.
func (v *visit) choices(f *flow, texts map[string]string) (*form, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Who = f.Username
	for _, choice := range f.Challenge.Choices {
		box.Buttons = append(box.Buttons, button{Label: v.text(texts[choice]), Value: choice, Class: "plain"})
	}
	box.More = []link{v.startAgain(box)}
	return box, nil
}

// startAgain returns the link that begins the sign-in again.
func (v *visit) startAgain(box *form) link {
	return link{v.text("signin.other"), v.text("signin.change"), box.start}
}

func (v *visit) submitChoose(f *flow) error {
	return v.choose(f, v.r.PostForm.Get("do"))
}

// choose continues with a challenge. A flow without a Session begins the sign-in again: the user has come back from another
// challenge, which has used the Session.
func (v *visit) choose(f *flow, choice string) error {
	if !slices.Contains(f.Challenge.Choices, choice) {
		return v.alert(f, "alert.invalid")
	}
	chosen := api.ChallengeNameType(choice)
	if f.Session == "" {
		return v.start(f, signin.ChoiceStart{Preferred: chosen, StepUp: v.levels()})
	}
	return v.answer(f, signin.ChoiceResponse{Chosen: chosen})
}

// showPassword asks the user who was named before for the password.
func (v *visit) showPassword(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	password := v.passwordField()
	password.Focused, password.Invalid = f.Alert == "", f.Alert != ""
	box.Who, box.Username, box.Fields = f.Username, f.Username, []field{password}
	box.Buttons = []button{{Label: v.text("signin.submit")}}
	if v.recovers() {
		box.More = append(box.More, link{Label: v.text("signin.forgot"), URL: v.link(pageForgot)})
	}
	if err := v.addOtherWays(f, box); err != nil {
		return nil, err
	}
	return v.page("password.title", box), nil
}

// addOtherWays adds the links to the choice, if there is one, and to the first page.
func (v *visit) addOtherWays(f *flow, box *form) error {
	if len(f.Challenge.Choices) > 1 {
		choice := f.at(pageChoose)
		choice.Session, choice.Challenge = "", challengeState{Choices: f.Challenge.Choices}
		address, err := v.address(choice)
		if err != nil {
			return err
		}
		box.More = append(box.More, link{Label: v.text("choose.other"), URL: address})
	}
	box.More = append(box.More, v.startAgain(box))
	return nil
}

func (v *visit) submitPassword(f *flow) error {
	password := v.r.PostForm.Get("password")
	if password == "" {
		return v.alert(f, "alert.empty")
	}
	return v.answer(f, signin.PasswordResponse{Password: password})
}

// showCode asks for a code that was sent.
func (v *visit) showCode(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Fields = []field{v.codeField(f)}
	box.Buttons = []button{{Label: v.text("code.submit")}}
	if !f.Challenge.IsSetup {
		box.Buttons = append(box.Buttons, button{Label: v.text("code.resend"), Value: doResend, Class: "plain", Skips: true})
	}
	if err := v.addOtherWays(f, box); err != nil {
		return nil, err
	}
	page := v.page("code.title", box)
	key := "code.email"
	if f.Challenge.Medium == string(api.DeliveryMediumTypeSms) {
		key = "code.sms"
	}
	page.Lead = v.text(key, "Destination", f.Challenge.Destination)
	return page, nil
}

func (v *visit) submitCode(f *flow) error {
	if v.r.PostForm.Get("do") == doResend {
		return v.resend(f)
	}
	code := v.code()
	switch {
	case code == "":
		return v.alert(f, "alert.empty")
	case f.Page == pageSMSFirst:
		return v.answer(f, signin.SMSOTPResponse{Code: code})
	case f.Page == pageSMS:
		return v.answer(f, signin.SMSMFAResponse{Code: code})
	case f.Page == pageEmail:
		return v.answer(f, signin.EmailOTPResponse{Code: code})
	default:
		return errNoPage
	}
}

// showToken asks for a code of the software token.
func (v *visit) showToken(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Fields, box.Buttons = []field{v.codeField(f)}, []button{{Label: v.text("code.submit")}}
	box.More = []link{v.startAgain(box)}
	page := v.page("token.title", box)
	page.Lead = v.text("token.lead")
	if f.Challenge.Device != "" {
		page.Lead = v.text("token.named", "Device", f.Challenge.Device)
	}
	return page, nil
}

func (v *visit) submitToken(f *flow) error {
	code := v.code()
	if code == "" {
		return v.alert(f, "alert.empty")
	}
	return v.answer(f, signin.SoftwareTokenResponse{Code: code})
}

// factorTexts are the second factors with their texts.
var factorTexts = map[string]string{
	string(cognate.FactorSMS):           "choose.sms",
	string(cognate.FactorSoftwareToken): "choose.token",
	string(cognate.FactorEmail):         "choose.email",
}

// showFactor shows the second factors of the user.
func (v *visit) showFactor(f *flow) (*view, error) {
	box, err := v.choices(f, factorTexts)
	if err != nil {
		return nil, err
	}
	page := v.page("factor.title", box)
	page.Lead = v.text("factor.lead")
	return page, nil
}

func (v *visit) submitFactor(f *flow) error {
	choice := v.r.PostForm.Get("do")
	if !slices.Contains(f.Challenge.Choices, choice) {
		return v.alert(f, "alert.invalid")
	}
	return v.answer(f, signin.SelectMFAResponse{Factor: cognate.Factor(choice)})
}

// showNewPassword asks for a new password, and for the required attributes that the user does not have.
func (v *visit) showNewPassword(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Username, box.Fields = f.Username, append(v.newPasswordFields(), v.attributeFields(f.Challenge.Required, f)...)
	box.Fields[0].Focused, box.Fields[0].Invalid = f.Alert == "", isAboutPassword(f.Alert)
	box.Buttons = []button{{Label: v.text("new-password.submit")}}
	box.More = []link{v.startAgain(box)}
	page := v.page("new-password.title", box)
	page.Lead = v.text("new-password.lead")
	return page, nil
}

func isAboutPassword(alert string) bool {
	return slices.Contains([]string{"alert.password", "alert.history", "alert.repeat"}, alert)
}

func (v *visit) submitNewPassword(f *flow) error {
	to := f.at(f.Page)
	to.Typed = v.attributes(f.Challenge.Required)
	password, same := v.newPassword()
	switch {
	case password == "":
		return v.alert(to, "alert.empty")
	case !same:
		return v.alert(to, "alert.repeat")
	default:
		return v.answer(to, signin.NewPasswordResponse{Password: password, Attributes: to.Typed})
	}
}

// resend sends the code of a challenge again.
func (v *visit) resend(f *flow) error {
	outcome, err := v.Engine.Answer(v.r.Context(), v.attempt(f), f.Session, signin.ResendResponse{})
	if err != nil {
		return v.refuse(f, err)
	}
	to := f.at(f.Page)
	to.Session, to.Notice = outcome.Session, "code.resent"
	return v.goTo(to)
}
