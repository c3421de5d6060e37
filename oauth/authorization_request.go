package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
	"cognate/store"
	"cognate/tokens"
)

// AuthorizationRequest is a checked request of an application to sign in a user.
type AuthorizationRequest struct {
	Client       *cognate.AppClient
	RedirectURI  string
	ResponseType string // ResponseCode or ResponseToken
	ResponseMode ResponseMode
	State, Nonce string
	Challenge    string // of PKCE, with S256; "" without PKCE
	Scopes       []string
	Prompt       []string       // the Prompt constants; "none" is alone
	MaxAge       *time.Duration // nil without a limit
	Levels       []string       // the names of levels of authentication, the preferred one first; empty for any
	Subs         []string       // of the only users who may sign in; empty for any
	Claims       cognate.RequestedClaims
	LoginHint    string
	Lang         string   // as the language of the pages
	UILocales    []string // the preferred one first
	Display      string   // "page", "popup", "touch", "wap" or ""
	Resource     string   // the audience of the access token; "" without one
	DPoPKey      string   // thumbprint of the only key that can exchange the code; "" for any or none
	Query        string   // repeats the request

	answers answerTo
	pushed  *pushed // nil unless the application has pushed the request
}

// Response types.
const (
	ResponseCode  = "code"
	ResponseToken = "token"
)

// Values of the parameter prompt. Source: OpenID Connect Core 1.0 section 3.1.2.1; Initiating User Registration via OpenID
// Connect 1.0.
const (
	PromptNone          = "none"
	PromptLogin         = "login"
	PromptConsent       = "consent"
	PromptSelectAccount = "select_account"
	PromptCreate        = "create"
)

var displays = []string{"page", "popup", "touch", "wap"}

var prompts = []string{PromptNone, PromptLogin, PromptConsent, PromptSelectAccount, PromptCreate}

// ParseAuthorization checks a request of /oauth2/authorize or /login. Its parameters are those of the query, or of a form, or those
// that the application has pushed. Open must bind a pushed request to the browser before it gets an answer.
// Errors: *ErrorPage, *ErrorRedirect. Source: docs/behaviour.md §7.1; RFC 9126 sections 4 and 5.
func (s *Service) ParseAuthorization(ctx context.Context, site *Site, form url.Values) (*AuthorizationRequest, error) {
	if uris := form["request_uri"]; len(uris) == 1 && cognate.IsRequestURI(uris[0]) {
		return s.parsePushed(ctx, site, form)
	}
	request, err := s.parseParameters(ctx, site, form)
	if err == nil && site.Pool.RequiresPushedRequests(request.Client) {
		return nil, request.answers.refusal(CodeInvalidRequest, "the client must push its authorization requests")
	}
	return request, err
}

// parseParameters checks the parameters of a request. Errors: *ErrorPage, *ErrorRedirect.
func (s *Service) parseParameters(ctx context.Context, site *Site, form url.Values) (*AuthorizationRequest, error) {
	client, err := s.authorizationClient(ctx, site, form)
	if err != nil {
		return nil, err
	}
	p := &authorizationParser{form: form, pool: site.Pool, request: &AuthorizationRequest{
		Client: client, RedirectURI: form.Get("redirect_uri"), Query: known(form).Encode(),
		answers: answerTo{client: client, redirectURI: form.Get("redirect_uri"), issuer: s.Issuer.Of(site.Pool)},
	}}
	p.readAnswers()
	custom, err := customScopes(ctx, s.Store, client, form.Get("scope"))
	if err != nil {
		return nil, err
	}
	for _, read := range []func() *ErrorRedirect{
		p.readOnce, p.readObjects, p.readResponse, p.readChallenge, func() *ErrorRedirect { return p.readScopes(custom) },
		p.readPrompt, p.readMaxAge, p.readClaims, p.readLevels, p.readResource, p.readDPoPKey, p.readProvider,
	} {
		if refusal := read(); refusal != nil {
			return nil, refusal
		}
	}
	p.readHints()
	return p.request, s.readIDTokenHint(ctx, p)
}

// readIDTokenHint reads the ID token of the user whom the application expects. It may be that of another client of the pool.
// Source: OpenID Connect Core 1.0 section 3.1.2.1.
func (s *Service) readIDTokenHint(ctx context.Context, p *authorizationParser) error {
	token := p.form.Get("id_token_hint")
	if token == "" {
		return nil
	}
	hint, err := s.Tokens.ReadIDTokenHint(ctx, p.pool, token)
	switch {
	case errors.Is(err, tokens.ErrIDTokenHint):
		return p.refuse(CodeInvalidRequest, "id_token_hint is invalid")
	case err != nil:
		return err
	case !p.request.Expects(hint.Sub):
		return p.refuse(CodeInvalidRequest, "id_token_hint and claims name different users")
	}
	p.request.Subs = []string{hint.Sub}
	return nil
}

// Expects reports whether a user may answer the request.
func (r *AuthorizationRequest) Expects(sub string) bool {
	return len(r.Subs) == 0 || slices.Contains(r.Subs, sub)
}

// known returns the parameters that have a meaning in an authorization request.
func known(form url.Values) url.Values {
	return pick(form, append([]string{"client_id", "redirect_uri"}, onlyOnce...))
}

// pick returns the parameters that have one of the names.
func pick(form url.Values, names []string) url.Values {
	picked := make(url.Values)
	for _, name := range names {
		if values, ok := form[name]; ok {
			picked[name] = values
		}
	}
	return picked
}

// authorizationClient returns the client of a request, and checks that the client allows the redirect URI. Otherwise no
// error may reach the application. Errors: *ErrorPage.
//
// Assumed: an authorization request without a known client, or without a redirect URI, gets the error page invalid_request.
func (s *Service) authorizationClient(ctx context.Context, site *Site, form url.Values) (*cognate.AppClient, error) {
	switch {
	case form.Get("redirect_uri") == "" && form.Get("request_uri") != "":
		return nil, &ErrorPage{CodeRequestURINotSupported, form.Get("client_id")}
	case len(form["redirect_uri"]) != 1 || form.Get("redirect_uri") == "":
		return nil, &ErrorPage{CodeInvalidRequest, form.Get("client_id")}
	}
	client, err := s.knownClient(ctx, site, form)
	if err == nil && !client.AllowsRedirect(form.Get("redirect_uri")) {
		return nil, &ErrorPage{CodeRedirectMismatch, client.ID}
	}
	return client, err
}

// knownClient returns the client of the pool that a request names. Errors: *ErrorPage.
func (s *Service) knownClient(ctx context.Context, site *Site, form url.Values) (*cognate.AppClient, error) {
	id := form.Get("client_id")
	if len(form["client_id"]) != 1 {
		return nil, &ErrorPage{CodeInvalidRequest, id}
	}
	client, err := s.Store.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != site.Pool.ID {
		return nil, &ErrorPage{CodeInvalidRequest, id}
	}
	return client, err
}

// authorizationParser reads the parameters of one request.
type authorizationParser struct {
	form    url.Values
	pool    *cognate.UserPool
	request *AuthorizationRequest
	levels  []string // that the parameter claims asks for
}

func (p *authorizationParser) refuse(code, description string) *ErrorRedirect {
	return p.request.answers.refusal(code, description)
}

// readAnswers reads the parameters that the answers to the application depend on, also the answers with an error. An invalid
// response mode is an error, which the application gets in the default mode.
func (p *authorizationParser) readAnswers() {
	r := p.request
	r.ResponseType = p.form.Get("response_type")
	r.answers.mode = ModeQuery
	if r.ResponseType == ResponseToken {
		r.answers.mode = ModeFragment
	}
	if mode := p.form.Get("response_mode"); p.allowsMode(mode) {
		r.answers.mode = ResponseMode(mode)
	}
	r.ResponseMode = r.answers.mode
	if len(p.form["state"]) == 1 {
		r.State = p.form.Get("state")
		r.answers.state = r.State
	}
}

// allowsMode reports whether a response mode exists and may be used: tokens must not be in a query, because servers log queries.
// Source: OAuth 2.0 Multiple Response Type Encoding Practices section 3.
func (p *authorizationParser) allowsMode(mode string) bool {
	return len(p.form["response_mode"]) == 1 && slices.Contains(responseModes, mode) &&
		(mode != string(ModeQuery) || p.request.ResponseType != ResponseToken)
}

// onlyOnce lists the parameters that a request can have once. Other parameters are unknown and have no effect.
// Source: RFC 6749 section 3.1.
var onlyOnce = []string{
	"response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age",
	"acr_values", "login_hint", "id_token_hint", "claims", "request", "request_uri", "lang", "ui_locales", "claims_locales", "display",
	"resource", "identity_provider", "idp_identifier", "dpop_jkt",
}

func (p *authorizationParser) readOnce() *ErrorRedirect {
	for _, name := range onlyOnce {
		if len(p.form[name]) > 1 {
			return p.refuse(CodeInvalidRequest, name+" appears more than once")
		}
	}
	if mode := p.form.Get("response_mode"); mode != "" && !p.allowsMode(mode) {
		return p.refuse(CodeInvalidRequest, "response_mode is invalid")
	}
	return nil
}

// readObjects refuses request objects. Source: OpenID Connect Core 1.0 section 6.
func (p *authorizationParser) readObjects() *ErrorRedirect {
	switch {
	case p.form.Get("request") != "":
		return p.refuse(CodeRequestNotSupported, "")
	case p.form.Get("request_uri") != "":
		return p.refuse(CodeRequestURINotSupported, "")
	}
	return nil
}

// readResponse checks what the application asks for.
// Assumed: the error for a response type that does not exist is unsupported_response_type, as in RFC 6749.
func (p *authorizationParser) readResponse() *ErrorRedirect {
	r := p.request
	flow, known := map[string]api.OAuthFlowType{
		ResponseCode: api.OAuthFlowTypeCode, ResponseToken: api.OAuthFlowTypeImplicit,
	}[r.ResponseType]
	switch {
	case !r.Client.OAuth.Enabled:
		return p.refuse(CodeInvalidRequest, "Client is not enabled for OAuth2.0 flows ")
	case r.ResponseType == "":
		return p.refuse(CodeInvalidRequest, "response_type is missing")
	case !known:
		return p.refuse(CodeUnsupportedResponseType, "")
	case !slices.Contains(r.Client.OAuth.Flows, flow):
		return p.refuse(CodeUnauthorizedClient, "")
	}
	r.Nonce = p.form.Get("nonce")
	return nil
}

// challengeS256 is the form of a PKCE challenge: the SHA-256 of the verifier. Source: RFC 7636 section 4.2.
var challengeS256 = lazyregexp.New(`^[A-Za-z0-9_-]{43}$`)

// readChallenge checks the PKCE challenge. A pool can require one. The implicit flow has no challenge, so a pool that
// requires one rejects this flow.
func (p *authorizationParser) readChallenge() *ErrorRedirect {
	r := p.request
	challenge, method := p.form.Get("code_challenge"), p.form.Get("code_challenge_method")
	switch {
	case challenge == "" && method == "":
		if p.pool.RequiresPKCE(r.Client) {
			return p.refuse(CodeInvalidRequest, "code_challenge is required")
		}
		return nil
	case challenge == "":
		return p.refuse(CodeInvalidRequest, "code_challenge is missing")
	case method != "S256":
		return p.refuse(CodeInvalidRequest, "code_challenge_method is not S256")
	case !challengeS256.MatchString(challenge):
		return p.refuse(CodeInvalidRequest, "code_challenge is invalid")
	case r.ResponseType == ResponseToken && p.pool.RequiresPKCE(r.Client):
		return p.refuse(CodeUnauthorizedClient, "the pool requires PKCE, which the implicit flow does not have")
	}
	r.Challenge = challenge
	return nil
}

// wantedScopes returns the scopes that the parameter scope of a request names, or else those of the client.
func wantedScopes(client *cognate.AppClient, parameter string) []string {
	if wanted := strings.Fields(parameter); len(wanted) > 0 {
		return wanted
	}
	return client.OAuth.Scopes
}

// customScopes returns the custom scopes of a pool, if a request for access needs them.
func customScopes(ctx context.Context, from *store.Store, client *cognate.AppClient, parameter string) (cognate.CustomScopes, error) {
	if !slices.ContainsFunc(wantedScopes(client, parameter), func(scope string) bool { return !cognate.IsOwnScope(scope) }) {
		return cognate.CustomScopes{}, nil
	}
	return from.CustomScopes(ctx, client.PoolID)
}

// readScopes sets the scopes of the request, or else those of the client.
func (p *authorizationParser) readScopes(custom cognate.CustomScopes) *ErrorRedirect {
	scopes, ok := requestedScopes(p.request.Client, p.form.Get("scope"), custom)
	if !ok {
		return p.refuse(CodeInvalidRequest, "invalid_scope")
	}
	p.request.Scopes = scopes
	return nil
}

// requestedScopes returns the scopes of a request for access to the account of a user. It leaves out custom scopes that no longer exist.
// ok is false if the client cannot ask for the scopes.
//
// Assumed: the scopes email, phone and profile are invalid without openid. A request is invalid if none of its scopes still exist.
func requestedScopes(client *cognate.AppClient, parameter string, custom cognate.CustomScopes) (scopes []string, ok bool) {
	for _, scope := range wantedScopes(client, parameter) {
		switch {
		case !slices.Contains(client.OAuth.Scopes, scope):
			return nil, false
		case slices.Contains(scopes, scope), !cognate.IsOwnScope(scope) && !custom.Has(scope):
		default:
			scopes = append(scopes, scope)
		}
	}
	needsOpenID := func(s string) bool { return slices.Contains(tokens.AttributeScopes(), s) }
	if parameter != "" && !slices.Contains(scopes, "openid") && slices.ContainsFunc(scopes, needsOpenID) {
		return nil, false
	}
	return scopes, len(scopes) > 0
}

func (p *authorizationParser) readPrompt() *ErrorRedirect {
	for value := range strings.FieldsSeq(p.form.Get("prompt")) {
		switch {
		case !slices.Contains(prompts, value):
			return p.refuse(CodeInvalidRequest, "prompt is invalid")
		case !slices.Contains(p.request.Prompt, value):
			p.request.Prompt = append(p.request.Prompt, value)
		}
	}
	if slices.Contains(p.request.Prompt, PromptNone) && len(p.request.Prompt) > 1 {
		return p.refuse(CodeInvalidRequest, "prompt none is not alone")
	}
	return nil
}

func (p *authorizationParser) readMaxAge() *ErrorRedirect {
	text := p.form.Get("max_age")
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return p.refuse(CodeInvalidRequest, "max_age is invalid")
	}
	p.request.MaxAge = new(time.Duration(seconds) * time.Second)
	return nil
}

// readClaims reads what the request says about single claims: the users who may sign in, the levels that the sign-in must have, and the
// attributes that it asks for. An attribute that the client cannot read has no effect, as any unknown claim, also if it is essential.
func (p *authorizationParser) readClaims() *ErrorRedirect {
	text := p.form.Get("claims")
	if text == "" {
		return nil
	}
	claims, err := parseClaims(text)
	if err != nil {
		return p.refuse(CodeInvalidRequest, "claims is invalid")
	}
	if p.request.Subs, err = claims.subs(); err != nil {
		return p.refuse(CodeInvalidRequest, "claims is invalid")
	}
	if p.levels, err = claims.levels(); err != nil {
		return p.refuse(CodeInvalidRequest, "claims is invalid")
	}
	p.request.Claims = cognate.RequestedClaims{IDToken: p.readable(claims.IDToken), UserInfo: p.readable(claims.UserInfo)}
	return nil
}

// readable returns the names of the attributes among claims that the client can read, sorted. sub is always there.
func (p *authorizationParser) readable(claims map[string]*claimWish) []string {
	var names []string
	for name := range claims {
		if _, ok := p.pool.Attribute(name); ok && name != cognate.AttributeSub && p.request.Client.MayRead(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readLevels reads the levels that the pool knows: those that the request says are essential, or else acr_values. The feature plan
// LITE has none (docs/behaviour.md §3.6).
//
// Assumed: a request for levels none of which the pool knows gets the error for levels that the user cannot reach.
func (p *authorizationParser) readLevels() *ErrorRedirect {
	names := p.levels
	if len(names) == 0 {
		names = strings.Fields(p.form.Get("acr_values"))
	}
	if hasLevels := p.pool.RequireStepUp() == nil; len(names) == 0 || !hasLevels {
		return nil
	}
	for _, level := range p.pool.RequestedLevels(names) {
		p.request.Levels = append(p.request.Levels, p.pool.ACR(level))
	}
	if len(p.request.Levels) == 0 {
		return p.refuse(CodeUnmetRequirements, "")
	}
	return nil
}

// readResource checks the audience. It is a URL with https, with http at localhost, or with the scheme of an app
// (docs/behaviour.md §7.6).
//
// Assumed: the error for an invalid resource is invalid_target, as in RFC 8707.
func (p *authorizationParser) readResource() *ErrorRedirect {
	resource := p.form.Get("resource")
	if resource == "" {
		return nil
	}
	if !isResource(resource) {
		return p.refuse(CodeInvalidTarget, "")
	}
	p.request.Resource = resource
	return nil
}

// thumbprint is the form of the SHA-256 thumbprint of a key. Source: RFC 9449 section 10; RFC 7638 section 3.
var thumbprint = lazyregexp.New(`^[A-Za-z0-9_-]{43}$`)

// readDPoPKey reads the key to which the code is bound. Tokens of the implicit flow cannot be bound to a key.
func (p *authorizationParser) readDPoPKey() *ErrorRedirect {
	key := p.form.Get("dpop_jkt")
	switch {
	case key != "" && !thumbprint.MatchString(key):
		return p.refuse(CodeInvalidRequest, "dpop_jkt is invalid")
	case p.request.ResponseType == ResponseToken && (key != "" || p.pool.RequiresDPoP(p.request.Client)):
		return p.refuse(CodeUnauthorizedClient, "the implicit flow has no DPoP")
	}
	p.request.DPoPKey = key
	return nil
}

func isResource(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || strings.Contains(text, "#") || u.User != nil {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Hostname() != ""
	case "http":
		return u.Hostname() == localhost
	default:
		return true
	}
}

// readProvider accepts the pool itself as the identity provider.
func (p *authorizationParser) readProvider() *ErrorRedirect {
	name := p.form.Get("identity_provider")
	if name != "" && name != cognate.LocalProvider || p.form.Get("idp_identifier") != "" || !p.request.Client.SignsInOnPages() {
		return p.refuse(CodeInvalidRequest, "the identity provider is not available")
	}
	return nil
}

// readHints reads the parameters for which every value is valid.
func (p *authorizationParser) readHints() {
	r := p.request
	r.LoginHint, r.Lang = p.form.Get("login_hint"), p.form.Get("lang")
	r.UILocales = strings.Fields(p.form.Get("ui_locales"))
	if display := p.form.Get("display"); slices.Contains(displays, display) {
		r.Display = display
	}
}
