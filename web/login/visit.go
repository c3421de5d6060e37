package login

import (
	"context"
	"crypto/sha256"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"cognate"
	"cognate/audit"
	"cognate/branding"
	"cognate/oauth"
	"cognate/risk"
	"cognate/signin"
)

// flowParameter is the parameter of an address or of a form that contains the flow.
const flowParameter = "flow"

// visit is one request for a page.
type visit struct {
	*Handler
	translator
	w       http.ResponseWriter
	r       *http.Request
	site    *oauth.Site
	request *oauth.AuthorizationRequest // nil on a page without one
	client  *cognate.AppClient          // nil on a page of no client
	browser []byte                      // hash of the browser's cookie
	// isForAccount says that the request is for an account page: no application gets an answer.
	isForAccount bool
	clientLooks  *branding.Looks // nil before loadLooks
	// tellsApplication says that an internal error goes to the application: the browser comes from there, and has no page yet.
	tellsApplication bool
	// deviceCode is the user code of the device that the request is for; empty if it is for no device.
	deviceCode string
}

// pageName names a page. Flows have the names, so they never change.
type pageName string

// page is one page: where it is, and what it shows and does.
type page struct {
	path string
	// isEntry says that the page needs no flow.
	isEntry bool
	show    func(v *visit, f *flow) (*view, error)
	// submit answers a form. It redirects, or returns the error.
	submit func(v *visit, f *flow) error
}

// read reads the authorization request in the address of the page, and the browser's cookie.
// Errors: those of oauth.Service.ParseAuthorization and Open.
func (v *visit) read() error {
	form := values(v.r.URL.Query())
	if v.r.URL.Path == v.pages[pageAddPasskey].path && !form.Has("response_type") {
		form.Set("response_type", oauth.ResponseCode)
	}
	request, err := v.parse(form)
	if err != nil {
		return err
	}
	v.request, v.client = request, request.Client
	audit.SetClient(v.r.Context(), v.site.Pool.ID, v.client.ID)
	v.readLanguage(request)
	if v.browser == nil {
		v.browser = browser(v.w, v.r, v.site)
	}
	return v.OAuth.Open(v.r.Context(), request, v.browser)
}

// readLanguage chooses the language of the page: the one that the user has just chosen, else that of the request. It is
// remembered in the cookie. Later pages of a flow have the language of the cookie.
func (v *visit) readLanguage(request *oauth.AuthorizationRequest) {
	named, locales := v.r.URL.Query().Get(languageParameter), request.UILocales
	switch {
	case named != "":
	case v.r.Form.Get(flowParameter) != "":
		locales = append([]string{request.Lang}, locales...)
	default:
		named = request.Lang
	}
	v.translator = v.languages().in(v.languages().match(v.r, named, locales))
	if named != "" {
		v.rememberLanguage()
	}
}

// parse returns the request in the parameters of an address.
func (v *visit) parse(form url.Values) (*oauth.AuthorizationRequest, error) {
	if v.isForAccount = v.asksForAccount(form); v.isForAccount {
		return v.accountRequest(form)
	}
	if v.asksForDevice(form) {
		return v.deviceRequest(form)
	}
	return v.OAuth.ParseAuthorization(v.r.Context(), v.site, form)
}

// newFlow returns a flow that starts now, at a page.
func (v *visit) newFlow(p pageName) *flow {
	query := sha256.Sum256([]byte(v.request.Query))
	return &flow{
		PoolID: v.site.Pool.ID, Site: v.site.URL, Client: v.client.ID, Browser: v.browser, Query: query[:], Started: v.Now(), Page: p,
	}
}

// get shows the page at path: the one of the flow in the address, or a new one.
func (v *visit) get(path string) error {
	if path == v.pages[pageConfirm].path && v.isLink() {
		return v.followLink()
	}
	if err := v.read(); err != nil {
		return err
	}
	if err := v.request.RequireUnspent(); err != nil {
		return err
	}
	text := v.r.URL.Query().Get(flowParameter)
	if text == "" {
		return v.enter(path)
	}
	f, err := v.flows.open(text, v.newFlow(""))
	switch {
	case err != nil:
		return v.restart(err)
	case v.pages[f.Page].path != path:
		return v.goTo(f)
	default:
		return v.show(f)
	}
}

// enter shows the page at path to a visitor without a flow. A page that needs one sends the visitor to the first page.
func (v *visit) enter(path string) error {
	switch path {
	case v.pages[pageLogin].path:
		return v.begin(v.show)
	case v.pages[pageAddPasskey].path:
		return v.enterAddPasskey()
	}
	for name, p := range v.pages {
		if p.isEntry && p.path == path {
			return v.show(v.newFlow(name))
		}
	}
	v.redirect(v.link(pageLogin))
	return nil
}

// post answers a form of the page at path. A form without a flow is an authorization request in a form.
func (v *visit) post(path string) error {
	text := v.r.PostForm.Get(flowParameter)
	if text == "" && path == v.pages[pageLogin].path {
		return v.repeatAsGet()
	}
	if err := v.origins.Check(v.r); err != nil {
		return v.refuseOrigin()
	}
	if err := v.read(); err != nil {
		return err
	}
	f, err := v.flows.open(text, v.newFlow(""))
	if err == nil && v.pages[f.Page].path != path {
		err = errForeign
	}
	if err != nil {
		return v.restart(err)
	}
	if err := risk.RequireAllowed(v.r.Context(), v.site.Pool, v.client); err != nil {
		return v.alert(f, "alert.blocked")
	}
	v.once(v.formHash(), func(once *visit) error {
		if err := once.request.RequireUnspent(); err != nil {
			return err
		}
		return v.pages[f.Page].submit(once, f)
	})
	return nil
}

// once answers a request that a browser can send twice. The browser then closes the connection of the first request, but the second
// request still needs the answer.
func (v *visit) once(form [sha256.Size]byte, submit func(*visit) error) {
	v.doubles.answer(v.w, form, func(w http.ResponseWriter) {
		once := *v
		once.w, once.r = w, v.r.WithContext(context.WithoutCancel(v.r.Context()))
		once.fail(submit(&once))
	})
}

// refuseOrigin answers a form that a page of another site has posted.
func (v *visit) refuseOrigin() error {
	return v.write(&view{
		Heading: v.text("error.origin-title"), Alert: v.text("error.origin"), status: http.StatusForbidden,
	})
}

// formHash returns the hash of a submitted form. The browser is in the flow, which is in the form.
func (v *visit) formHash() [sha256.Size]byte { return sha256.Sum256([]byte(v.r.PostForm.Encode())) }

// restart begins the sign-in again, with the same authorization request and a message. A browser that stores no cookies gets the
// page without a redirect. Otherwise the flow in the address would be foreign again, and the redirects would never end.
func (v *visit) restart(because error) error {
	f := v.newFlow(pageLogin)
	f.Alert = "alert.late"
	if !errors.Is(because, errLate) && !errors.Is(because, errForeign) {
		return because
	}
	if entry := v.entryAt(v.r.URL.Path); isAccountPath(v.r.URL.Path) && entry != "" {
		f = v.newFlow(entry)
		f.Alert = "my-account.late"
	}
	if v.r.Method != http.MethodPost && readCookie(v.r, v.site, browserCookie) == "" {
		return v.show(f)
	}
	return v.goTo(f)
}

// goTo redirects to the page of a flow.
func (v *visit) goTo(f *flow) error {
	address, err := v.address(f)
	if err != nil {
		return err
	}
	v.redirect(address)
	return nil
}

// address returns the path and query of the page of a flow. If the flow is too long for an address, address removes what the
// user has typed.
func (v *visit) address(f *flow) (string, error) {
	sealed, err := v.flows.seal(f)
	if err == nil && len(sealed) > maxFlow {
		short := *f
		short.Typed = nil
		sealed, err = v.flows.seal(&short)
	}
	if err != nil {
		return "", err
	}
	return v.link(f.Page) + "&" + flowParameter + "=" + sealed, nil
}

// link returns the path and query of a page for a visitor without a flow.
func (v *visit) link(p pageName) string {
	return v.site.Path + v.pages[p].path + "?" + v.query()
}

// query returns the authorization request for the address of a page. It encodes the state as the application did.
func (v *visit) query() string {
	state := v.request.State
	return strings.Replace(v.request.Query, "&state="+url.QueryEscape(state), "&state="+oauth.EncodedState(v.r.URL.RawQuery, state), 1)
}

// show shows the page of a flow, with its messages.
func (v *visit) show(f *flow) error {
	if err := v.requireStyle(); err != nil {
		return err
	}
	page, err := v.pages[f.Page].show(v, f)
	if err != nil {
		return err
	}
	if f.Alert != "" {
		page.Alert = v.text(f.Alert, "Reason", f.Reason)
	}
	if f.Notice != "" {
		page.Notice = v.text(f.Notice)
	}
	page.redirects = append(page.redirects, v.request.RedirectURI)
	v.addLooks(page)
	v.addToFlow(page, f)
	return v.write(page)
}

// write writes a page in the language of the visit, with the looks of its client.
func (v *visit) write(page *view) error {
	page.Lang, page.Dir = v.tag.String(), v.dir()
	if page.looks == nil {
		v.addLooks(page)
	}
	if page.template == "" {
		page.template = "message"
	}
	return v.renderer().write(v.w, page)
}

// form returns the form of the page of a flow.
func (v *visit) form(f *flow) (*form, error) {
	sealed, err := v.flows.seal(f.at(f.Page))
	if err != nil {
		return nil, err
	}
	first := v.newFlow(pageLogin)
	first.After = f.After
	start, err := v.address(first)
	if err != nil {
		return nil, err
	}
	return &form{Action: v.link(f.Page), Flow: sealed, start: start}, nil
}

// page returns a page with a form.
func (v *visit) page(heading string, f *form) *view {
	return &view{Heading: v.text(heading), template: "form", data: f}
}

// writePost writes the page that posts an answer to the application. The script only presses the button.
func (v *visit) writePost(to *oauth.Redirect) error {
	return v.write(&view{
		Heading: v.text("post.title"), template: "post", Script: postScript, redirects: []string{to.URI},
		data: map[string]any{"URI": template.URL(to.URI), "Parameters": to.Parameters, "Label": v.text("post.submit")}, //nolint:gosec // registered by the client
	})
}

// postScript sends the only form of a page.
const postScript template.JS = `document.forms[0].submit()`

// rememberLanguage sets the cookie of the language that the application has requested.
func (v *visit) rememberLanguage() {
	http.SetCookie(v.w, &http.Cookie{
		Name: langCookie, Value: v.tag.String(), Path: v.site.Path + "/", MaxAge: langAge, Secure: v.site.Secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// attempt returns what every request of the sign-in has.
func (v *visit) attempt(f *flow) *signin.Attempt {
	return &signin.Attempt{ClientRequest: v.clientRequest(), Page: true, Username: f.Username}
}

func (v *visit) clientRequest() cognate.ClientRequest {
	return cognate.ClientRequest{Pool: v.site.Pool, Client: v.client}
}
