package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cognate"
	"cognate/audit"
	"cognate/risk"
	"cognate/store"
)

// The refusals of client authentication. Source: docs/behaviour.md §7.2.
// Assumed: a request that names no client is invalid_request. A public client that sends a client secret is refused, as with a
// wrong one.
var (
	errNoClient      = refuse(CodeInvalidRequest, "")
	errUnknownClient = refuse(codeInvalidClient, "")
	errWrongSecret   = refuse(codeInvalidClient, "invalid_client_secret")
)

// authenticate returns the client of a request. A client with an address of keys must prove a private key, and cannot use a secret,
// which is less secure. Another client with a secret must prove it, by HTTP Basic or in the form. authenticate sets the client in the
// audit event.
// Errors: *Refusal. Source: RFC 6749 section 2.3.1.
func (e *ClientEndpoints) authenticate(r *http.Request, site *Site, form url.Values) (*cognate.AppClient, error) {
	if form.Has("client_assertion") || form.Has("client_assertion_type") {
		return e.authenticateByKey(r, site, form)
	}
	ctx := r.Context()
	id, secrets, err := clientCredentials(r.Header, form)
	if err != nil {
		return nil, err
	}
	client, err := e.Store.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != site.Pool.ID {
		return nil, errUnknownClient
	}
	if err != nil {
		return nil, err
	}
	audit.SetClient(ctx, site.Pool.ID, client.ID)
	isRight := slices.ContainsFunc(secrets, client.IsSecret)
	switch {
	case site.Pool.KeysURI(client) != "":
		return nil, errNeedsAssertion
	case client.HasSecret() && !isRight:
		return nil, errWrongSecret
	case !client.HasSecret() && len(secrets) > 0:
		return nil, errWrongSecret
	}
	if err := risk.RequireAllowed(ctx, site.Pool, client); err != nil {
		return nil, refusalOf(err)
	}
	return client, nil
}

// ProvesSecret reports whether a request at a site has the right secret of one of the pool's clients, by HTTP Basic or in the form. The
// client must not be openly registered.
func ProvesSecret(ctx context.Context, st *store.Store, site *Site, h http.Header, body string) (bool, error) {
	form, err := parseForm(body, []string{"client_id", "client_secret"})
	if err != nil {
		return false, nil //nolint:nilerr // a malformed request proves nothing; the endpoint refuses it
	}
	id, secrets, err := clientCredentials(h, form)
	if err != nil || len(secrets) == 0 {
		return false, nil //nolint:nilerr // as above
	}
	client, err := st.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && client.PoolID == site.Pool.ID && !client.IsOpenlyRegistered() && slices.ContainsFunc(secrets, client.IsSecret), err
}

// clientCredentials returns the ID of the client in a request, and the secret, if there is one. For a header, it returns the
// secret as it was sent and also percent-decoded: RFC 6749 requires clients to encode it, and many do not. A header and a form
// that disagree are refused. Errors: *Refusal.
func clientCredentials(h http.Header, form url.Values) (id string, secrets []string, err error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if headers := h.Values("Authorization"); len(headers) > 0 {
		basicID, basic, ok := basicCredentials(headers)
		isOther := id != "" && id != basicID || secret != "" && !slices.Contains(basic, secret)
		if !ok || isOther {
			return "", nil, errUnknownClient
		}
		return basicID, basic, nil
	}
	switch {
	case id == "":
		return "", nil, errNoClient
	case secret == "":
		return id, nil, nil
	default:
		return id, []string{secret}, nil
	}
}

// basicCredentials returns the credentials of a Basic header; false unless there is exactly one such header. Source: RFC 7617.
func basicCredentials(headers []string) (id string, secrets []string, ok bool) {
	scheme, encoded, _ := strings.Cut(headers[0], " ")
	if len(headers) != 1 || !strings.EqualFold(scheme, "Basic") {
		return "", nil, false
	}
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(encoded), "="))
	if err != nil || !isText(string(decoded)) {
		return "", nil, false
	}
	id, secret, ok := strings.Cut(string(decoded), ":")
	if !ok || id == "" {
		return "", nil, false
	}
	if plain, err := url.QueryUnescape(id); err == nil && isText(plain) {
		id = plain // IDs have no character that decoding changes
	}
	if secret == "" {
		return id, nil, true
	}
	secrets = []string{secret}
	if plain, err := url.QueryUnescape(secret); err == nil && plain != secret && isText(plain) {
		secrets = append(secrets, plain)
	}
	return id, secrets, true
}
