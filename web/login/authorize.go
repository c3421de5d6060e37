package login

import (
	"crypto/sha256"
	"errors"
	"slices"

	"cognate"
	"cognate/oauth"
	"cognate/store"
)

// authorize answers /oauth2/authorize: the application gets its answer if the browser is signed in, else the browser gets the
// page for the sign-in.
func (v *visit) authorize() error {
	if err := v.read(); err != nil {
		return err
	}
	if !v.request.IsPushed() {
		return v.answerApplication()
	}
	v.once(v.visitHash(), func(once *visit) error {
		if err := once.request.RequireUnspent(); err != nil {
			return err
		}
		return once.answerApplication()
	})
	return nil
}

// visitHash returns the hash of the request in this browser. A browser that opens a pushed request twice, as after a double click on
// a link, gets the only answer twice.
func (v *visit) visitHash() [sha256.Size]byte {
	return sha256.Sum256(slices.Concat([]byte("authorize/"), v.browser, []byte(v.request.Query)))
}

func (v *visit) answerApplication() error {
	v.tellsApplication = v.request.RedirectURI != ""
	return v.begin(func(f *flow) error {
		if f.Page == pageLogin {
			v.redirect(v.link(pageLogin))
			return nil
		}
		return v.goTo(f)
	})
}

// begin answers an authorization request that has no flow yet. needPage shows or returns the page that the request needs.
func (v *visit) begin(needPage func(*flow) error) error {
	session, user, err := v.session()
	if err != nil {
		return err
	}
	if session != nil && !v.request.Expects(session.Sub) { // the application expects another user
		session = nil
	}
	has := func(prompt string) bool { return slices.Contains(v.request.Prompt, prompt) }
	isSilent := session != nil && v.isRecent(session) && v.reaches(session)
	switch {
	case has(oauth.PromptNone) && !isSilent:
		return v.request.Refuse(oauth.CodeLoginRequired)
	case has(oauth.PromptCreate):
		return needPage(v.newFlow(pageSignUp))
	case has(oauth.PromptLogin):
		return needPage(v.newFlow(pageLogin))
	case has(oauth.PromptSelectAccount) && session != nil:
		return needPage(v.newFlow(pageAccount))
	case isSilent && has(oauth.PromptConsent):
		return needPage(v.newFlow(pageConsent))
	case isSilent:
		return v.authorizeFor(session)
	case session != nil && v.isRecent(session):
		to := v.newFlow(pageStepUp)
		to.Username = user.Username
		return needPage(to)
	default:
		return needPage(v.newFlow(pageLogin))
	}
}

// session returns the SSO session of the browser, if it is valid for the client, and its user; nil without one.
func (v *visit) session() (*cognate.SSOSession, *cognate.User, error) {
	session, user, err := v.Engine.SSOSession(v.r.Context(), v.site.Pool, v.client, readCookie(v.r, v.site, sessionCookie))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	return session, user, err
}

// anySession returns the SSO session of the browser, for any client; nil without one.
func (v *visit) anySession() (*cognate.SSOSession, error) {
	session, _, err := v.Engine.SSOSession(v.r.Context(), v.site.Pool, nil, readCookie(v.r, v.site, sessionCookie))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return session, err
}

// freshSession is session for a page that follows the sign-in: it also returns the session of a client that always requires
// a sign-in.
func (v *visit) freshSession() (*cognate.SSOSession, *cognate.User, error) {
	session, user, err := v.Engine.FreshSSOSession(v.r.Context(), v.site.Pool, v.client, readCookie(v.r, v.site, sessionCookie))
	if errors.Is(err, store.ErrNotFound) {
		return v.session()
	}
	return session, user, err
}

// isRecent reports whether the session is not older than the request allows.
func (v *visit) isRecent(session *cognate.SSOSession) bool {
	age := v.request.MaxAge
	return age == nil || *age > 0 && !v.Now().After(session.AuthTime.Add(*age))
}

// reaches reports whether the session has a level of authentication that the request asks for.
func (v *visit) reaches(session *cognate.SSOSession) bool {
	levels := v.site.Pool.RequestedLevels(v.request.Levels)
	return len(levels) == 0 || slices.ContainsFunc(levels, func(l cognate.Level) bool { return session.Methods.Level() >= l })
}
