package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/signin"
	"cognate/store"
	"cognate/throttle"
	"cognate/trash"
)

// Registrations serves /oauth2/register. Applications register app clients there, and these clients read, change and delete their
// registrations. All fields are required. Source: RFC 7591; RFC 7592; docs/behaviour.md §7.7.
type Registrations struct {
	Store  *store.Store
	Engine *signin.Engine
	Quotas cognate.Quotas
	Limits throttle.Limits
	Trash  trash.Bin
	Now    func() time.Time
}

const pathRegister = "/oauth2/register"

// Mount adds the endpoints.
func (g *Registrations) Mount(on *Endpoints) {
	on.Handle("POST "+pathRegister, g.serve(http.StatusCreated, g.register))
	on.Handle("GET "+pathRegister+"/{client}", g.serve(http.StatusOK, g.read))
	on.Handle("PUT "+pathRegister+"/{client}", g.serve(http.StatusOK, g.change))
	on.Handle("DELETE "+pathRegister+"/{client}", g.serve(http.StatusNoContent, g.remove))
}

// The refusals of registrations. Source: RFC 6750 section 3.1; RFC 7592 section 2.
//
// Assumed: too many registrations from one address are temporarily_unavailable, and a registration beyond the quota is
// access_denied.
var (
	errNoRegistrationToken = refuse(codeInvalidToken, "")
	errTooManyClients      = refuse("temporarily_unavailable", "too many registrations")
	errNoRoom              = refuse(CodeAccessDenied, "the user pool has no room for another app client")
)

// registrationStatus has the statuses of refusals other than 400.
var registrationStatus = map[*Refusal]int{
	errNoRegistrationToken: http.StatusUnauthorized, errTooManyClients: http.StatusTooManyRequests, errNoRoom: http.StatusForbidden,
}

// serve returns a handler. A pool in which clients cannot register has no endpoint.
func (g *Registrations) serve(status int, fn func(r *http.Request, site *Site) (*registration, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request, site *Site) {
		if !site.Pool.RegistersClients() {
			http.NotFound(w, r)
			return
		}
		protect(w.Header(), site)
		made, err := fn(r, site)
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			status := http.StatusBadRequest
			if other, ok := registrationStatus[refusal]; ok {
				status = other
			}
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error=%q", refusal.Code))
			}
			if status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "3600")
			}
			answer(r.Context(), w, status, nil, refusal)
			return
		}
		if err == nil && status == http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		answer(r.Context(), w, status, made, err)
	}
}

// registration is the answer with the registration of a client. Source: RFC 7591 section 3.2.1; RFC 7592 section 3.
type registration struct {
	ClientID      string `json:"client_id"`
	Secret        string `json:"client_secret,omitzero"`
	IssuedAt      int64  `json:"client_id_issued_at"`
	SecretExpires *int64 `json:"client_secret_expires_at,omitzero"` // 0 means never; nil without a secret
	ClientMetadata
	Token string `json:"registration_access_token"`
	URL   string `json:"registration_client_uri"`
}

func registrationOf(site *Site, c *cognate.AppClient, token string) *registration {
	made := &registration{
		ClientID: c.ID, Secret: c.ShownSecret(), IssuedAt: c.CreatedAt.Unix(), ClientMetadata: metadataOf(c), Token: token,
		URL: site.URL + pathRegister + "/" + c.ID,
	}
	if made.Secret != "" {
		made.SecretExpires = new(int64)
	}
	return made
}

// register registers a new client.
func (g *Registrations) register(r *http.Request, site *Site) (*registration, error) {
	isOpen, err := g.admit(r, site)
	if err != nil {
		return nil, err
	}
	var m ClientMetadata
	if err := readMetadata(r, &m); err != nil {
		return nil, err
	}
	now, token := g.Now(), cognate.NewRegistrationToken()
	client := &cognate.AppClient{
		PoolID: site.Pool.ID, ID: cognate.NewClientID(), CreatedAt: now, ModifiedAt: now, AuthSessionValidity: cognate.DefaultAuthSessionValidity,
		// Users sign in on pages only, so an unverified application sees no password.
		AuthFlows:                  []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
		PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
		ClientTokens:               cognate.ClientTokens{RefreshTokenValidity: cognate.DefaultRefreshTokenDays, TokenRevocation: true},
		SupportedIdentityProviders: []string{cognate.LocalProvider},
		Registration:               &cognate.ClientRegistration{IsOpen: isOpen},
	}
	client.Registration.TokenHash = cognate.RegistrationTokenHash(client.ID, token)
	if err := setAuthMethod(client, &m, now); err != nil {
		return nil, err
	}
	err = g.Store.Write(r.Context(), func(tx *store.Tx) error { return g.add(r.Context(), tx, client, &m) })
	if err != nil {
		return nil, err
	}
	audit.SetClient(r.Context(), client.PoolID, client.ID)
	return registrationOf(site, client, token), nil
}

// admit reports whether a request is an open registration. Otherwise it has an access token with the scope for registrations, which is
// not bound to a key.
// Errors: *Refusal.
func (g *Registrations) admit(r *http.Request, site *Site) (isOpen bool, err error) {
	if len(r.Header.Values("Authorization")) == 0 {
		if !api.IsTrue(site.Pool.DCRConfiguration.OpenDcrEnabled) {
			return false, errNoRegistrationToken
		}
		return true, nil
	}
	found, err := g.Engine.InspectAccessToken(r.Context(), site.Pool, headerToken(r))
	if err != nil {
		return false, err
	}
	if found == nil || found.DPoPKey != "" || !slices.Contains(found.Scopes, cognate.ScopeRegistration) {
		return false, errNoRegistrationToken
	}
	return false, nil
}

// headerToken returns the bearer token in the header of a request; "" unless there is exactly one. Source: RFC 6750 section 2.1.
func headerToken(r *http.Request) string {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// readMetadata reads the JSON object in the body of a request. Errors: *Refusal.
func readMetadata(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refuse(CodeInvalidRequest, "the body is not JSON")
	}
	if err := json.UnmarshalRead(r.Body, into); err != nil {
		return refuseMetadata("the body is not an object with members of the right types")
	}
	return nil
}

// setAuthMethod sets how a new client authenticates, and makes its secret if it needs one. Errors: *Refusal.
// Source: RFC 7591 section 2.
func setAuthMethod(c *cognate.AppClient, m *ClientMetadata, now time.Time) error {
	method := cmp.Or(m.AuthMethod, authBasic)
	switch method {
	case authNone:
	case authKey:
		if err := setKeysURI(c, m); err != nil {
			return err
		}
	case authBasic, authPost:
		c.Secrets = []cognate.ClientSecret{{Value: cognate.NewClientSecret(), Created: now.Truncate(time.Millisecond)}}
	default:
		return refuseMetadata("token_endpoint_auth_method is not supported")
	}
	c.Registration.AuthMethod = method
	return nil
}

// setKeysURI sets the address of the keys of a client. Keys in the metadata itself ("jwks") are not supported: a client could not
// replace them without its registration token. Errors: *Refusal.
func setKeysURI(c *cognate.AppClient, m *ClientMetadata) error {
	if cognate.CheckKeysURI(m.KeysURI) != nil {
		return refuseMetadata("private_key_jwt needs jwks_uri, an address with https")
	}
	c.Registration.KeysURI = m.KeysURI
	return nil
}

// add checks a client and stores it, if its pool has room. Errors: *Refusal.
func (g *Registrations) add(ctx context.Context, tx *store.Tx, client *cognate.AppClient, m *ClientMetadata) error {
	apply, err := g.lock(ctx, tx, client.PoolID)
	if err != nil {
		return err
	}
	if err := apply(client, m); err != nil {
		return err
	}
	err = g.Limits.CountRegistration(ctx, tx, client.PoolID, cognate.OriginFrom(ctx).IPAddress, g.Now())
	if errors.Is(err, throttle.ErrExceeded) {
		return errTooManyClients
	}
	if err != nil {
		return err
	}
	err = g.Quotas.Require(cognate.QuotaAppClients, func() (int, error) { return tx.CountAppClients(ctx, client.PoolID) })
	if _, ok := errors.AsType[*api.Error](err); ok {
		return errNoRoom
	}
	if err != nil {
		return err
	}
	return tx.CreateAppClient(ctx, client)
}

// lock locks a pool in which clients can register, and returns what applies metadata to a client of it.
func (g *Registrations) lock(ctx context.Context, tx *store.Tx, poolID string) (func(*cognate.AppClient, *ClientMetadata) error, error) {
	pool, err := tx.LockUserPool(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if !pool.RegistersClients() {
		return nil, errNoRegistrationToken
	}
	custom, err := tx.CustomScopes(ctx, poolID)
	if err != nil {
		return nil, err
	}
	providers, err := tx.ProviderNames(ctx, poolID)
	if err != nil {
		return nil, err
	}
	return (&registrar{pool: pool, custom: custom, providers: providers}).apply, nil
}
