package oauth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"cognate"
	"cognate/store"
	"cognate/throttle"
)

const pathPushedRequests = "/oauth2/par"

// maxPushedRequest is the longest pushed request, in bytes. It is the limit of an authorization request in an address.
const maxPushedRequest = 16 << 10

// pushAnswer is the answer to a pushed request. Source: RFC 9126 section 2.2.
type pushAnswer struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int64  `json:"expires_in"`
}

// push stores an authorization request, which is checked like one of a browser. Source: RFC 9126 section 2.
func (e *ClientEndpoints) push(w http.ResponseWriter, r *http.Request, site *Site) {
	uri, err := e.storeRequest(r, site)
	if err != nil {
		status := statusOf(err)
		if errors.Is(err, errLongRequest) {
			status = http.StatusRequestEntityTooLarge
		}
		if errors.Is(err, errTooManyRequests) {
			w.Header().Set("Retry-After", "3600")
			status = http.StatusTooManyRequests
		}
		answer(r.Context(), w, status, nil, err)
		return
	}
	answer(r.Context(), w, http.StatusCreated, &pushAnswer{uri, int64(cognate.PushedRequestTTL / time.Second)}, nil)
}

// The refusals with a status of their own.
//
// Assumed: too many pushed requests, or device authorizations, from one address are temporarily_unavailable.
var (
	errLongRequest     = refuse(CodeInvalidRequest, "the request is too long")
	errTooManyRequests = refuse("temporarily_unavailable", "too many requests")
)

// storeRequest checks and stores a request, and returns its request_uri. Errors: *Refusal.
func (e *ClientEndpoints) storeRequest(r *http.Request, site *Site) (string, error) {
	form, err := readForm(r, slices.Concat(authenticationOnce, []string{"redirect_uri"}, onlyOnce)...)
	if err != nil {
		return "", err
	}
	client, err := e.authenticate(r, site, form)
	if err != nil {
		return "", err
	}
	if form.Has("request_uri") {
		return "", refuse(CodeInvalidRequest, "request_uri cannot be pushed")
	}
	parameters := known(form)
	parameters.Set("client_id", client.ID)
	if err := e.bindRequest(r, site, parameters); err != nil {
		return "", err
	}
	if _, err := e.Requests.parseParameters(r.Context(), site, parameters); err != nil {
		return "", refusalOfRequest(err)
	}
	uri := cognate.NewRequestURI()
	request := &cognate.PushedRequest{
		PoolID: client.PoolID, ClientID: client.ID, Hash: cognate.PushedRequestHash(uri), Query: parameters.Encode(),
		Expires: e.Now().Add(cognate.PushedRequestTTL),
	}
	if len(request.Query) > maxPushedRequest {
		return "", errLongRequest
	}
	err = e.Store.Write(r.Context(), func(tx *store.Tx) error {
		if client.IsOpenlyRegistered() || !site.Pool.IsConfidential(client) { // anyone can send the request
			if err := e.Limits.CountPushedRequest(r.Context(), tx, client.PoolID, cognate.OriginFrom(r.Context()).IPAddress, e.Now()); err != nil {
				return err
			}
		}
		return tx.CreatePushedRequest(r.Context(), request)
	})
	if errors.Is(err, throttle.ErrExceeded) {
		return "", errTooManyRequests
	}
	return uri, err
}

// bindRequest binds a request to the key that its client has proven, as dpop_jkt does. Source: RFC 9449 section 10.1.
func (e *ClientEndpoints) bindRequest(r *http.Request, site *Site, parameters url.Values) error {
	key, err := e.provenKey(r, site)
	if err != nil || key == "" {
		return err
	}
	if named := parameters.Get("dpop_jkt"); named != "" && named != key {
		return refuseProof("dpop_jkt is another key")
	}
	parameters.Set("dpop_jkt", key)
	return nil
}

// refusalOfRequest returns the refusal for an error about an authorization request. Source: RFC 9126 section 2.3.
func refusalOfRequest(err error) error {
	if toApp, ok := errors.AsType[*ErrorRedirect](err); ok {
		return refuse(toApp.Code, toApp.Description)
	}
	if page, ok := errors.AsType[*ErrorPage](err); ok {
		if page.Code == CodeRedirectMismatch {
			return refuse(CodeInvalidRequest, "redirect_uri is not registered")
		}
		return refuse(page.Code, "")
	}
	return err
}

// A pushed request is valid for one browser: the first one that opens its request_uri. There it can be loaded again, in several tabs
// and after a sign-in that took too long, until a code or tokens are issued. So an attacker who sees the address cannot use it.
// Source: RFC 9126 sections 4 and 7.3.

// pushed is a pushed request as it was read.
type pushed struct {
	*cognate.PushedRequest
	openedBy string // Browser of the request, after Open; empty before, which gets no answer
}

// parsePushed checks the request that a request_uri stands for. Parameters beside client_id and request_uri have no effect. The
// client, the pool and its settings can be different from when the request was pushed. Errors: *ErrorPage, *ErrorRedirect.
func (s *Service) parsePushed(ctx context.Context, site *Site, form url.Values) (*AuthorizationRequest, error) {
	client, err := s.knownClient(ctx, site, form)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.PushedRequest(ctx, site.Pool.ID, cognate.PushedRequestHash(form.Get("request_uri")))
	if errors.Is(err, store.ErrNotFound) || err == nil && (found.ClientID != client.ID || !s.Now().Before(found.Expires)) {
		return nil, &ErrorPage{CodeInvalidRequestURI, client.ID}
	}
	if err != nil {
		return nil, err
	}
	parameters, err := url.ParseQuery(found.Query)
	if err != nil {
		return nil, fmt.Errorf("parse pushed request: %w", err)
	}
	request, err := s.parseParameters(ctx, site, parameters)
	if err != nil {
		return nil, err
	}
	request.Query = pick(form, []string{"client_id", "request_uri"}).Encode()
	request.pushed = &pushed{PushedRequest: found}
	return request, nil
}

// unusable returns the error for a pushed request that was used, has expired, or is another browser's. The application has perhaps
// got its answer already, so the user sees the error page.
func (r *AuthorizationRequest) unusable() *ErrorPage {
	return &ErrorPage{CodeInvalidRequestURI, r.Client.ID}
}

// Open binds a pushed request to the browser whose cookie has the hash. It accepts a request that was used: RequireUnspent does not.
// A request that was not pushed needs nothing. Errors: *ErrorPage if another browser has opened the request.
func (s *Service) Open(ctx context.Context, r *AuthorizationRequest, browser []byte) error {
	if r.pushed == nil {
		return nil
	}
	name := hex.EncodeToString(browser)
	if r.pushed.Browser == "" {
		err := s.Store.Write(ctx, func(tx *store.Tx) error {
			locked, err := tx.LockPushedRequest(ctx, r.pushed.PoolID, r.pushed.Hash)
			if errors.Is(err, store.ErrNotFound) {
				return r.unusable()
			}
			if err != nil {
				return err
			}
			r.pushed.PushedRequest = locked
			if !locked.IsUsable(r.Client, s.Now()) || !locked.Open(name, s.Now()) {
				return r.unusable()
			}
			return tx.SavePushedRequest(ctx, locked)
		})
		if err != nil {
			return err
		}
	}
	if name == "" || r.pushed.Browser != name {
		return r.unusable()
	}
	r.pushed.openedBy = name
	return nil
}

// RequireUnspent checks that a request has not got its answer yet. Only a pushed request can have one. Errors: *ErrorPage.
func (r *AuthorizationRequest) RequireUnspent() error {
	if r.pushed != nil && r.pushed.Spent {
		return r.unusable()
	}
	return nil
}

// IsPushed reports whether the application has pushed the request, so that it can get only one answer.
func (r *AuthorizationRequest) IsPushed() bool { return r.pushed != nil }
