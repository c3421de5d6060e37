package login

import (
	"errors"
	"net/http"
	"net/url"

	"cognate/account"
	"cognate/api"
	"cognate/store"
)

// linkCode is the parameter of a link in a message that has the code. Source: docs/behaviour.md §4.1.
const linkCode = "confirmation_code"

// isLink reports whether the request is that of a link in a message that confirms a user.
func (v *visit) isLink() bool { return v.r.URL.Query().Has(linkCode) }

// followLink confirms the user whom the link in a message names. It needs no authorization request, so it also works for clients
// without OAuth. A HEAD request changes nothing: mail programs send it to check links.
func (v *visit) followLink() error {
	form := v.r.URL.Query()
	client, err := v.Store.AppClient(v.r.Context(), form.Get("client_id"))
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != v.site.Pool.ID {
		return &errorPage
	}
	if err != nil {
		return err
	}
	v.client = client
	page := &view{Heading: v.text("confirm.title"), data: v.linkToApplication()}
	if v.r.Method == http.MethodHead {
		return v.write(page)
	}
	_, err = v.Users.ConfirmSignUp(v.r.Context(), &account.Confirmation{
		ClientRequest: v.clientRequest(), Username: form.Get("user_name"), Code: form.Get(linkCode), OnPage: true,
	})
	refusal, ok := errors.AsType[*api.Error](err)
	switch {
	case err == nil:
		page.Notice = v.text("confirm.done")
	case account.IsAlreadyConfirmed(err):
		page.Notice = v.text("confirm.already")
	case ok && client.HidesUsers() && v.site.Pool.UsesUsernameAttributes():
		page.Alert, page.status = v.text("confirm.used"), http.StatusBadRequest
	case ok:
		page.Alert, page.status = v.alertText(refusal), http.StatusBadRequest
	default:
		return err
	}
	return v.write(page)
}

// linkToApplication returns the link to the sign-in of a client that has an address to return to; else none.
func (v *visit) linkToApplication() []link {
	o := v.client.OAuth
	to := o.DefaultRedirectURI
	if to == "" && len(o.CallbackURLs) > 0 {
		to = o.CallbackURLs[0]
	}
	if !o.Enabled || to == "" || !o.Allows(api.OAuthFlowTypeCode) || v.site.Pool.RequiresPushedRequests(v.client) {
		return nil
	}
	query := url.Values{"client_id": {v.client.ID}, "response_type": {"code"}, "redirect_uri": {to}}
	return []link{{Label: v.text("signin.submit"), URL: v.site.Path + "/login?" + query.Encode()}}
}
