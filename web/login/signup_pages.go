package login

import (
	"cmp"
	"errors"
	"slices"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/signin"
)

// showSignUp shows the form for a new account: the username, the attributes that the pool requires, and the password.
func (v *visit) showSignUp(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	if !v.allowsSignUp() {
		back := []link{{Label: v.text("forgot.back"), URL: box.start}}
		return &view{Heading: v.text("signup.title"), Alert: v.text("signup.closed"), data: back}, nil
	}
	name := v.usernameField(f, "username")
	if !v.site.Pool.UsesUsernameAttributes() {
		name.Label = v.text("login.username")
	}
	name.Focused, name.Invalid = f.Alert == "", f.Alert == "alert.taken"
	box.Fields = append([]field{name}, v.attributeFields(v.signUpAttributes(), f)...)
	passwords := v.newPasswordFields()
	passwords[0].Invalid = isAboutPassword(f.Alert)
	box.Fields = append(box.Fields, passwords...)
	box.Buttons = []button{{Label: v.text("signup.submit")}}
	box.More = []link{{v.text("signin.have"), v.text("signin.submit"), box.start}}
	return v.page("signup.title", box), nil
}

// signUpAttributes returns the attributes that the pool requires, without the one that is the username. If the pool verifies
// contacts and requires none, the form asks for the first one that the pool verifies. Otherwise the user could not be confirmed.
func (v *visit) signUpAttributes() []string {
	pool := v.site.Pool
	names := pool.MissingAttributes(nil)
	if !pool.UsesUsernameAttributes() {
		return v.withContact(names)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return len(pool.UsernameAttributes) == 1 && string(pool.UsernameAttributes[0]) == name
	})
}

// withContact adds a contact that the pool verifies, if names has none.
func (v *visit) withContact(names []string) []string {
	for _, contact := range []string{cognate.AttributeEmail, cognate.AttributePhone} {
		if v.site.Pool.AutoVerifies(contact) && slices.Contains(names, contact) {
			return names
		}
	}
	for _, contact := range []string{cognate.AttributeEmail, cognate.AttributePhone} {
		if v.site.Pool.AutoVerifies(contact) {
			return append(names, contact)
		}
	}
	return names
}

func (v *visit) submitSignUp(f *flow) error {
	to := f.at(f.Page)
	to.Username, to.Typed = v.username(), v.attributes(v.signUpAttributes())
	password, same := v.newPassword()
	switch {
	case !v.allowsSignUp():
		return v.goTo(to)
	case to.Username == "" || password == "" && !v.isNameFirst():
		return v.alert(to, "alert.empty")
	case !same:
		return v.alert(to, "alert.repeat")
	}
	for _, contact := range []string{to.Typed[cognate.AttributeEmail], v.asContact(cognate.AttributeEmail, to.Username)} {
		if contact != "" && !account.IsEmail(contact) {
			return v.alert(to, "alert.email")
		}
	}
	for _, contact := range []string{to.Typed[cognate.AttributePhone], v.asContact(cognate.AttributePhone, to.Username)} {
		if contact != "" && !account.IsPhone(contact) {
			return v.alert(to, "alert.phone")
		}
	}
	return v.signUp(to, password)
}

// asContact returns the username if it must be the value of the attribute; else "".
func (v *visit) asContact(attribute, username string) string {
	if only := v.site.Pool.UsernameAttributes; len(only) == 1 && string(only[0]) == attribute {
		return username
	}
	return ""
}

// signUp creates the user. A confirmed user signs in. Any other user gets the page for the code.
func (v *visit) signUp(f *flow, password string) error {
	user, delivery, err := v.Users.SignUpOnPage(v.r.Context(), &account.Registration{
		ClientRequest: v.clientRequest(), Username: f.Username, Password: password, Attributes: toList(f.Typed),
	})
	refusal, refused := errors.AsType[*api.Error](err)
	switch {
	case err != nil && (user == nil || !refused):
		return v.refuse(f, err)
	case user.Status == api.UserStatusTypeConfirmed && password != "":
		return v.start(v.signedUp(f), signin.PasswordStart{Password: password})
	case user.Status == api.UserStatusTypeConfirmed:
		to := v.signedUp(f)
		to.Notice = "signup.done"
		return v.goTo(to)
	}
	to := f.at(pageConfirm)
	to.Typed = nil
	if to.Session, err = v.Engine.SignedUpOnPage(v.client, user); err != nil {
		return err
	}
	if refused { // the message could not be sent
		to.Alert = alertOf(refusal)
	}
	if delivery != nil {
		to.Challenge = challengeState{Medium: string(delivery.DeliveryMedium), Destination: delivery.Destination}
	}
	return v.goTo(to)
}

// signedUp returns the flow of the first page for a user who has signed up.
func (v *visit) signedUp(f *flow) *flow {
	to := v.newFlow(pageLogin)
	to.Username = f.Username
	return to
}

// toList returns the attributes that have a value.
func toList(values map[string]string) []api.AttributeType {
	var list []api.AttributeType
	for name, value := range values {
		if value != "" {
			list = append(list, api.AttributeType{Name: name, Value: value})
		}
	}
	slices.SortFunc(list, func(a, b api.AttributeType) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// showConfirm asks for the code that confirms an account.
func (v *visit) showConfirm(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	code := v.codeField(f)
	if f.Username == "" {
		name := v.usernameField(f, "username")
		name.Focused, code.Focused = f.Alert == "", false
		box.Fields = append(box.Fields, name)
	} else {
		box.Who = f.Username
	}
	box.Fields = append(box.Fields, code)
	box.Buttons = []button{
		{Label: v.text("confirm.submit")}, {Label: v.text("code.resend"), Value: doResend, Class: "plain", Skips: true},
	}
	box.More = []link{{v.text("signin.have"), v.text("signin.submit"), box.start}}
	page := v.page("confirm.title", box)
	page.Lead = v.sentTo(f, "confirm.lead")
	return page, nil
}

// sentTo returns the text about a message that was sent. It returns otherwise if the flow does not have the destination.
func (v *visit) sentTo(f *flow, otherwise string) string {
	switch {
	case f.Challenge.Destination == "":
		return v.text(otherwise)
	case f.Challenge.Medium == string(api.DeliveryMediumTypeSms):
		return v.text("code.sms", "Destination", f.Challenge.Destination)
	default:
		return v.text("code.email", "Destination", f.Challenge.Destination)
	}
}

func (v *visit) submitConfirm(f *flow) error {
	to := v.withUsername(f)
	if to.Username == "" {
		return v.alert(to, "alert.empty")
	}
	if v.r.PostForm.Get("do") == doResend {
		return v.resendSignUp(to)
	}
	code := v.code()
	if code == "" {
		return v.alert(to, "alert.empty")
	}
	return v.confirm(to, code)
}

// confirm confirms the account. A user who signed up in the same browser is signed in.
func (v *visit) confirm(f *flow, code string) error {
	session, err := v.Engine.OpenSignUp(v.client, f.Session)
	if err != nil { // the code is still valid; the user signs in afterwards
		session = nil
	}
	user, err := v.Users.ConfirmSignUp(v.r.Context(), &account.Confirmation{
		ClientRequest: v.clientRequest(), Username: f.Username, Code: code, OnPage: true,
	})
	if account.IsAlreadyConfirmed(err) {
		to := v.signedUp(f)
		to.Notice = "confirm.already"
		return v.goTo(to)
	}
	if err != nil {
		return v.refuse(f, err)
	}
	to := v.signedUp(f)
	if session != nil && session.Sub == user.Sub {
		next, err := v.Engine.ConfirmedOnPage(v.client, user)
		if err != nil {
			return err
		}
		to.Page = pageLogin
		if v.takesPasskeys() {
			to.After = pageAddPasskey
		}
		outcome, err := v.Engine.Start(v.r.Context(), v.attempt(to), signin.ChoiceStart{Session: next})
		if err == nil {
			return v.follow(to, outcome)
		}
	}
	to.Notice = "confirm.done"
	return v.goTo(to)
}

// resendSignUp sends a new code to confirm an account.
func (v *visit) resendSignUp(f *flow) error {
	delivery, err := v.Users.ResendCode(v.r.Context(), &account.Request{
		ClientRequest: v.clientRequest(), Username: f.Username, OnPage: true,
	})
	if err != nil {
		return v.refuse(f, err)
	}
	to := f.at(pageConfirm)
	to.Notice = "code.resent"
	if delivery != nil {
		to.Challenge = challengeState{Medium: string(delivery.DeliveryMedium), Destination: delivery.Destination}
	}
	return v.goTo(to)
}

// showResend asks for the name of an account whose confirmation needs a new code.
func (v *visit) showResend(f *flow) (*view, error) {
	return v.showNameForm(f, "resend")
}

// showNameForm shows a page that asks only for a username. The texts of the page begin with prefix.
func (v *visit) showNameForm(f *flow, prefix string) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	name := v.usernameField(f, "username")
	name.Focused, name.Invalid = f.Alert == "", f.Alert != ""
	box.Fields, box.Buttons = []field{name}, []button{{Label: v.text(prefix + ".submit")}}
	box.More = []link{{Label: v.text("forgot.back"), URL: box.start}}
	page := v.page(prefix+".title", box)
	page.Lead = v.text(prefix + ".lead")
	return page, nil
}

func (v *visit) submitResend(f *flow) error {
	to := f.at(f.Page)
	if to.Username = v.username(); to.Username == "" {
		return v.alert(to, "alert.empty")
	}
	return v.resendSignUp(to)
}
