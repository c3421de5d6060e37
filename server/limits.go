package server

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cognate"
	"cognate/api"
	"cognate/oauth"
	"cognate/ratelimit"
	"cognate/store"
	"cognate/throttle"
	"cognate/tokens"
)

// AddressLimits are the limits on unsigned requests, by the address of the client and by pool. A request of a client that proves
// its secret is not limited. The zero value rejects every unsigned request.
type AddressLimits struct {
	// Off turns the limits off.
	Off bool
	// Exempt are the addresses whose requests are not limited.
	Exempt []netip.Prefix
	// Requests is the number of unsigned requests per second from one IPv4 address or IPv6 network of 64 bits, and Burst that of
	// requests at the same time.
	Requests, Burst int
	// SignUps and Failures are the numbers of sign-ups, and of wrong passwords and codes, from an address per hour.
	SignUps, Failures int
	// Names is the number of usernames that may fail to sign in from an address in ten minutes.
	Names int
	// Pool is the number of unsigned requests per second of a user pool.
	Pool int
}

// limits decides whether a request is within the limits on requests. All its counts are in the memory of this server.
type limits struct {
	addresses AddressLimits
	rates     cognate.RateLimits
	store     *store.Store
	tokens    *tokens.Service
	find      func(ctx context.Context, input any) (*cognate.UserPool, error)
	now       func() time.Time

	requests, signUps, pools *ratelimit.Limiter
	accounts, users          *ratelimit.Limiter
	limited                  *prometheus.CounterVec

	mu      sync.Mutex
	clients map[string]scope      // by ID of an app client; the pool of a client never changes
	chosen  map[string]chosenRate // by account, region and category
}

// scope is what the limits need to know about a pool. None of it changes.
type scope struct{ poolID, accountID, region string }

// chosenRate is the rate of an account, as read from the database.
type chosenRate struct {
	rate int
	read time.Time
}

const (
	// maxRemembered is the number of clients, and of rates, that are remembered.
	maxRemembered = 10_000
	// rateAge is how long a server uses a rate before it reads it again.
	rateAge = 5 * time.Second
	// perResource is the number of requests per second of one operation about the resources or the clients of one pool, and
	// perUser that of reads, and of writes, of one user. Source: docs/behaviour.md §8.4.
	perResource = 5
	perUser     = 10
	// answersFactor is how many answers to challenges count as one start of a sign-in. Source: docs/behaviour.md §8.4.
	answersFactor = 3
)

// The names of the limits in metrics, besides those of package throttle.
const (
	limitAddress  = "address_requests"
	limitSignUps  = "address_sign_ups"
	limitPool     = "pool"
	limitCategory = "category"
	limitResource = "pool_operation"
	limitUser     = "user"

	limitConnections = "connections"
)

func newLimits(c Config, servers *ratelimit.Servers, t *tokens.Service, find func(context.Context, any) (*cognate.UserPool, error), limited *prometheus.CounterVec) *limits {
	limiter := func() *ratelimit.Limiter { return ratelimit.New(c.Now, servers.Count) }
	return &limits{
		addresses: c.AddressLimits, rates: c.RateLimits, store: c.Store, tokens: t, find: find, now: c.Now,
		requests: limiter(), signUps: limiter(), pools: limiter(), accounts: limiter(), users: limiter(),
		limited: limited,
		clients: make(map[string]scope), chosen: make(map[string]chosenRate),
	}
}

// countRefused counts a request over a limit.
func (l *limits) countRefused(limit string) { l.limited.WithLabelValues(limit).Inc() }

// freeKey marks the context of a request that the limits on addresses do not apply to.
type freeKey struct{}

func isFree(ctx context.Context) bool { return ctx.Value(freeKey{}) != nil }

func withoutAddressLimits(ctx context.Context) context.Context {
	return context.WithValue(ctx, freeKey{}, true)
}

// isExempt reports whether the requests from an address are not limited.
func (l *limits) isExempt(from cognate.Origin) bool {
	if l.addresses.Off {
		return true
	}
	ip, err := netip.ParseAddr(from.IPAddress)
	return err == nil && !from.IsProxy && slices.ContainsFunc(l.addresses.Exempt, func(p netip.Prefix) bool { return p.Contains(ip.Unmap().WithZone("")) })
}

// takeRequest counts an unsigned request from an address. If it is over the limit, ok is false.
func (l *limits) takeRequest(ctx context.Context, from cognate.Origin) (wait time.Duration, ok bool) {
	if l.isExempt(from) {
		return 0, true
	}
	quota := ratelimit.Quota{Count: l.addresses.Requests, Per: time.Second, Burst: l.addresses.Burst}
	if wait, ok = l.requests.Take(ctx, ratelimit.Network(from.IPAddress).String(), quota); !ok {
		l.countRefused(limitAddress)
	}
	return wait, ok
}

// refused returns the error for a request that was refused before its client was known: its own error, or api.ErrRateExceeded if there
// were too many from the address.
func (l *limits) refused(ctx context.Context, from cognate.Origin, err error) error {
	if _, ok := l.takeRequest(ctx, from); !ok {
		return api.ErrRateExceeded
	}
	return err
}

// admitUnsigned counts an unsigned request of an operation by its address. It returns a context with the address, for the counts of
// wrong passwords and codes. Errors: TooManyRequestsException.
func (l *limits) admitUnsigned(ctx context.Context, op *api.Operation, from cognate.Origin, input any) (context.Context, error) {
	if l.isExempt(from) {
		return withoutAddressLimits(ctx), nil
	}
	proven, err := l.proves(ctx, input)
	if err != nil {
		return nil, err
	}
	if proven {
		return withoutAddressLimits(ctx), nil
	}
	if _, ok := l.takeRequest(ctx, from); !ok {
		return nil, api.ErrRateExceeded
	}
	if op.Name == "SignUp" && !l.takeSignUp(ctx, from.IPAddress) {
		return nil, api.ErrRateExceeded
	}
	return l.withAddress(ctx, from.IPAddress), nil
}

func (l *limits) takeSignUp(ctx context.Context, address string) bool {
	if _, ok := l.signUps.Take(ctx, ratelimit.Network(address).String(), ratelimit.PerHour(l.addresses.SignUps)); !ok {
		l.countRefused(limitSignUps)
		return false
	}
	return true
}

func (l *limits) withAddress(ctx context.Context, address string) context.Context {
	return throttle.WithAddress(ctx, &throttle.Address{
		Network: ratelimit.Network(address).String(), WrongPerHour: l.addresses.Failures, Names: l.addresses.Names, Limited: l.countRefused,
	})
}

// takePool counts an unsigned request of a pool.
func (l *limits) takePool(ctx context.Context, poolID string) (wait time.Duration, ok bool) {
	if wait, ok = l.pools.Take(ctx, poolID, ratelimit.PerSecond(l.addresses.Pool)); !ok {
		l.countRefused(limitPool)
	}
	return wait, ok
}

// admit counts a request of an operation by its pool, and by the rates of its account, its pool and its user. A request without a
// known pool has no account if it is unsigned; then only its address counts. Errors: TooManyRequestsException.
func (l *limits) admit(ctx context.Context, op *api.Operation, input any) error {
	limitsPool := op.Auth != api.AuthSigV4 && !isFree(ctx)
	if !limitsPool && l.rates.Off {
		return nil
	}
	at, err := l.scopeOf(ctx, input)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	}
	if limitsPool && at.poolID != "" {
		if _, ok := l.takePool(ctx, at.poolID); !ok {
			return api.ErrRateExceeded
		}
	}
	if l.rates.Off {
		return nil
	}
	if op.Auth == api.AuthSigV4 {
		at = ofCaller(ctx, at)
	}
	if at.accountID == "" {
		return nil
	}
	return l.takeOperation(ctx, op, at, input)
}

// ofCaller returns what a signed request counts for. A pool of another account does not count: its limits would be used up for its own
// account. The Region is that of the pool or of its replica, because a caller can sign for any Region.
func ofCaller(ctx context.Context, at scope) scope {
	caller := cognate.CallerFrom(ctx)
	if at.accountID != caller.AccountID {
		return scope{accountID: caller.AccountID, region: caller.Region}
	}
	if cognate.InReplica(ctx) {
		at.region = caller.Region
	}
	return at
}

// takeOperation counts a request by its pool or user, and by its category.
// Assumed: the categories UserRead and UserResourceRead are the reads of a user; UserUpdate, UserResourceUpdate, UserCreation and
// UserAccountRecovery are the writes. A user is counted by sub where the request has an access token, and otherwise by the username
// as sent.
func (l *limits) takeOperation(ctx context.Context, op *api.Operation, at scope, input any) error {
	category, factor := categoryOf(op, input)
	isOfPool := strings.HasPrefix(category, "UserPoolResource") || strings.HasPrefix(category, "UserPoolClient")
	if isOfPool && at.poolID != "" {
		if _, ok := l.accounts.Take(ctx, at.poolID+"/"+op.Name, ratelimit.PerSecond(perResource)); !ok {
			l.countRefused(limitResource)
			return api.ErrRateExceeded
		}
	}
	access, name := accessOf[category], userOf(ctx, input)
	if access != "" && name != "" && at.poolID != "" {
		if _, ok := l.users.Take(ctx, access+"/"+at.poolID+"/"+name, ratelimit.PerSecond(perUser)); !ok {
			l.countRefused(limitUser)
			return api.ErrRateExceeded
		}
	}
	_, err := l.takeCategory(ctx, at, category, factor)
	return err
}

// accessOf says which categories read a user, and which write it.
var accessOf = map[string]string{
	"UserRead": "read", "UserResourceRead": "read",
	"UserUpdate": "write", "UserResourceUpdate": "write", "UserCreation": "write", "UserAccountRecovery": "write",
}

func userOf(ctx context.Context, input any) string {
	if pr := tokens.PrincipalFrom(ctx); pr != nil {
		return pr.User.Sub
	}
	if in, ok := input.(api.UserNamed); ok {
		return strings.ToLower(in.UserName())
	}
	return ""
}

// categoryOf returns the category of a request, and by how much its rate is multiplied. An answer to a challenge counts apart from
// the starts of sign-ins. Source: docs/behaviour.md §8.4.
func categoryOf(op *api.Operation, input any) (category string, factor int) {
	var challenge api.ChallengeNameType
	switch in := input.(type) {
	case *api.RespondToAuthChallengeInput:
		challenge = in.ChallengeName
	case *api.AdminRespondToAuthChallengeInput:
		challenge = in.ChallengeName
	default:
		return op.Category, 1
	}
	if challenge == api.ChallengeNameTypeNewPasswordRequired {
		return categoryRecovery, 1
	}
	return op.Category, answersFactor
}

const (
	categoryRecovery       = "UserAccountRecovery"
	categoryAuthentication = "UserAuthentication"
	categoryToken          = "UserToken"
)

// takeCategory counts a request by the rate of its account. Errors: TooManyRequestsException.
func (l *limits) takeCategory(ctx context.Context, at scope, category string, factor int) (wait time.Duration, err error) {
	limit, ok := l.rates.Of(category)
	if !ok {
		return 0, errors.New("an operation has the unknown category " + category)
	}
	rate, err := l.rateOf(ctx, at, limit)
	if err != nil {
		return 0, err
	}
	key := strings.Join([]string{at.accountID, at.region, category, strconv.Itoa(factor)}, "/")
	if wait, ok = l.accounts.Take(ctx, key, ratelimit.PerSecond(rate*factor)); !ok {
		l.countRefused(limitCategory)
		return wait, api.ErrRateExceeded
	}
	return 0, nil
}

// rateOf returns the rate that the account has chosen, at most rateAge ago, or else the default.
func (l *limits) rateOf(ctx context.Context, at scope, limit cognate.RateLimit) (int, error) {
	if !limit.Adjustable {
		return limit.Default, nil
	}
	key, now := at.accountID+"/"+at.region+"/"+limit.Category, l.now()
	l.mu.Lock()
	known, ok := l.chosen[key]
	l.mu.Unlock()
	if !ok || now.Sub(known.read).Abs() >= rateAge {
		rate, err := l.store.ProvisionedLimit(ctx, at.accountID, at.region, limit.Category)
		if err != nil {
			return 0, err
		}
		known = chosenRate{rate, now}
		l.mu.Lock()
		makeRoom(l.chosen)
		l.chosen[key] = known
		l.mu.Unlock()
	}
	return max(known.rate, limit.Default), nil
}

// makeRoom deletes entries of a map that is full.
func makeRoom[V any](m map[string]V) {
	for key := range m {
		if len(m) < maxRemembered {
			return
		}
		delete(m, key)
	}
}

// scopeOf returns the pool of a request; the zero scope if it names none. Errors: store.ErrNotFound.
func (l *limits) scopeOf(ctx context.Context, input any) (scope, error) {
	in, ok := input.(api.ClientScoped)
	if _, isPool := input.(api.PoolScoped); !ok || isPool || tokens.PrincipalFrom(ctx) != nil {
		pool, err := l.find(ctx, input)
		if err != nil || pool == nil {
			return scope{}, err
		}
		return scopeIn(pool), nil
	}
	id := in.AppClientID()
	l.mu.Lock()
	at, known := l.clients[id]
	l.mu.Unlock()
	if known {
		return at, nil
	}
	_, pool, err := l.store.AppClientWithPool(ctx, id)
	if err != nil {
		return scope{}, err
	}
	at = scopeIn(pool)
	l.mu.Lock()
	makeRoom(l.clients)
	l.clients[id] = at
	l.mu.Unlock()
	return at, nil
}

func scopeIn(pool *cognate.UserPool) scope { return scope{pool.ID, pool.AccountID, pool.Region()} }

// proves reports whether an unsigned request proves the secret of its client: by a right SECRET_HASH, or by the secret. The client must
// not be openly registered.
func (l *limits) proves(ctx context.Context, input any) (bool, error) {
	p, ok := proofIn(input)
	if !ok || p.hash == "" && p.secret == "" {
		return false, nil
	}
	client, err := l.store.AppClient(ctx, p.clientID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !client.HasSecret() || client.IsOpenlyRegistered() {
		return false, err
	}
	switch {
	case p.secret != "":
		return client.IsSecret(p.secret), nil
	case p.refreshToken == "":
		return client.RequireSecretHash(p.username, p.hash) == nil, nil
	}
	user, err := l.refreshes(ctx, client, p.refreshToken)
	if err != nil || user == nil {
		return false, err
	}
	return client.RequireRefreshSecretHash(user, p.hash) == nil, nil
}

// refreshes returns the user of a refresh token; nil if the token is not one of the client.
func (l *limits) refreshes(ctx context.Context, client *cognate.AppClient, text string) (*cognate.User, error) {
	token, ok := l.tokens.OpenRefreshToken(client.PoolID, text)
	if !ok {
		return nil, nil
	}
	grant, err := l.store.GrantByRefreshToken(ctx, client.PoolID, token.Hash)
	if err == nil && grant.ClientID == client.ID {
		var user *cognate.User
		if user, err = l.store.User(ctx, grant.PoolID, grant.Sub); err == nil {
			return user, nil
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return nil, err
}

// proof is what a request has to prove the secret of its client.
type proof struct{ clientID, username, hash, secret, refreshToken string }

// proofIn returns the proof in a request; false for an operation that has none.
func proofIn(input any) (proof, bool) {
	switch in := input.(type) {
	case *api.SignUpInput:
		return proof{clientID: in.ClientId, username: in.Username, hash: in.SecretHash}, true
	case *api.ConfirmSignUpInput:
		return proof{clientID: in.ClientId, username: in.Username, hash: in.SecretHash}, true
	case *api.ResendConfirmationCodeInput:
		return proof{clientID: in.ClientId, username: in.Username, hash: in.SecretHash}, true
	case *api.ForgotPasswordInput:
		return proof{clientID: in.ClientId, username: in.Username, hash: in.SecretHash}, true
	case *api.ConfirmForgotPasswordInput:
		return proof{clientID: in.ClientId, username: in.Username, hash: in.SecretHash}, true
	case *api.InitiateAuthInput:
		p := in.AuthParameters
		return proof{clientID: in.ClientId, username: p["USERNAME"], hash: p["SECRET_HASH"], refreshToken: p["REFRESH_TOKEN"]}, true
	case *api.RespondToAuthChallengeInput:
		p := in.ChallengeResponses
		return proof{clientID: in.ClientId, username: p["USERNAME"], hash: p["SECRET_HASH"]}, true
	case *api.GetTokensFromRefreshTokenInput:
		return proof{clientID: in.ClientId, secret: in.ClientSecret}, true
	case *api.RevokeTokenInput:
		return proof{clientID: in.ClientId, secret: in.ClientSecret}, true
	case *api.GetClientTokenInput:
		return proof{clientID: in.ClientId, secret: in.Secret}, true
	default:
		return proof{}, false
	}
}

// admitSite counts a request at a domain, whose body is read. It returns the request with the address of its client, for the counts
// of wrong passwords and codes. If it is over a limit, ok is false.
func (l *limits) admitSite(r *http.Request, site *oauth.Site, pattern string, body []byte) (admitted *http.Request, wait time.Duration, ok bool, err error) {
	ctx, from := r.Context(), originOf(r)
	at := scopeIn(site.Pool)
	free := l.isExempt(from)
	if !free {
		if free, err = oauth.ProvesSecret(ctx, l.store, site, r.Header, string(body)); err != nil {
			return nil, 0, false, err
		}
	}
	if !free {
		if wait, ok = l.takeRequest(ctx, from); !ok {
			return nil, wait, false, nil
		}
		if pattern == "POST /signup" && !l.takeSignUp(ctx, from.IPAddress) {
			return nil, time.Hour / time.Duration(max(l.addresses.SignUps, 1)), false, nil
		}
		if wait, ok = l.takePool(ctx, at.poolID); !ok {
			return nil, wait, false, nil
		}
		r = r.WithContext(l.withAddress(ctx, from.IPAddress))
	}
	if l.rates.Off {
		return r, 0, true, nil
	}
	category, factor := categoryOfSite(pattern, string(body))
	if category == "" {
		return r, 0, true, nil
	}
	wait, err = l.takeCategory(ctx, at, category, factor)
	if errors.Is(err, api.ErrRateExceeded) {
		return nil, wait, false, nil
	}
	return r, 0, err == nil, err
}

// siteCategories are the categories of the endpoints and the forms of a domain. The other forms of pages, and the endpoints for pushed
// requests and for devices, count as answers to challenges. Pages that are only shown have no category.
// Assumed: which category the requests at a domain count in.
var siteCategories = map[string]string{
	"/oauth2/token": categoryToken, "/oauth2/revoke": categoryToken, "/oauth2/introspect": categoryToken,
	"/oauth2/userInfo":  "UserRead",
	"/oauth2/register":  "UserPoolClientUpdate",
	"/oauth2/authorize": "", "/logout": "",
	"/login": categoryAuthentication, "/signup": "UserCreation", "/confirmUser": "UserCreation", "/resendcode": "UserResourceRead",
	"/forgotPassword": categoryRecovery, "/confirmForgotPassword": categoryRecovery, "/newPassword": categoryRecovery,
}

// categoryOfSite returns the category of a request at a domain, by the pattern of its endpoint; "" if it has none.
func categoryOfSite(pattern, body string) (category string, factor int) {
	method, path, found := strings.Cut(pattern, " ")
	if !found { // a pattern without a method
		method, path = http.MethodPost, pattern
	}
	category, known := siteCategories[path]
	switch {
	case path == "/oauth2/token" && isClientCredentials(body):
		return "ClientAuthentication", 1
	case known && method == http.MethodPost:
		return category, 1
	case strings.HasPrefix(path, "/oauth2/register"):
		return "UserPoolClientRead", 1
	case method == http.MethodPost:
		return categoryAuthentication, answersFactor
	default:
		return "", 0
	}
}

// isClientCredentials reports whether the form of a token request asks for a token without a user.
func isClientCredentials(body string) bool {
	form, err := url.ParseQuery(body)
	return err == nil && form.Get("grant_type") == string(api.OAuthFlowTypeClientCredentials)
}

// setRetryAfter tells a client when it can repeat a request.
func setRetryAfter(h http.Header, wait time.Duration) {
	seconds := int64((wait + time.Second - 1) / time.Second)
	h.Set("Retry-After", strconv.FormatInt(max(seconds, 1), 10))
}

// tooMany answers a request over a limit, outside the API and the domains of pools.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	setRetryAfter(w.Header(), wait)
	http.Error(w, "Too many requests. Please wait and try again.", http.StatusTooManyRequests)
}
