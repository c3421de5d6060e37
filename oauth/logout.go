package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"cognate"
	"cognate/store"
	"cognate/tokens"
)

// LogoutRequest is a request of /logout. It has one of three forms:
//
//   - client_id and logout_uri, as in the service
//   - client_id and redirect_uri, with the other parameters of an authorization request, which follows the logout
//   - that of OpenID Connect RP-Initiated Logout 1.0: id_token_hint, post_logout_redirect_uri, client_id and state, all optional
//
// If a request has several forms, the first one in this list counts. Source: docs/behaviour.md §7.5.
type LogoutRequest struct {
	Client *cognate.AppClient // nil if the request does not name a client of the pool
	// To is where the browser goes after the logout: a registered URL, or the login page of the site. If it is empty, the browser
	// stays at a page of the site.
	To string
	// Refusal, if not nil, is the error page that follows the logout, because the request names no URL of its client.
	Refusal *ErrorPage
	Query   string // repeats the request

	asks bool                // unless hint is of the user of the session
	hint *tokens.IDTokenHint // nil without a valid one
}

// Asks reports whether the user must confirm the logout, because the request does not prove that the application knows who is
// signed in. Without a session there is nothing to confirm. Source: OpenID Connect RP-Initiated Logout 1.0 section 6.
func (r *LogoutRequest) Asks(session *cognate.SSOSession) bool {
	return session != nil && r.asks && (r.hint == nil || r.hint.Sub != session.Sub)
}

// LeavesSite reports whether To is an address of the application, and no page of the site.
func (r *LogoutRequest) LeavesSite() bool { return r.To != "" && !strings.HasPrefix(r.To, "/") }

// logoutParameters are the parameters of /logout. An unknown one has no effect.
var logoutParameters = append([]string{"client_id", "redirect_uri", "logout_uri", "post_logout_redirect_uri"}, onlyOnce...)

// ParseLogout reads a request of /logout. Its parameters are those of the query, or of a form. A request that is not valid has a
// Refusal.
func (s *Service) ParseLogout(ctx context.Context, site *Site, form url.Values) (*LogoutRequest, error) {
	p := &logoutParser{site: site, form: pick(form, logoutParameters)}
	p.request = &LogoutRequest{Query: p.form.Encode()}
	if err := s.readLogoutHint(ctx, p); err != nil {
		return nil, err
	}
	if err := s.readLogoutClient(ctx, p); err != nil {
		return nil, err
	}
	p.read()
	return p.request, nil
}

// logoutParser reads the parameters of one request.
type logoutParser struct {
	site    *Site
	form    url.Values
	request *LogoutRequest
}

// readLogoutHint reads the ID token of the user. A text that is no ID token of the pool counts as no hint.
func (s *Service) readLogoutHint(ctx context.Context, p *logoutParser) error {
	token := p.form.Get("id_token_hint")
	if token == "" {
		return nil
	}
	hint, err := s.Tokens.ReadIDTokenHint(ctx, p.site.Pool, token)
	if errors.Is(err, tokens.ErrIDTokenHint) {
		return nil
	}
	p.request.hint = hint
	return err
}

// readLogoutClient finds the client: that of client_id, or else that of the hint.
func (s *Service) readLogoutClient(ctx context.Context, p *logoutParser) error {
	id := p.form.Get("client_id")
	if hint := p.request.hint; id == "" && hint != nil {
		id = hint.ClientID
	}
	if id == "" {
		return nil
	}
	client, err := s.Store.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != p.site.Pool.ID {
		return nil
	}
	p.request.Client = client
	return err
}

// read finds the form of the request, and the URL that follows the logout.
func (p *logoutParser) read() {
	hint, client := p.request.hint, p.request.Client
	has := func(name string) bool { return p.form.Get(name) != "" }
	switch {
	case p.hasTwice(), has("client_id") && client == nil, hint != nil && client != nil && hint.ClientID != client.ID:
		p.refuse(CodeInvalidRequest)
	case has("logout_uri"):
		p.leadTo(p.form.Get("logout_uri"), nil)
	case has("redirect_uri"):
		p.leadToLogin()
	case has("post_logout_redirect_uri"):
		p.request.asks = true
		p.leadTo(p.form.Get("post_logout_redirect_uri"), p.form["state"])
	case has("client_id") && !has("id_token_hint"): // the form of the service without its URL
		p.refuse(CodeInvalidRequest)
	default:
		p.request.asks = true
	}
	if client != nil && client.IsRegistered() { // the application is not verified
		p.request.asks = true
	}
}

func (p *logoutParser) hasTwice() bool {
	for _, values := range p.form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

func (p *logoutParser) refuse(code string) {
	p.request.Refusal = &ErrorPage{code, p.form.Get("client_id")}
}

// leadTo sets the logout URL of the client, with the state of the request if it has one.
func (p *logoutParser) leadTo(uri string, state []string) {
	switch client := p.request.Client; {
	case client == nil:
		p.refuse(CodeInvalidRequest)
	case !slices.Contains(client.OAuth.LogoutURLs, uri):
		p.refuse(CodeRedirectMismatch)
	case len(state) > 0 && state[0] != "":
		r := Redirect{URI: uri, Mode: ModeQuery, Parameters: []Parameter{{"state", state[0]}}}
		p.request.To = r.Location()
	default:
		p.request.To = uri
	}
}

// leadToLogin sets the login page, which checks the authorization request. If the redirect URI is not one of the client's
// CallbackURLs, it sets the error page.
func (p *logoutParser) leadToLogin() {
	switch client := p.request.Client; {
	case client == nil:
		p.refuse(CodeInvalidRequest)
	case !slices.Contains(client.OAuth.CallbackURLs, p.form.Get("redirect_uri")):
		p.refuse(CodeRedirectMismatch)
	default:
		p.request.To = p.site.Path + "/login?" + known(p.form).Encode()
	}
}

// Logout ends the SSO session of a browser's cookie, and tells the clients that signed in by it (Back-Channel Logout). Without a
// session it does nothing.
func (s *Service) Logout(ctx context.Context, site *Site, secret string) error {
	_, err := s.Engine.EndSSOSession(ctx, site.Pool, secret, s.queueLogout)
	return err
}
