package oauth

import (
	"context"
	"errors"
	"net/url"

	"cognate"
	"cognate/store"
)

// ErrConsentRequired says that the user has not permitted the request of a client that registered itself.
var ErrConsentRequired = errors.New("oauth: the user has not permitted this")

// RedirectHost returns the host to which the browser takes the answer, or the scheme of an application with ":".
func (r *AuthorizationRequest) RedirectHost() string {
	u, err := url.Parse(r.RedirectURI)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "http" || u.Scheme == "https":
		return u.Hostname()
	default:
		return u.Scheme + ":"
	}
}

// requireConsent checks that a user has permitted the request, if its client registered itself. Errors: ErrConsentRequired.
func (s *Service) requireConsent(ctx context.Context, r *AuthorizationRequest, sub string) error {
	if !r.Client.IsRegistered() {
		return nil
	}
	given, err := s.Store.Consent(ctx, r.Client.PoolID, sub, r.Client.ID, r.RedirectHost())
	if errors.Is(err, store.ErrNotFound) || err == nil && !given.Covers(r.Scopes) {
		return ErrConsentRequired
	}
	return err
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
		given.Add(r.Scopes)
		given.Given = s.Now()
		return tx.SaveConsent(ctx, given)
	})
}
