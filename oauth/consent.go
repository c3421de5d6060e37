package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"cognate"
	"cognate/store"
	"cognate/tokens"
)

// ErrConsentRequired says that the user has not permitted the request of a client that registered itself.
var ErrConsentRequired = errors.New("oauth: the user has not permitted this")

// RedirectHost returns the host to which the browser takes the answer, as HostOf does.
func (r *AuthorizationRequest) RedirectHost() string { return HostOf(r.RedirectURI) }

// HostOf returns the host of an address of an application, or the scheme with ":" if it is not one of the web.
func HostOf(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "http" || u.Scheme == "https":
		return u.Hostname()
	default:
		return u.Scheme + ":"
	}
}

// ConsentScopes returns the scopes that the user must permit: those of the request, and those that show the other attributes that the
// client gets. It gets others if the request asks for them by name, or has the scope openid alone, which shows all attributes
// (docs/behaviour.md §3.2).
func (r *AuthorizationRequest) ConsentScopes() []string {
	scopes := slices.Clone(r.Scopes)
	if ofAttributes := tokens.AttributeScopes(); slices.Contains(scopes, cognate.ScopeOpenID) &&
		!slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(ofAttributes, s) }) {
		scopes = append(scopes, ofAttributes...)
	}
	for _, name := range slices.Concat(r.Claims.IDToken, r.Claims.UserInfo) {
		if scope := tokens.ScopeOf(name); !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// requireConsent checks that a user has permitted the request, if its client registered itself. Errors: ErrConsentRequired.
func (s *Service) requireConsent(ctx context.Context, r *AuthorizationRequest, sub string) error {
	if !r.Client.IsRegistered() {
		return nil
	}
	given, err := s.Store.Consent(ctx, r.Client.PoolID, sub, r.Client.ID, r.RedirectHost())
	if errors.Is(err, store.ErrNotFound) || err == nil && !given.Covers(r.ConsentScopes()) {
		return ErrConsentRequired
	}
	return err
}

// LeadsAway reports whether a redirect to an address of a client must wait until the user agrees. Anyone can register a client, and send
// a user to its address by a link to this server, which the user trusts. So the address of a client that registered itself needs the
// earlier consent of the user of the browser's session, which is nil without one, for the host of the address. The user has not
// allowed anything in an error or after a logout. Source: RFC 9700 section 4.11.2.
func (s *Service) LeadsAway(ctx context.Context, client *cognate.AppClient, address string, session *cognate.SSOSession) (bool, error) {
	if !client.IsRegistered() {
		return false, nil
	}
	if session == nil {
		return true, nil
	}
	_, err := s.Store.Consent(ctx, client.PoolID, session.Sub, client.ID, HostOf(address))
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// GiveConsent stores that the user of a session permits a request. Only clients that registered themselves need that.
func (s *Service) GiveConsent(ctx context.Context, r *AuthorizationRequest, session *cognate.SSOSession) error {
	if !r.Client.IsRegistered() {
		return nil
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockAppClient(ctx, r.Client.PoolID, r.Client.ID); err != nil {
			return err
		}
		given, err := tx.Consent(ctx, r.Client.PoolID, session.Sub, r.Client.ID, r.RedirectHost())
		if errors.Is(err, store.ErrNotFound) {
			given = &cognate.Consent{PoolID: r.Client.PoolID, Sub: session.Sub, ClientID: r.Client.ID, RedirectHost: r.RedirectHost()}
		} else if err != nil {
			return err
		}
		given.Add(r.ConsentScopes())
		given.Given = s.Now()
		return tx.SaveConsent(ctx, given)
	})
}
