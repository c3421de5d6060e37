package login

import (
	"html/template"

	"cognate/signin"
)

// showPasskey asks the user who was named before for a passkey.
func (v *visit) showPasskey(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Who, box.Username = f.Username, f.Username
	box.Passkey = &passkeyField{
		Options: f.Challenge.Options, Mode: "get", Failed: v.text("passkey.failed"), NoScript: v.text("passkey.script"),
	}
	box.Buttons = []button{{Label: v.text("passkey.submit"), Value: doPasskey, NeedsScript: true}}
	if err := v.addOtherWays(f, box); err != nil {
		return nil, err
	}
	page := v.page("passkey.title", box)
	page.Lead, page.Script = v.text("passkey.lead"), v.passkeyScript()
	return page, nil
}

func (v *visit) passkeyScript() template.JS {
	return template.JS(v.renderer.passkeys) //nolint:gosec // a file of this package
}

func (v *visit) submitPasskey(f *flow) error {
	credential := v.r.PostForm.Get("credential")
	if credential == "" {
		return v.alert(f, "alert.passkey")
	}
	return v.answer(f, signin.PasskeyResponse{Credential: credential})
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
