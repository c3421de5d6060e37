package login

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"cognate/account"
	"cognate/audit"
	"cognate/branding"
	"cognate/oauth"
	"cognate/risk"
	"cognate/signin"
	"cognate/store"
)

// maxQuery is the longest query that a page redirects to, in bytes.
const maxQuery = 16 << 10

// Config has the services that the pages use. All fields are required.
type Config struct {
	Store    *store.Store
	Engine   *signin.Engine
	Users    *account.Service
	Factors  *account.Factors
	Passkeys *account.Passkeys
	OAuth    *oauth.Service
	Risk     *risk.Service
	Branding *branding.Service
	Files    *Files
	// DefaultStyle says that managed login shows pages for clients without a login style, with the default one.
	DefaultStyle bool
	Log          *slog.Logger
	Now          func() time.Time
}

// Handler serves the pages. Create it with New.
type Handler struct {
	Config
	looks   looksCache
	pages   map[pageName]page
	flows   sealer
	doubles *doubles
	origins http.CrossOriginProtection
}

// New returns a handler.
func New(c Config) *Handler {
	return &Handler{
		Config: c, pages: newPages(), flows: sealer{box: c.Store.Box(), now: c.Now}, doubles: newDoubles(c.Now),
	}
}

func (h *Handler) languages() *Languages { return h.Files.parsed().languages }
func (h *Handler) renderer() *renderer   { return h.Files.parsed().renderer }

// Languages returns the languages of the pages as BCP 47 tags, English first.
func (h *Handler) Languages() []string {
	var tags []string
	for _, tag := range h.languages().tags {
		tags = append(tags, tag.String())
	}
	return tags
}

// errorPage is the error for a request that is malformed, or that names no client of the pool.
var errorPage = oauth.ErrorPage{Code: "invalid_request"}

// Register adds the pages to the endpoints of sites.
func (h *Handler) Register(e *oauth.Endpoints) {
	e.RefusePages(h.refuse)
	e.Handle("GET /oauth2/authorize", h.serve((*visit).authorize))
	e.Handle("POST /oauth2/authorize", h.serve((*visit).repeatAsGet))
	e.Handle("GET "+iconPath, serveIcon)
	h.registerWellKnown(e)
	e.Handle("GET /error", h.serve((*visit).showError))
	e.Handle("GET /confirmforgotPassword", h.serve((*visit).toReset))
	e.Handle("GET "+logoutPath, h.serve((*visit).logout))
	e.Handle("POST "+logoutPath, h.serve((*visit).postLogout))
	e.Handle("GET "+feedbackPath, h.serve((*visit).showFeedback))
	e.Handle("POST "+feedbackPath, h.serve((*visit).submitFeedback))
	e.Handle("GET "+oauth.DevicePath, h.serve((*visit).showDevice))
	e.Handle("POST "+oauth.DevicePath, h.serve((*visit).submitDevice))
	added := make(map[string]bool)
	for _, p := range h.pages {
		if added[p.path] {
			continue
		}
		added[p.path] = true
		e.Handle("GET "+p.path, h.serve(func(v *visit) error { return v.get(p.path) }))
		e.Handle("POST "+p.path, h.serve(func(v *visit) error { return v.post(p.path) }))
	}
}

// visit returns the visit of a request whose parameters have not been read, and sets the headers of its answer.
func (h *Handler) visit(w http.ResponseWriter, r *http.Request, site *oauth.Site) *visit {
	v := &visit{Handler: h, w: w, r: r, site: site}
	v.translator = h.languages().in(h.languages().match(r, "", nil))
	setCommonHeaders(w.Header())
	site.RequireHTTPS(w.Header())
	return v
}

// refuse shows why a request for a page does not reach it.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, site *oauth.Site, status int) {
	v := h.visit(w, r, site)
	page := &view{Heading: v.text("error.title"), Alert: v.text("error.other"), status: status}
	switch {
	case status == http.StatusTooManyRequests:
		page.Alert = v.text("alert.limit")
	case status == http.StatusRequestURITooLong: // the application made the address
		page.Alert = v.text("error.invalid_request")
	case status >= http.StatusInternalServerError:
		page.Heading, page.Alert = v.text("error.server-title"), v.text("error.server")
	}
	if err := v.write(page); err != nil {
		http.Error(w, http.StatusText(status), status)
	}
}

// serve returns the handler of a page. It reads the parameters, and turns an error of fn into an answer.
func (h *Handler) serve(fn func(*visit) error) oauth.Handler {
	return func(w http.ResponseWriter, r *http.Request, site *oauth.Site) {
		v := h.visit(w, r, site)
		err := r.ParseForm()
		if err != nil || !oauth.IsText(r.Form) {
			err = &errorPage
		} else {
			err = fn(v)
		}
		v.fail(err)
	}
}

// fail answers a request that ended in an error: the application or the user gets the reason.
func (v *visit) fail(err error) {
	if err == nil {
		return
	}
	if errors.Is(err, errUnstyled) {
		page := &view{Heading: v.text("error.unavailable-title"), Alert: v.text("error.unavailable"), status: http.StatusForbidden}
		if err = v.write(page); err == nil {
			return
		}
	}
	if page, ok := errors.AsType[*oauth.ErrorPage](err); ok {
		v.redirect(v.site.Path + page.Path())
		return
	}
	if other, ok := errors.AsType[*otherPage](err); ok {
		if err = other.answer(v); err == nil {
			return
		}
	}
	if toApp, ok := errors.AsType[*oauth.ErrorRedirect](err); ok {
		if err = v.refuseApplication(toApp); err == nil {
			return
		}
	}
	if !errors.Is(err, context.Canceled) {
		v.Log.ErrorContext(v.r.Context(), "a login page failed", "path", v.r.URL.Path, "pool", v.site.Pool.ID, "error", err)
	}
	if v.tellsApplication {
		audit.SetInternal(v.r.Context(), err)
		audit.SetOutcome(v.r.Context(), oauth.CodeServerError)
		if v.refuseApplication(v.request.Refuse(oauth.CodeServerError)) == nil {
			return
		}
	}
	page := &view{Heading: v.text("error.server-title"), Alert: v.text("error.server"), status: http.StatusInternalServerError}
	if err := v.write(page); err != nil {
		http.Error(v.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// redirect sends the browser to another page: after a POST with 303, so that the browser sends GET.
func (v *visit) redirect(location string) {
	status := http.StatusFound
	if v.r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	v.w.Header().Set("Location", location)
	v.w.WriteHeader(status)
}

// repeatAsGet answers an authorization request in a form: the browser gets the same page with the request in the address. Other
// fields are left out, because addresses are logged.
func (v *visit) repeatAsGet() error {
	form := values(v.r.Form)
	request, err := v.OAuth.ParseAuthorization(v.r.Context(), v.site, form)
	if err != nil {
		return err
	}
	if len(request.Query) > maxQuery {
		return &errorPage
	}
	v.redirect(v.site.Path + v.r.URL.Path + "?" + request.Query)
	return nil
}

// toReset sends the browser to the page for a new password. Source: docs/behaviour.md §7.6 (the service's spelling).
func (v *visit) toReset() error {
	v.redirect(v.site.Path + v.pages[pageReset].path + "?" + v.r.URL.RawQuery)
	return nil
}

// showError shows the error page, which answers 400. The application is named only if it is a client of the pool.
func (v *visit) showError() error {
	code, id := v.r.Form.Get("error"), v.r.Form.Get("client_id")
	if client, err := v.Store.AppClient(v.r.Context(), id); err == nil && client.PoolID == v.site.Pool.ID {
		v.client = client
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	key := "error." + code
	if code != "redirect_mismatch" && code != "invalid_request" {
		key = "error.other"
	}
	page := &view{Heading: v.text("error.title"), Alert: v.text(key), status: http.StatusBadRequest}
	if isCode(code) {
		page.Lead = v.text("error.code", "Code", code)
	}
	return v.write(page)
}

// isCode reports whether text has the form of an error code of OAuth 2.0, so that a page can show it.
func isCode(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for _, r := range text {
		if (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return true
}

// toApplication sends the browser back to the application.
func (v *visit) toApplication(to *oauth.Redirect) error {
	to.Query = v.r.URL.RawQuery
	if to.Mode != oauth.ModeFormPost {
		v.redirect(to.Location())
		return nil
	}
	return v.writePost(to)
}

// refuseApplication sends the browser back to the application with an error. If this could lead the user away, the user must agree.
func (v *visit) refuseApplication(refusal *oauth.ErrorRedirect) error {
	v.client = refusal.Client
	session, err := v.anySession()
	if err != nil {
		return err
	}
	leads, err := v.OAuth.LeadsAway(v.r.Context(), refusal.Client, refusal.Redirect.URI, session)
	switch {
	case err != nil:
		return err
	case leads:
		return v.askToLeave(&refusal.Redirect)
	default:
		return v.toApplication(&refusal.Redirect)
	}
}

// askToLeave shows where the browser goes next, and waits for the user.
func (v *visit) askToLeave(to *oauth.Redirect) error {
	to.Query = v.r.URL.RawQuery
	host := oauth.HostOf(to.URI)
	page := &view{
		App: v.client.Name, Heading: v.text("leave.title"), Notice: v.text("leave.unverified"),
		Lead: v.text("leave.lead", "App", v.client.Name, "Host", host), template: "leave",
	}
	//nolint:gosec // registered by the client, without the schemes of scripts
	if to.Mode == oauth.ModeFormPost {
		page.template, page.redirects = "post", []string{to.URI}
		page.data = map[string]any{"URI": template.URL(to.URI), "Parameters": to.Parameters, "Label": v.text("post.submit")}
	} else {
		page.data = map[string]any{"URL": template.URL(to.Location()), "Label": v.text("post.submit")}
	}
	return v.write(page)
}

// values returns the query of a page without its flow.
func values(form url.Values) url.Values {
	request := make(url.Values, len(form))
	for name, list := range form {
		if name != flowParameter && name != languageParameter {
			request[name] = list
		}
	}
	return request
}
