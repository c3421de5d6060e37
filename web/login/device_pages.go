package login

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/oauth"
	"cognate/signin"
	"cognate/store"
	"cognate/throttle"
)

// On the pages of the device grant (RFC 8628), a user enters the code that a device shows, signs in, and decides about the access of the
// device. The first page belongs to no client. A request for the other pages has a ticket instead of a redirect URI: it says which code
// the user entered in this browser, so only the first page takes guesses.
const (
	thenDevice      = "device"
	ticketParameter = "device"
	maxUserCode     = 32 // characters of a code as the user types it
)

// The states of the first page. They are not among the pages, because they belong to no authorization request.
const (
	pageDevice       pageName = "device"
	pageDeviceTicket pageName = "device-ticket"
)

// deviceFlow returns the state of the first page, in this browser.
func (v *visit) deviceFlow(p pageName) *flow {
	query := sha256.Sum256(nil)
	return &flow{PoolID: v.site.Pool.ID, Site: v.site.URL, Browser: v.browser, Query: query[:], Started: v.Now(), Page: p}
}

// readDevice prepares the first page.
func (v *visit) readDevice() error {
	if !v.site.Pool.HasDeviceGrant() {
		return errNoPageAtSite
	}
	v.browser = browser(v.w, v.r, v.site)
	query := v.r.URL.Query()
	v.readLanguage(&oauth.AuthorizationRequest{Lang: query.Get(langParameter), UILocales: strings.Fields(query.Get("ui_locales"))})
	return nil
}

// showDevice asks for the code of a device. A code in the address is only filled in: the user sends it.
func (v *visit) showDevice() error {
	if err := v.readDevice(); err != nil {
		return err
	}
	query := v.r.URL.Query()
	f, err := v.flows.open(query.Get(flowParameter), v.deviceFlow(""))
	if err != nil || f.Page != pageDevice {
		f = v.deviceFlow(pageDevice)
		f.Device = cut(query.Get(oauth.UserCodeParameter), maxUserCode)
	}
	return v.writeDevice(f)
}

func (v *visit) writeDevice(f *flow) error {
	sealed, err := v.flows.seal(f.at(pageDevice))
	if err != nil {
		return err
	}
	page := v.page("device.title", &form{Action: v.site.Path + oauth.DevicePath, Flow: sealed, Buttons: []button{{Label: v.text("code.submit")}}, Fields: []field{{
		ID: "code", Name: oauth.UserCodeParameter, Label: v.text("code.label"), Type: "text", Value: f.Device, Autocomplete: "off",
		Class: "code", MaxLength: maxUserCode, Required: true, Focused: f.Alert == "", Invalid: f.Alert == "device.wrong", Text: true,
		Hint: v.text("device.hint"),
	}}})
	page.Lead = v.text("device.lead")
	if f.Alert != "" {
		page.Alert = v.text(f.Alert)
	}
	return v.write(page)
}

// toDevice redirects to the first page, with a message and the code that the user typed.
func (v *visit) toDevice(alert, typed string) error {
	f := v.deviceFlow(pageDevice)
	f.Alert, f.Device = alert, cut(typed, maxUserCode)
	sealed, err := v.flows.seal(f)
	if err != nil {
		return err
	}
	v.redirect(v.site.Path + oauth.DevicePath + "?" + flowParameter + "=" + sealed)
	return nil
}

// submitDevice reads the code of a device.
func (v *visit) submitDevice() error {
	if err := v.readDevice(); err != nil {
		return err
	}
	if err := v.origins.Check(v.r); err != nil {
		return v.refuseOrigin()
	}
	typed := v.r.PostForm.Get(oauth.UserCodeParameter)
	f, err := v.flows.open(v.r.PostForm.Get(flowParameter), v.deviceFlow(""))
	if err != nil || f.Page != pageDevice {
		late := v.deviceFlow(pageDevice)
		late.Alert, late.Device = "device.late", cut(typed, maxUserCode)
		return v.writeDevice(late) // without a redirect: the browser may store no cookies
	}
	v.once(v.formHash(), func(once *visit) error { return once.enterUserCode(typed) })
	return nil
}

// enterUserCode finds the device that shows a code, and continues with the sign-in to its client.
func (v *visit) enterUserCode(typed string) error {
	if strings.TrimSpace(typed) == "" {
		return v.toDevice("alert.empty", "")
	}
	code, ok := cognate.ReadUserCode(typed)
	if !ok {
		return v.toDevice("device.wrong", typed)
	}
	d, err := v.Engine.FindDevice(v.r.Context(), v.site.Pool, code)
	switch {
	case errors.Is(err, signin.ErrUserCode):
		audit.SetOutcome(v.r.Context(), api.CodeCodeMismatchException)
		return v.toDevice("device.wrong", typed)
	case errors.Is(err, throttle.ErrExceeded):
		audit.SetOutcome(v.r.Context(), throttle.ErrExceeded.Code)
		return v.toDevice("alert.limit", typed)
	case err != nil:
		return err
	}
	ticket := v.deviceFlow(pageDeviceTicket)
	ticket.Client, ticket.Device = d.ClientID, code
	sealed, err := v.flows.seal(ticket)
	if err != nil {
		return err
	}
	query := url.Values{"client_id": {d.ClientID}, thenParameter: {thenDevice}, ticketParameter: {sealed}}
	v.redirect(v.site.Path + v.pages[pageLogin].path + "?" + query.Encode())
	return nil
}

// asksForDevice reports whether the request is for a page of a sign-in that leads to the decision about a device.
func (v *visit) asksForDevice(form url.Values) bool {
	return form.Get(thenParameter) == thenDevice && !form.Has("redirect_uri") && v.site.Pool.HasDeviceGrant()
}

// deviceRequest returns the request for such a page. Errors: *otherPage, *oauth.ErrorPage.
func (v *visit) deviceRequest(form url.Values) (*oauth.AuthorizationRequest, error) {
	v.browser = browser(v.w, v.r, v.site)
	want := v.deviceFlow("")
	want.Client = form.Get("client_id")
	ticket, err := v.flows.open(form.Get(ticketParameter), want)
	if err != nil || ticket.Page != pageDeviceTicket {
		return nil, &otherPage{func(v *visit) error { return v.toDevice("device.late", "") }}
	}
	client, err := v.Store.AppClient(v.r.Context(), ticket.Client)
	if errors.Is(err, store.ErrNotFound) || err == nil && (client.PoolID != v.site.Pool.ID || !v.site.Pool.AllowsDeviceGrant(client) || !client.SignsInOnPages()) {
		return nil, &oauth.ErrorPage{Code: oauth.CodeInvalidRequest, ClientID: ticket.Client}
	}
	if err != nil {
		return nil, err
	}
	v.deviceCode = ticket.Device
	query := url.Values{"client_id": {client.ID}, thenParameter: {thenDevice}, ticketParameter: {form.Get(ticketParameter)}}
	for _, name := range []string{langParameter, "ui_locales"} {
		if form.Has(name) {
			query.Set(name, form.Get(name))
		}
	}
	return &oauth.AuthorizationRequest{
		Client: client, Lang: form.Get(langParameter), UILocales: strings.Fields(form.Get("ui_locales")), Query: query.Encode(),
	}, nil
}

// foundDevice returns the device whose code the user entered. Errors: *otherPage if the user can no longer decide about it.
func (v *visit) foundDevice() (*cognate.DeviceAuthorization, error) {
	d, err := v.Engine.FoundDevice(v.r.Context(), v.site.Pool, v.deviceCode)
	if errors.Is(err, signin.ErrUserCode) || err == nil && d.ClientID != v.client.ID {
		return nil, errDeviceGone
	}
	return d, err
}

// errDeviceGone shows the first page: the device has been decided about, or its code has expired.
var errDeviceGone = &otherPage{func(v *visit) error { return v.toDevice("device.wrong", "") }}

// showDeviceConsent asks the user whether the device gets access. An attacker can start a device of their own and send its code to the
// user, so the page says what the user must check. Source: RFC 8628 section 5.4.
func (v *visit) showDeviceConsent(f *flow) (*view, error) {
	d, err := v.foundDevice()
	if err != nil {
		return nil, err
	}
	_, user, err := v.freshSession()
	if err != nil {
		return nil, err
	}
	if user == nil {
		return nil, v.newFlow(pageLogin).follows()
	}
	f.showTo(user)
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	for _, scope := range d.Scopes {
		box.Scopes = append(box.Scopes, cmp.Or(v.text("scope."+scope), scope))
	}
	box.ScopesLabel, box.Code, box.CodeLabel, box.Warning = v.text("consent.scopes"), v.deviceCode, v.text("device.shows"), v.text("device.warning")
	box.Buttons = []button{{Label: v.text("consent.allow"), Value: doAllow}, {Label: v.text("consent.deny"), Class: "plain"}}
	box.More = []link{v.startAgain(box)}
	page := v.page("device.consent-title", box)
	page.Lead = v.text("device.consent-lead", "App", v.client.Name, "Name", v.nameOf(user))
	return page, nil
}

func (v *visit) submitDeviceConsent(f *flow) error {
	d, err := v.foundDevice()
	if err != nil {
		return err
	}
	session, user, err := v.freshSession()
	switch {
	case err != nil:
		return err
	case session == nil:
		return v.goTo(v.newFlow(pageLogin))
	case !f.isShownTo(user): // another user has signed in since
		return v.goTo(v.newFlow(pageDeviceConsent))
	}
	audit.SetUser(v.r.Context(), user.Sub)
	next := pageDeviceAllowed
	if v.r.PostForm.Get("do") == doAllow {
		err = v.Engine.ApproveDevice(v.r.Context(), v.clientRequest(), d, session)
	} else {
		next = pageDeviceDenied
		err = v.Engine.DenyDevice(v.r.Context(), v.clientRequest(), d)
	}
	gone := []error{signin.ErrUserCode, signin.ErrFlowNotAllowed, signin.ErrInvalidScope}
	switch {
	case errors.Is(err, signin.ErrSignInEnded):
		return v.goTo(v.newFlow(pageLogin))
	case slices.ContainsFunc(gone, func(known error) bool { return errors.Is(err, known) }):
		return errDeviceGone
	case err != nil:
		return err
	}
	return v.goTo(v.newFlow(next))
}

func (v *visit) showDeviceAllowed(*flow) (*view, error) {
	return &view{Heading: v.text("device.allowed-title"), Notice: v.text("device.allowed")}, nil
}

func (v *visit) showDeviceDenied(*flow) (*view, error) {
	return &view{Heading: v.text("device.denied-title"), Lead: v.text("device.denied")}, nil
}
