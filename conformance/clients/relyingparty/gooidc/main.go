// Command gooidc is an application with go-oidc and x/oauth2. The library has no logout: the application reads the address from the
// discovery document.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net/http"
	"net/url"

	"cognate/conformance/clients/relyingparty"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// request is an authorization request, until the user comes back.
type request struct{ state, nonce, verifier string }

type application struct {
	relyingparty.Settings
	provider   *oidc.Provider
	config     oauth2.Config
	endSession string

	request relyingparty.Kept[request]
	tokens  relyingparty.Kept[*oauth2.Token]
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	a := &application{Settings: relyingparty.ReadSettings()}
	var err error
	if a.provider, err = oidc.NewProvider(ctx, a.Issuer); err != nil {
		return err
	}
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := a.provider.Claims(&metadata); err != nil {
		return err
	}
	a.endSession = metadata.EndSession
	a.config = oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret, Endpoint: a.provider.Endpoint(), RedirectURL: a.Callback(),
		Scopes: []string{oidc.ScopeOpenID, "email"},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", a.signIn)
	mux.Handle("GET /callback", relyingparty.Handler(a.callback))
	mux.Handle("GET /user", relyingparty.Handler(a.user))
	mux.Handle("GET /refresh", relyingparty.Handler(a.refresh))
	mux.HandleFunc("GET /logout", a.signOut)
	return relyingparty.Serve(mux)
}

func (a *application) signIn(w http.ResponseWriter, r *http.Request) {
	q := request{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	a.request.Set(q)
	address := a.config.AuthCodeURL(q.state, oidc.Nonce(q.nonce), oauth2.S256ChallengeOption(q.verifier))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

func (a *application) callback(w http.ResponseWriter, r *http.Request) error {
	q := a.request.Get()
	a.request.Set(request{})
	if q.state == "" || r.FormValue("state") != q.state {
		return errors.New("another state")
	}
	token, err := a.config.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(q.verifier))
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := a.provider.VerifierContext(r.Context(), &oidc.Config{ClientID: a.ClientID}).Verify(r.Context(), raw)
	if err != nil {
		return err
	}
	if id.Nonce != q.nonce {
		return errors.New("another nonce")
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		return err
	}
	a.tokens.Set(token)
	http.Redirect(w, r, "/user", http.StatusSeeOther)
	return nil
}

func (a *application) user(w http.ResponseWriter, r *http.Request) error {
	token := a.tokens.Get()
	if token == nil {
		return errors.New("signed out")
	}
	info, err := a.provider.UserInfo(r.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	return relyingparty.JSON(w, map[string]string{"sub": info.Subject, "email": info.Email})
}

func (a *application) refresh(w http.ResponseWriter, r *http.Request) error {
	token := a.tokens.Get()
	if token == nil {
		return errors.New("signed out")
	}
	refreshed, err := a.config.TokenSource(r.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		return err
	}
	return relyingparty.JSON(w, map[string]string{"before": token.AccessToken, "after": refreshed.AccessToken})
}

func (a *application) signOut(w http.ResponseWriter, r *http.Request) {
	query := url.Values{"post_logout_redirect_uri": {a.Origin + "/"}}
	if token := a.tokens.Get(); token != nil {
		hint, _ := token.Extra("id_token").(string)
		query.Set("id_token_hint", hint)
	}
	a.tokens.Set(nil)
	http.Redirect(w, r, a.endSession+"?"+query.Encode(), http.StatusSeeOther)
}
