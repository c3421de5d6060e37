package login

import (
	"errors"
	"html/template"

	"cognate"
	"cognate/api"
	"cognate/signin"
	"cognate/store"
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
	return template.JS(v.renderer().passkeys) //nolint:gosec // a file of this package
}

func (v *visit) submitPasskey(f *flow) error {
	credential := v.r.PostForm.Get("credential")
	if credential == "" {
		return v.alert(f, "alert.passkey")
	}
	return v.answer(f, signin.PasskeyResponse{Credential: credential})
}

// enterAddPasskey lets a user who has signed in recently add a passkey. Other users sign in first. Otherwise an attacker with an old
// session in a browser could keep access to the account with a passkey.
func (v *visit) enterAddPasskey() error {
	session, _, err := v.session()
	if err != nil {
		return err
	}
	to := v.newFlow(pageAddPasskey)
	if session == nil || !v.isNew(session) {
		to.Page, to.After = pageLogin, pageAddPasskey
		return v.goTo(to)
	}
	return v.show(to)
}

// principal returns the user of the session, in the form that the rules about passkeys take; nil without a session.
func (v *visit) principal() (*store.Principal, *cognate.SSOSession, error) {
	session, user, err := v.freshSession()
	if err != nil || session == nil {
		return nil, nil, err
	}
	return &store.Principal{Pool: v.site.Pool, Client: v.client, User: user}, session, nil
}

// showAddPasskey offers to add a passkey. If the pool has no passkeys, or the user has the maximum number, it only continues.
// Assumed: without response_type, /passkeys/add returns to the application with a code.
func (v *visit) showAddPasskey(f *flow) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	principal, _, err := v.principal()
	if err != nil {
		return nil, err
	}
	page := v.page("passkey-add.title", box)
	if principal == nil {
		page.Alert, box.More = v.text("alert.late"), []link{v.startAgain(box)}
		return page, nil
	}
	box.Who = v.nameOf(principal.User)
	options, err := v.Passkeys.Start(v.r.Context(), principal)
	refusal, ok := errors.AsType[*api.Error](err)
	switch {
	case ok:
		page.Alert = v.alertText(refusal)
	case err != nil:
		return nil, err
	default:
		page.Lead, page.Script = v.text("passkey-add.lead"), v.passkeyScript()
		box.Passkey = &passkeyField{
			Options: string(options), Mode: "create", Failed: v.text("passkey-add.failed"), NoScript: v.text("passkey.script"),
		}
		box.Buttons = []button{{Label: v.text("passkey-add.submit"), Value: doPasskey, NeedsScript: true}}
	}
	skip := v.text("passkey-add.skip")
	if f.Alert != "" || ok {
		skip = v.text("code.submit")
	}
	box.Buttons = append(box.Buttons, button{Label: skip, Value: doSkip, Class: "plain", Skips: true})
	return page, nil
}

// passkeyExists is what the script posts instead of a passkey if the authenticator has one already.
const passkeyExists = "exists"

func (v *visit) submitAddPasskey(f *flow) error {
	principal, session, err := v.principal()
	switch {
	case err != nil:
		return err
	case principal == nil:
		return v.restart(errLate)
	case v.r.PostForm.Get("do") != doPasskey:
		return v.authorizeFor(session)
	case !v.isNew(session):
		return v.restart(errLate)
	}
	credential := v.r.PostForm.Get("credential")
	if credential == passkeyExists {
		return v.alert(f, "passkey-add.exists")
	}
	err = v.Passkeys.Complete(v.r.Context(), principal, []byte(credential))
	if _, ok := errors.AsType[*api.Error](err); ok {
		return v.alert(f, "passkey-add.failed")
	}
	if err != nil {
		return err
	}
	return v.authorizeFor(session)
}
