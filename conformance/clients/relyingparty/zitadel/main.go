// Command zitadel is an application with the handlers of rp, the library of zitadel/oidc. Its EndSession sends the logout from the
// application, and the browser follows the redirect that it gets.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net/http"

	"cognate/conformance/clients/relyingparty"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	zitadelhttp "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// signedIn is a user of the application.
type signedIn struct {
	tokens *oidc.Tokens[*oidc.IDTokenClaims]
	email  string
}

type application struct {
	relyingparty.Settings
	party rp.RelyingParty

	user relyingparty.Kept[*signedIn]
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	a := &application{Settings: relyingparty.ReadSettings()}
	cookies := zitadelhttp.NewCookieHandler([]byte(rand.Text())[:16], []byte(rand.Text())[:16], zitadelhttp.WithUnsecure())
	var err error
	a.party, err = rp.NewRelyingPartyOIDC(ctx, a.Issuer, a.ClientID, a.ClientSecret, a.Callback(),
		[]string{oidc.ScopeOpenID, oidc.ScopeEmail}, rp.WithPKCE(cookies), rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /login", rp.AuthURLHandler(rand.Text, a.party))
	mux.Handle("GET /callback", rp.CodeExchangeHandler(rp.UserinfoCallback(a.callback), a.party))
	mux.Handle("GET /user", relyingparty.Handler(a.show))
	mux.Handle("GET /refresh", relyingparty.Handler(a.refresh))
	mux.Handle("GET /logout", relyingparty.Handler(a.signOut))
	return relyingparty.Serve(mux)
}

func (a *application) callback(
	w http.ResponseWriter, r *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty, info *oidc.UserInfo,
) {
	a.user.Set(&signedIn{tokens, info.Email})
	http.Redirect(w, r, "/user", http.StatusSeeOther)
}

func (a *application) show(w http.ResponseWriter, _ *http.Request) error {
	user := a.user.Get()
	if user == nil {
		return errors.New("signed out")
	}
	return relyingparty.JSON(w, map[string]string{"sub": user.tokens.IDTokenClaims.Subject, "email": user.email})
}

func (a *application) refresh(w http.ResponseWriter, r *http.Request) error {
	user := a.user.Get()
	if user == nil {
		return errors.New("signed out")
	}
	refreshed, err := rp.RefreshTokens[*oidc.IDTokenClaims](r.Context(), a.party, user.tokens.RefreshToken, "", "")
	if err != nil {
		return err
	}
	return relyingparty.JSON(w, map[string]string{"before": user.tokens.AccessToken, "after": refreshed.AccessToken})
}

func (a *application) signOut(w http.ResponseWriter, r *http.Request) error {
	user := a.user.Get()
	if user == nil {
		return errors.New("signed out")
	}
	a.user.Set(nil)
	next, err := rp.EndSession(r.Context(), a.party, user.tokens.IDToken, a.Origin+"/", "", "", nil)
	if err != nil {
		return err
	}
	http.Redirect(w, r, next.String(), http.StatusSeeOther)
	return nil
}
