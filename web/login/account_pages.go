package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/oauth"
	"cognate/risk"
	"cognate/store"
)

// The account pages let users see and change their own accounts. They belong to the pool, not to an application: a request for
// them has no redirect URI. After the sign-in that it needs, the browser returns to them.
const (
	accountPath   = "/account"
	thenParameter = "then" // in the address of a page of such a sign-in
	thenAccount   = "account"
)

// isAccountPath reports whether a path is that of an account page.
func isAccountPath(path string) bool {
	return path == accountPath || strings.HasPrefix(path, accountPath+"/")
}

// asksForAccount reports whether the request is for an account page, or for a page of a sign-in that leads to one.
func (v *visit) asksForAccount(form url.Values) bool {
	isSignIn := form.Get(thenParameter) == thenAccount && !form.Has("redirect_uri")
	return isAccountPath(v.r.URL.Path) || isSignIn && v.site.Pool.HasAccountPage()
}

// otherPage is an error after which the browser gets a page other than the requested one.
type otherPage struct{ answer func(*visit) error }

func (*otherPage) Error() string { return "login: another page follows" }

// errNoPageAtSite answers 404: the pool does not have the page.
var errNoPageAtSite = &otherPage{func(v *visit) error {
	http.NotFound(v.w, v.r)
	return nil
}}

// errNoClient says where to begin: the address of the page names no client, and the browser has no session. The status is 200, because
// password managers lead users only to pages without an error. Source: W3C, A Well-Known URL for Changing Passwords.
var errNoClient = &otherPage{func(v *visit) error {
	return v.write(&view{Heading: v.text("my-account.title"), Notice: v.text("my-account.no-client")})
}}

// fewClients is how many clients a pool can have so that the server looks for the only one with account pages.
const fewClients = 20

// onlyClient returns the ID of the client of the pool at which users sign in on pages, if it is the only one. Clients that registered
// themselves do not count: anyone can register one.
func (v *visit) onlyClient() (string, error) {
	clients, err := v.Store.AppClients(v.r.Context(), v.site.Pool.ID, "", fewClients+1)
	if err != nil {
		return "", err
	}
	if len(clients) > fewClients {
		return "", errNoClient
	}
	clients = slices.DeleteFunc(clients, func(c *cognate.AppClient) bool { return c.IsRegistered() || !hasAccountPages(c) })
	if len(clients) != 1 {
		return "", errNoClient
	}
	return clients[0].ID, nil
}

// hasAccountPages reports whether users sign in to a client on pages.
func hasAccountPages(c *cognate.AppClient) bool { return c.OAuth.Enabled && c.SignsInOnPages() }

// accountRequest returns the request for an account page. Without client_id, the client is the one where the user signed in, or the only
// one of the pool. Errors: *otherPage, *oauth.ErrorPage.
func (v *visit) accountRequest(form url.Values) (*oauth.AuthorizationRequest, error) {
	if !v.site.Pool.HasAccountPage() {
		return nil, errNoPageAtSite
	}
	id := form.Get("client_id")
	if id == "" {
		var err error
		if id, err = v.impliedClient(); err != nil {
			return nil, err
		}
	}
	client, err := v.Store.AppClient(v.r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (client.PoolID != v.site.Pool.ID || !hasAccountPages(client)) {
		return nil, &oauth.ErrorPage{Code: oauth.CodeInvalidRequest, ClientID: id}
	}
	if err != nil {
		return nil, err
	}
	query := url.Values{"client_id": {client.ID}, thenParameter: {thenAccount}}
	for _, name := range []string{langParameter, "ui_locales"} {
		if form.Has(name) {
			query.Set(name, form.Get(name))
		}
	}
	return &oauth.AuthorizationRequest{
		Client: client, Lang: form.Get(langParameter), UILocales: strings.Fields(form.Get("ui_locales")), Query: query.Encode(),
	}, nil
}

// impliedClient returns the ID of the client of an account page whose address names none. Errors: *otherPage.
func (v *visit) impliedClient() (string, error) {
	session, _, err := v.Engine.SSOSession(v.r.Context(), v.site.Pool, nil, readCookie(v.r, v.site, sessionCookie))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return v.onlyClient()
	case err != nil:
		return "", err
	default:
		return session.ClientID, nil
	}
}

// owner is the signed-in user of an account page.
type owner struct {
	*store.Principal
	session *cognate.SSOSession
}

// change returns the request for a change of the user's attributes.
func (o *owner) change() *account.AttributeChange {
	return &account.AttributeChange{
		ClientRequest: cognate.ClientRequest{Pool: o.Pool, Client: o.Client}, User: o.User,
	}
}

// owner returns the user of the session. A flow belongs to one user: if another user has signed in since, the form of the first user
// changes nothing. Errors: *otherPage, if the visitor must sign in first or may not see the page.
func (v *visit) owner(f *flow) (*owner, error) {
	principal, session, err := v.principal()
	switch {
	case err != nil:
		return nil, err
	case principal == nil:
		return nil, v.signInFirst(f, "", "")
	}
	audit.SetUserOf(v.r.Context(), principal.User)
	if risk.RequireAllowed(v.r.Context(), v.site.Pool, v.client) != nil {
		return nil, &otherPage{func(v *visit) error {
			return v.write(&view{Heading: v.text("my-account.title"), Alert: v.text("alert.blocked"), status: http.StatusForbidden})
		}}
	}
	if f.Sub != "" && f.Sub != principal.User.Sub {
		to := v.newFlow(pageMyAccount)
		to.Alert = "my-account.other-user"
		return nil, to.follows()
	}
	f.Sub = principal.User.Sub
	return &owner{principal, session}, nil
}

// recentOwner is owner for a page that changes the account: the sign-in must be at most five minutes old.
func (v *visit) recentOwner(f *flow) (*owner, error) {
	o, err := v.owner(f)
	if err != nil {
		return nil, err
	}
	if !v.isNew(o.session) {
		return nil, v.signInFirst(f, v.nameOf(o.User), "my-account.sign-in")
	}
	return o, nil
}

// isNew reports whether the sign-in of a session is at most five minutes old, so that the user may change the account.
func (v *visit) isNew(session *cognate.SSOSession) bool {
	age := v.Now().Sub(session.AuthTime)
	return age >= 0 && age < cognate.SignInWindow
}

// signInFirst redirects to the sign-in. The page of the flow follows the sign-in.
func (v *visit) signInFirst(f *flow, username, notice string) error {
	to := v.newFlow(pageLogin)
	to.After, to.Username, to.Notice = v.entryAt(v.pages[f.Page].path), username, notice
	return to.follows()
}

// entryAt returns the page at a path that needs no flow.
func (v *visit) entryAt(path string) pageName {
	for name, p := range v.pages {
		if p.isEntry && p.path == path {
			return name
		}
	}
	return ""
}

// follows returns the error that redirects to the page of the flow.
func (f *flow) follows() *otherPage { return &otherPage{func(v *visit) error { return v.goTo(f) }} }

// shownTo returns a function that shows a page to the signed-in user that get returns.
func shownTo(get func(*visit, *flow) (*owner, error), show func(*visit, *flow, *owner) (*view, error)) func(*visit, *flow) (*view, error) {
	return func(v *visit, f *flow) (*view, error) {
		o, err := get(v, f)
		if err != nil {
			return nil, err
		}
		return show(v, f, o)
	}
}

// changedBy returns a function that answers the form of an account page, if its user has signed in recently.
func changedBy(submit func(*visit, *flow, *owner) error) func(*visit, *flow) error {
	return func(v *visit, f *flow) error {
		o, err := v.recentOwner(f)
		if err != nil {
			return err
		}
		return submit(v, f, o)
	}
}

// changing returns an account page that changes something.
func changing(path string, show func(*visit, *flow, *owner) (*view, error), submit func(*visit, *flow, *owner) error) page {
	return page{path: path, isEntry: true, show: shownTo((*visit).recentOwner, show), submit: changedBy(submit)}
}

// refuseChange shows the page of a flow again with the reason of a refusal. An error that is not of the API is returned.
func (v *visit) refuseChange(f *flow, err error) error {
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	audit.SetOutcome(v.r.Context(), refusal.Code)
	to := f.at(f.Page)
	to.Alert, to.Reason = alertOf(refusal), reasonOf(refusal)
	switch {
	case refusal.Is(api.ErrIncorrectPassword):
		to.Alert = "my-account.wrong-password"
	case refusal.Code == api.CodeAliasExistsException:
		to.Alert = "my-account.taken"
	case refusal.Code == api.CodeResourceNotFoundException:
		to.Alert = "my-account.gone"
	}
	return v.goTo(to)
}

// changed redirects to the page that follows a change. Some changes end all sessions of the user. Then the user signs in again
// first.
func (v *visit) changed(o *owner, next pageName) error {
	to := v.newFlow(next)
	to.Notice = "my-account.saved"
	principal, _, err := v.principal()
	if err != nil {
		return err
	}
	if principal == nil {
		to = v.newFlow(pageLogin)
		to.After, to.Username, to.Notice = pageMyAccount, v.nameOf(o.User), "my-account.sign-in-again"
	}
	return v.goTo(to)
}

// overview is the content of the first account page.
type overview struct {
	Who      string
	Sections []section
	More     []link
}

// section is a part of an account page. In a form, a button with a value belongs to it.
type section struct {
	ID, Heading string
	Lines       []string
	Links       []link
	Button      button
}

// showMyAccount shows what the user can change. It changes nothing, so an older session is enough.
func (v *visit) showMyAccount(_ *flow, o *owner) (*view, error) {
	content := &overview{
		Who: v.nameOf(o.User), More: []link{{Label: v.text("logout.confirm"), URL: v.site.Path + logoutPath}},
	}
	add := func(s section) { content.Sections = append(content.Sections, s) }
	add(section{Heading: v.text("password.label"), Links: v.linkTo("my-account.change-password", pageMyPassword)})
	for _, c := range []contactPages{emailPages, phonePages} {
		if s, ok := v.contactSection(c, o); ok {
			add(s)
		}
	}
	if v.offersToken() {
		key := "my-account.none"
		if o.User.Tokens.Active != nil {
			key = "my-account.token-on"
		}
		add(section{
			Heading: v.text("setup.token"), Lines: []string{v.text(key)}, Links: v.linkTo("setup.token-title", pageMyToken),
		})
	}
	if v.offersFactors() {
		add(v.factorSection(o))
	}
	if v.hasPasskeys(o) {
		add(section{
			Heading: v.text("my-account.passkeys"), Lines: []string{v.text("my-account.count", "Count", strconv.Itoa(o.User.Passkeys))},
			Links: v.linkTo("my-account.change-passkeys", pageMyPasskeys),
		})
	}
	if v.site.Pool.UserSessions.Tracked {
		add(section{Heading: v.text("my-account.sessions"), Links: v.linkTo("my-account.change-sessions", pageMySessions)})
	}
	return &view{Heading: v.text("my-account.title"), template: "account", data: content}, nil
}

// noForm answers a form of a page that has none.
func (*visit) noForm(*flow) error { return &errorPage }

// linkTo returns a link to an account page.
func (v *visit) linkTo(key string, p pageName) []link {
	return []link{{Label: v.text(key), URL: v.link(p)}}
}

// backToAccount returns the link to the first account page.
func (v *visit) backToAccount() []link { return v.linkTo("my-account.back", pageMyAccount) }

// showMyPassword asks for the old and the new password.
func (v *visit) showMyPassword(f *flow, o *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Who, box.Username = v.nameOf(o.User), v.nameOf(o.User)
	if o.User.Password.IsSet() {
		old := v.passwordField()
		old.Label, old.Focused, old.Invalid = v.text("my-account.old-password"), f.Alert == "", f.Alert == "my-account.wrong-password"
		box.Fields = []field{old}
	}
	passwords := v.newPasswordFields()
	passwords[0].Invalid = isAboutPassword(f.Alert)
	box.Fields = append(box.Fields, passwords...)
	box.Buttons, box.More = []button{{Label: v.text("reset.submit")}}, v.backToAccount()
	return v.page("my-account.change-password", box), nil
}

func (v *visit) submitMyPassword(f *flow, o *owner) error {
	previous := v.r.PostForm.Get("password")
	proposed, same := v.newPassword()
	switch {
	case proposed == "" || previous == "" && o.User.Password.IsSet():
		return v.alert(f, "alert.empty")
	case !same:
		return v.alert(f, "alert.repeat")
	}
	err := v.Users.ChangePassword(v.r.Context(), &account.PasswordChange{
		Pool: o.Pool, Client: o.Client, User: o.User, Previous: previous, Proposed: proposed,
	})
	if err != nil {
		return v.refuseChange(f, err)
	}
	return v.changed(o, pageMyAccount)
}

// contactPages are the pages of one contact.
type contactPages struct {
	attribute    string
	change, code pageName
	title        string // key of the text of the page and of the link to it
}

var (
	emailPages = contactPages{cognate.AttributeEmail, pageMyEmail, pageMyEmailCode, "my-account.change-email"}
	phonePages = contactPages{cognate.AttributePhone, pageMyPhone, pageMyPhoneCode, "my-account.change-phone"}
)

// contactOf returns the pages of the contact that a page is about.
func contactOf(p pageName) contactPages {
	if p == pageMyPhone || p == pageMyPhoneCode {
		return phonePages
	}
	return emailPages
}

// contactSection returns the section of a contact. ok is false if the user has none and cannot set one.
func (v *visit) contactSection(c contactPages, o *owner) (s section, ok bool) {
	value, mayChange := o.User.Attributes[c.attribute], account.MayChange(o.Pool, o.Client, c.attribute)
	s.Heading = v.attributeLabel(c.attribute)
	switch {
	case value == "":
		s.Lines = []string{v.text("my-account.none")}
	case o.User.IsVerified(c.attribute):
		s.Lines = []string{value, v.text("my-account.confirmed")}
	default:
		s.Lines = []string{value, v.text("my-account.unconfirmed")}
		s.Links = v.linkTo("confirm.submit", c.code)
	}
	if mayChange {
		s.Links = append(s.Links, v.linkTo(c.title, c.change)...)
	}
	return s, value != "" || mayChange
}

const doRemove = "remove"

// showMyContact asks for another email address or phone number.
func (v *visit) showMyContact(f *flow, o *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	c := contactOf(f.Page)
	box.Fields = v.attributeFields([]string{c.attribute}, f)
	for i := range box.Fields {
		box.Fields[i].Focused, box.Fields[i].Invalid = f.Alert == "", f.Alert != ""
	}
	box.Buttons = []button{{Label: v.text("my-account.save")}}
	value := o.User.Attributes[c.attribute]
	if value != "" && !slices.Contains(o.Pool.MissingAttributes(nil), c.attribute) {
		box.Buttons = append(box.Buttons, button{Label: v.text("my-account.remove"), Value: doRemove, Class: "plain", Skips: true})
	}
	box.More = append(v.linkTo("my-account.have-code", c.code), v.backToAccount()...)
	page := v.page(c.title, box)
	page.Lead = value
	return page, nil
}

func (v *visit) submitMyContact(f *flow, o *owner) error {
	c, ctx := contactOf(f.Page), v.r.Context()
	if v.r.PostForm.Get("do") == doRemove {
		if err := v.Users.DeleteAttributes(ctx, o.change(), []string{c.attribute}); err != nil {
			return v.refuseChange(f, err)
		}
		return v.changed(o, pageMyAccount)
	}
	to := f.at(f.Page)
	to.Typed = v.attributes([]string{c.attribute})
	value := to.Typed[c.attribute]
	switch {
	case value == "":
		return v.alert(to, "alert.empty")
	case c.attribute == cognate.AttributeEmail && !account.IsEmail(value):
		return v.alert(to, "alert.email")
	case c.attribute == cognate.AttributePhone && !account.IsPhone(value):
		return v.alert(to, "alert.phone")
	}
	sent, err := v.Users.UpdateAttributes(ctx, o.change(), []api.AttributeType{{Name: c.attribute, Value: value}})
	refusal, _ := errors.AsType[*api.Error](err)
	switch {
	case refusal != nil && refusal.Code == api.CodeCodeDeliveryFailureException: // the change is made all the same
		code := v.newFlow(c.code)
		code.Alert = "alert.message"
		return v.goTo(code)
	case err != nil:
		return v.refuseChange(to, err)
	case len(sent) == 0:
		return v.changed(o, pageMyAccount)
	default:
		code := v.newFlow(c.code)
		code.Challenge = challengeState{Medium: string(sent[0].DeliveryMedium), Destination: sent[0].Destination}
		return v.goTo(code)
	}
}

// showMyContactCode asks for the code that confirms a contact.
func (v *visit) showMyContactCode(f *flow, _ *owner) (*view, error) {
	box, err := v.form(f)
	if err != nil {
		return nil, err
	}
	box.Fields = []field{v.codeField(f)}
	box.Buttons = []button{
		{Label: v.text("confirm.submit")}, {Label: v.text("code.resend"), Value: doResend, Class: "plain", Skips: true},
	}
	box.More = v.backToAccount()
	page := v.page("code.title", box)
	page.Lead = v.sentTo(f, "confirm.lead")
	return page, nil
}

func (v *visit) submitMyContactCode(f *flow, o *owner) error {
	c := contactOf(f.Page)
	if v.r.PostForm.Get("do") == doResend {
		sent, err := v.Users.SendAttributeCode(v.r.Context(), &account.AttributeRequest{
			ClientRequest: v.clientRequest(), Sub: o.User.Sub, Name: c.attribute,
		})
		if err != nil {
			return v.refuseChange(f, err)
		}
		to := f.at(f.Page)
		to.Notice = "code.resent"
		to.Challenge = challengeState{Medium: string(sent.DeliveryMedium), Destination: sent.Destination}
		return v.goTo(to)
	}
	code := v.code()
	if code == "" {
		return v.alert(f, "alert.empty")
	}
	if err := v.Users.VerifyAttribute(v.r.Context(), o.Pool, o.User.Sub, c.attribute, code); err != nil {
		return v.refuseChange(f, err)
	}
	return v.changed(o, pageMyAccount)
}
