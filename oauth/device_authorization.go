package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"cognate"
	"cognate/signin"
	"cognate/throttle"
	"cognate/tokens"
)

const (
	pathDeviceAuthorization = "/oauth2/device_authorization"
	grantDeviceCode         = "urn:ietf:params:oauth:grant-type:device_code"
)

// The path of the page on which a user enters the code of a device, and its parameter.
const (
	DevicePath        = "/device"
	UserCodeParameter = "user_code"
)

// deviceOnce are the parameters of a device authorization request. None may appear twice.
var deviceOnce = append([]string{"scope", "resource"}, authenticationOnce...)

// deviceAnswer is the answer to a device authorization request. Source: RFC 8628 section 3.2.
type deviceAnswer struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int64  `json:"expires_in"`
	Interval                int64  `json:"interval"`
}

// deviceAuthorization starts an authorization of a device. Source: RFC 8628 section 3.1.
func (e *ClientEndpoints) deviceAuthorization(w http.ResponseWriter, r *http.Request, site *Site) {
	codes, err := e.startDevice(r, site)
	if errors.Is(err, throttle.ErrExceeded) {
		w.Header().Set("Retry-After", "3600")
		answer(r.Context(), w, http.StatusTooManyRequests, nil, errTooManyRequests)
		return
	}
	if err != nil {
		answer(r.Context(), w, http.StatusBadRequest, nil, err)
		return
	}
	page := site.URL + DevicePath
	answer(r.Context(), w, http.StatusOK, &deviceAnswer{
		DeviceCode: codes.Device, UserCode: codes.User, VerificationURI: page,
		VerificationURIComplete: page + "?" + url.Values{UserCodeParameter: {codes.User}}.Encode(),
		ExpiresIn:               int64(cognate.DeviceCodeTTL / time.Second), Interval: int64(codes.Interval / time.Second),
	}, nil)
}

// startDevice reads the request. A client that may use no user's account in this way is unauthorized before its scopes are read.
func (e *ClientEndpoints) startDevice(r *http.Request, site *Site) (*signin.DeviceCodes, error) {
	form, err := readForm(r, deviceOnce...)
	if err != nil {
		return nil, err
	}
	client, err := e.authenticate(r, site, form)
	if err != nil {
		return nil, err
	}
	if !site.Pool.AllowsDeviceGrant(client) {
		return nil, refuse(CodeUnauthorizedClient, "the client does not have the device grant")
	}
	resource := form.Get("resource")
	if resource != "" && !isResource(resource) {
		return nil, refuse(CodeInvalidTarget, "")
	}
	custom, err := customScopes(r.Context(), e.Store, client, form.Get("scope"))
	if err != nil {
		return nil, err
	}
	scopes, ok := requestedScopes(client, form.Get("scope"), custom)
	if !ok {
		return nil, refuse(codeInvalidScope, "")
	}
	codes, err := e.Engine.StartDevice(r.Context(), &signin.DeviceRequest{ClientRequest: request(site, client), Scopes: scopes, Resource: resource})
	if errors.Is(err, throttle.ErrExceeded) {
		return nil, err
	}
	if err != nil {
		return nil, refusalOf(err)
	}
	return codes, nil
}

// exchangeDevice answers grant_type grantDeviceCode.
func exchangeDevice(ctx context.Context, e *ClientEndpoints, r cognate.ClientRequest, form url.Values) (*tokens.Set, error) {
	if form.Get("device_code") == "" {
		return nil, refuse(CodeInvalidRequest, "")
	}
	return e.Engine.ExchangeDevice(ctx, &signin.CodeExchange{ClientRequest: r, Code: form.Get("device_code"), Resource: form.Get("resource")})
}
