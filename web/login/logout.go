package login

import (
	"crypto/sha256"
	"net/http"

	"cognate"
	"cognate/audit"
	"cognate/oauth"
)

const (
	logoutPath          = "/logout"
	pageLogout pageName = "logout" // the user's confirmation; not among the pages, because it belongs to no authorization request
)

// logout ends the session of the browser. The user must confirm it if the request does not prove that the application knows the
// user.
func (v *visit) logout() error {
	request, session, user, err := v.readLogout()
	switch {
	case err != nil:
		return err
	case request.Asks(session):
		return v.askLogout(request, user)
	default:
		return v.signOut(request, session)
	}
}

// postLogout answers the form of askLogout. Any other form is a request of an application. The browser repeats it as GET, with its
// cookies, because it does not send them with a form of another site.
func (v *visit) postLogout() error {
	text := v.r.PostForm.Get(flowParameter)
	if text == "" {
		request, err := v.OAuth.ParseLogout(v.r.Context(), v.site, values(v.r.Form))
		if err != nil {
			return err
		}
		if len(request.Query) > maxQuery {
			return &errorPage
		}
		v.redirect(v.logoutLink(request))
		return nil
	}
	if err := v.origins.Check(v.r); err != nil {
		return v.refuseOrigin()
	}
	request, session, _, err := v.readLogout()
	if err != nil {
		return err
	}
	if !v.isLogoutForm(text, request) {
		v.redirect(v.logoutLink(request)) // the page asks again
		return nil
	}
	return v.signOut(request, session)
}

// readLogout reads the request in the address, and the session of the browser, which is nil without one.
func (v *visit) readLogout() (*oauth.LogoutRequest, *cognate.SSOSession, *cognate.User, error) {
	request, err := v.OAuth.ParseLogout(v.r.Context(), v.site, values(v.r.URL.Query()))
	if err != nil {
		return nil, nil, nil, err
	}
	session, user, err := v.session() // of any client
	if err != nil {
		return nil, nil, nil, err
	}
	if v.client = request.Client; v.client != nil {
		audit.SetClient(v.r.Context(), v.site.Pool.ID, v.client.ID)
	}
	v.browser = browser(v.w, v.r, v.site)
	return request, session, user, nil
}

func (v *visit) logoutLink(request *oauth.LogoutRequest) string {
	return v.site.Path + logoutPath + "?" + request.Query
}

// logoutFlow returns the state of the form of askLogout, which is bound to the browser and to the request.
func (v *visit) logoutFlow(request *oauth.LogoutRequest) *flow {
	query := sha256.Sum256([]byte(request.Query))
	return &flow{
		PoolID: v.site.Pool.ID, Site: v.site.URL, Browser: v.browser, Query: query[:], Started: v.Now(), Page: pageLogout,
	}
}

// isLogoutForm reports whether text is the state of the form of askLogout for the request, in this browser.
func (v *visit) isLogoutForm(text string, request *oauth.LogoutRequest) bool {
	_, err := v.flows.open(text, v.logoutFlow(request))
	return err == nil
}

func (v *visit) askLogout(request *oauth.LogoutRequest, user *cognate.User) error {
	sealed, err := v.flows.seal(v.logoutFlow(request))
	if err != nil {
		return err
	}
	page := v.page("logout.title", &form{
		Action: v.logoutLink(request), Flow: sealed, Buttons: []button{{Label: v.text("logout.confirm"), Value: doContinue}},
	})
	page.Lead = v.text("logout.lead", "Name", v.nameOf(user))
	if request.LeavesSite() {
		page.redirects = []string{request.To}
	}
	return v.write(page)
}

// signOut ends the session, removes the cookie, and sends the browser to the URL that follows the logout. If this could lead the user
// away, the user must agree: after a form, the same request without a session asks.
func (v *visit) signOut(request *oauth.LogoutRequest, session *cognate.SSOSession) error {
	leads := false
	if request.Client != nil && request.LeavesSite() {
		var err error
		if leads, err = v.OAuth.LeadsAway(v.r.Context(), request.Client, request.To, session); err != nil {
			return err
		}
	}
	if err := v.OAuth.Logout(v.r.Context(), v.site, readCookie(v.r, v.site, sessionCookie)); err != nil {
		return err
	}
	http.SetCookie(v.w, cookie(v.site, sessionCookie, ""))
	switch {
	case request.Refusal != nil:
		return request.Refusal
	case leads && v.r.Method == http.MethodPost:
		v.redirect(v.logoutLink(request))
		return nil
	case leads:
		return v.askToLeave(&oauth.Redirect{URI: request.To, Mode: oauth.ModeQuery})
	case request.To != "":
		v.redirect(request.To)
		return nil
	default:
		return v.write(&view{Heading: v.text("logout.done-title"), Lead: v.text("logout.done")})
	}
}
