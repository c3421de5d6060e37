package login

import (
	"cognate/account"
)

// recovers reports whether users can reset their password on the pages.
func (v *visit) recovers() bool { return account.Recovers(v.site.Pool) }

// showForgot asks for the name of the account whose password is forgotten.
func (v *visit) showForgot(f *flow) (*view, error) {
	return v.showNameForm(f, "forgot")
}

func (v *visit) submitForgot(f *flow) error {
	to := f.at(f.Page)
	if to.Username = v.username(); to.Username == "" {
		return v.alert(to, "alert.empty")
	}
	return v.sendRecovery(to)
}

// sendRecovery sends the code to set a new password.
func (v *visit) sendRecovery(f *flow) error {
	delivery, err := v.Users.ForgotPassword(v.r.Context(), &account.Request{ClientRequest: v.clientRequest(), Username: f.Username})
	if err != nil {
		return v.refuse(f, err)
	}
	isAgain := f.Page == pageReset
	to := f.at(pageReset)
	to.Challenge = challengeState{Medium: string(delivery.DeliveryMedium), Destination: delivery.Destination}
	if isAgain {
		to.Notice = "code.resent"
	}
	return v.goTo(to)
}

// showReset asks for the code of a recovery and the new password.
func (v *visit) showReset(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	code := v.codeField(f)
	code.Invalid = f.Alert != "" && !isAboutPassword(f.Alert)
	if f.Username == "" {
		name := v.usernameField(f, "username")
		name.Focused, code.Focused = f.Alert == "", false
		box.Fields = append(box.Fields, name)
	} else {
		box.Who, box.Username = f.Username, f.Username
	}
	passwords := v.newPasswordFields()
	passwords[0].Invalid = isAboutPassword(f.Alert)
	box.Fields = append(append(box.Fields, code), passwords...)
	box.Buttons = []button{
		{Label: v.text("reset.submit")}, {Label: v.text("code.resend"), Value: doResend, Class: "plain", Skips: true},
	}
	box.More = []link{{Label: v.text("forgot.back"), URL: box.start}}
	page := v.page("reset.title", box)
	page.Lead = v.sentTo(f, "reset.lead")
	return page, nil
}

func (v *visit) submitReset(f *flow) error {
	to := v.withUsername(f)
	if to.Username == "" {
		return v.alert(to, "alert.empty")
	}
	if v.r.PostForm.Get("do") == doResend {
		return v.sendRecovery(to)
	}
	code := v.code()
	password, same := v.newPassword()
	switch {
	case code == "" || password == "":
		return v.alert(to, "alert.empty")
	case !same:
		return v.alert(to, "alert.repeat")
	}
	err := v.Users.ConfirmForgotPassword(v.r.Context(), &account.PasswordRecovery{
		ClientRequest: v.clientRequest(), Username: to.Username, Code: code, Proposed: password,
	})
	if err != nil {
		return v.refuse(to, err)
	}
	done := v.newFlow(pageLogin)
	done.Username, done.Notice = to.Username, "reset.done"
	return v.goTo(done)
}
