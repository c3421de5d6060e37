package signin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/signin"
	"cognate/throttle"
	"cognate/tokens"
)

// newDeviceGrant returns an engine whose client has the device grant.
func newDeviceGrant(t *testing.T) *engineFixture {
	t.Helper()
	f := newOAuth(t)
	f.pool.Tags = map[string]string{"cognate:client/" + f.client.ID + "/device-grant": "on"}
	return f
}

func (f *engineFixture) request() cognate.ClientRequest {
	return cognate.ClientRequest{Pool: f.pool, Client: f.client}
}

func (f *engineFixture) mustStartDevice() *signin.DeviceCodes {
	f.t.Helper()
	codes, err := f.StartDevice(f.t.Context(), &signin.DeviceRequest{
		ClientRequest: f.request(), Scopes: []string{"openid", "orders/read"}, Resource: "https://api.example",
	})
	if err != nil {
		f.t.Fatalf("StartDevice() = %v", err)
	}
	return codes
}

func (f *engineFixture) poll(codes *signin.DeviceCodes) (*tokens.Set, error) {
	return f.ExchangeDevice(f.t.Context(), &signin.CodeExchange{ClientRequest: f.request(), Code: codes.Device})
}

func (f *engineFixture) mustApprove(codes *signin.DeviceCodes, sso *signin.SSO) {
	f.t.Helper()
	d, err := f.FindDevice(f.t.Context(), f.pool, codes.User)
	if err != nil {
		f.t.Fatalf("FindDevice() = %v", err)
	}
	if err := f.ApproveDevice(f.t.Context(), f.request(), d, &sso.Session); err != nil {
		f.t.Fatalf("ApproveDevice() = %v", err)
	}
}

// The tokens of a device have what its request and the user's sign-in say.
func TestExchangeDevice(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	codes := f.mustStartDevice()
	if _, err := f.poll(codes); !errors.Is(err, signin.ErrDevicePending) {
		t.Errorf("ExchangeDevice() before the decision = %v, want %v", err, signin.ErrDevicePending)
	}
	sso := f.mustSignInOnPage()
	signedIn := f.now
	f.now = f.now.Add(time.Minute)
	f.mustApprove(codes, sso)
	set, err := f.poll(codes)
	if err != nil || set.Refresh == "" {
		t.Fatalf("ExchangeDevice() = %v, %v", set, err)
	}
	for what, token := range map[string]string{"access": set.Access, "ID": set.ID} {
		got := claims(t, token)
		for name, want := range map[string]any{
			"sub": f.user.Sub, "auth_time": float64(signedIn.Unix()), "acr": "urn:cognito:loa:4", "amr": []any{"pwd", "otp", "mfa"},
		} {
			if diff := cmp.Diff(want, got[name]); diff != "" {
				t.Errorf("%s of the %s token (-want +got):\n%s", name, what, diff)
			}
		}
	}
	access := claims(t, set.Access)
	if access["scope"] != "openid orders/read" || access["aud"] != "https://api.example" || claims(t, set.ID)["sid"] != sso.Session.ID {
		t.Errorf("access token %v, ID token %v", access, claims(t, set.ID))
	}
	if _, err := f.Refresh(t.Context(), f.attempt(), signin.RefreshRequest{Token: set.Refresh}); err != nil {
		t.Errorf("Refresh() = %v", err)
	}
	f.now = codes.Expires.Add(time.Minute)
	if _, err := f.poll(codes); !errors.Is(err, signin.ErrDeviceExpired) {
		t.Errorf("ExchangeDevice(used code) = %v, want %v", err, signin.ErrDeviceExpired)
	}
	if n := f.liveGrants(); n != 0 {
		t.Errorf("%d grants after the second use, want none", n)
	}
}

// What a device gets instead of tokens.
func TestWrongDeviceExchanges(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	codes, sso := f.mustStartDevice(), f.mustSignInOnPage()
	f.mustApprove(codes, sso)
	other := *f.client
	other.ID, other.Name = "anotherclient0000000000000", "other"
	f.pool.Tags["cognate:client/other/device-grant"] = "on"
	off := *f.client
	off.ID = "clientwithoutthegrant00000"
	registered := *f.client
	registered.Registration = new(cognate.ClientRegistration)
	noCode := *f.client
	noCode.OAuth.Flows = []api.OAuthFlowType{api.OAuthFlowTypeImplicit}
	exchange := signin.CodeExchange{ClientRequest: f.request(), Code: codes.Device}
	for what, tt := range map[string]struct {
		change func(x *signin.CodeExchange)
		want   error
	}{
		"no code":       {func(x *signin.CodeExchange) { x.Code = "" }, signin.ErrInvalidCode},
		"unknown code":  {func(x *signin.CodeExchange) { x.Code = cognate.NewDeviceCode() }, signin.ErrInvalidCode},
		"the user code": {func(x *signin.CodeExchange) { x.Code = codes.User }, signin.ErrInvalidCode},
		"its hash":      {func(x *signin.CodeExchange) { x.Code = string(codes.Hash) }, signin.ErrInvalidCode},
		"an authorization code": {func(x *signin.CodeExchange) {
			x.Code = f.mustIssue(f.authorization(sso, "openid"))
		}, signin.ErrInvalidCode},
		"another pool":     {func(x *signin.CodeExchange) { x.Pool = &cognate.UserPool{ID: "us-east-1_B", Tags: f.pool.Tags} }, signin.ErrInvalidCode},
		"another client":   {func(x *signin.CodeExchange) { x.Client = &other }, signin.ErrInvalidCode},
		"another resource": {func(x *signin.CodeExchange) { x.Resource = "https://other.example" }, signin.ErrInvalidTarget},
		"no tag":           {func(x *signin.CodeExchange) { x.Client = &off }, signin.ErrFlowNotAllowed},
		"no code flow":     {func(x *signin.CodeExchange) { x.Client = &noCode }, signin.ErrFlowNotAllowed},
		"registered":       {func(x *signin.CodeExchange) { x.Client = &registered }, signin.ErrFlowNotAllowed},
	} {
		x := exchange
		tt.change(&x)
		if set, err := f.ExchangeDevice(t.Context(), &x); set != nil || !errors.Is(err, tt.want) {
			t.Errorf("ExchangeDevice(%s) = %v, %v, want %v", what, set, err, tt.want)
		}
	}
	for what, redirect := range map[string]string{"with": callback, "without": ""} {
		x := exchange
		x.RedirectURI = redirect
		if set, err := f.ExchangeCode(t.Context(), &x); set != nil || !errors.Is(err, signin.ErrInvalidCode) {
			t.Errorf("ExchangeCode(device code %s a redirect URI) = %v, %v, want %v", what, set, err, signin.ErrInvalidCode)
		}
	}
	if n := f.liveGrants(); n != 0 {
		t.Errorf("%d grants after wrong exchanges, want none", n)
	}
	if _, err := f.poll(codes); err != nil {
		t.Errorf("ExchangeDevice() after wrong exchanges = %v", err)
	}
}

// A user decides once, in time, and only about the device of the client.
func TestDecideDevice(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	sso := f.mustSignInOnPage()
	other := *f.client
	other.ID = "anotherclient0000000000000"
	f.pool.Tags["cognate:client/"+other.ID+"/device-grant"] = "on"
	denied, expired, ended := f.mustStartDevice(), f.mustStartDevice(), f.mustStartDevice()
	ofOther := cognate.ClientRequest{Pool: f.pool, Client: &other}
	if err := f.ApproveDevice(t.Context(), ofOther, denied.DeviceAuthorization, &sso.Session); !errors.Is(err, signin.ErrUserCode) {
		t.Errorf("ApproveDevice(another client) = %v, want %v", err, signin.ErrUserCode)
	}
	if err := f.ApproveDevice(t.Context(), f.request(), denied.DeviceAuthorization, nil); !errors.Is(err, signin.ErrSignInEnded) {
		t.Errorf("ApproveDevice(no session) = %v, want %v", err, signin.ErrSignInEnded)
	}
	if err := f.DenyDevice(t.Context(), f.request(), denied.DeviceAuthorization); err != nil {
		t.Errorf("DenyDevice() = %v", err)
	}
	if _, err := f.poll(denied); !errors.Is(err, signin.ErrDeviceDenied) {
		t.Errorf("ExchangeDevice(denied) = %v, want %v", err, signin.ErrDeviceDenied)
	}
	f.mustApprove(ended, sso)
	if _, err := f.EndSSOSession(t.Context(), f.pool, sso.Secret, noStep); err != nil {
		t.Fatal(err)
	}
	if _, err := f.poll(ended); !errors.Is(err, signin.ErrInvalidCode) {
		t.Errorf("ExchangeDevice() after the logout = %v, want %v", err, signin.ErrInvalidCode)
	}
	if err := f.ApproveDevice(t.Context(), f.request(), expired.DeviceAuthorization, &sso.Session); !errors.Is(err, signin.ErrSignInEnded) {
		t.Errorf("ApproveDevice(ended session) = %v, want %v", err, signin.ErrSignInEnded)
	}
	f.now = expired.Expires.Add(-time.Minute)
	sso = f.mustSignInOnPage() // it takes a minute
	for what, codes := range map[string]*signin.DeviceCodes{"denied": denied, "approved": ended, "expired": expired} {
		if err := f.ApproveDevice(t.Context(), f.request(), codes.DeviceAuthorization, &sso.Session); !errors.Is(err, signin.ErrUserCode) {
			t.Errorf("ApproveDevice(%s) = %v, want %v", what, err, signin.ErrUserCode)
		}
		if err := f.DenyDevice(t.Context(), f.request(), codes.DeviceAuthorization); !errors.Is(err, signin.ErrUserCode) {
			t.Errorf("DenyDevice(%s) = %v, want %v", what, err, signin.ErrUserCode)
		}
		if _, err := f.FoundDevice(t.Context(), f.pool, codes.User); !errors.Is(err, signin.ErrUserCode) {
			t.Errorf("FoundDevice(%s) = %v, want %v", what, err, signin.ErrUserCode)
		}
	}
	if _, err := f.poll(expired); !errors.Is(err, signin.ErrDeviceExpired) {
		t.Errorf("ExchangeDevice(expired) = %v, want %v", err, signin.ErrDeviceExpired)
	}
}

// Early requests are counted in the database, also if they race.
func TestDevicePolls(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	codes := f.mustStartDevice()
	for i, tt := range []struct {
		after time.Duration
		want  error
	}{
		{0, signin.ErrDevicePending},
		{5 * time.Second, signin.ErrDevicePending},
		{4 * time.Second, signin.ErrDeviceTooFast},
		{9 * time.Second, signin.ErrDeviceTooFast},
		{15 * time.Second, signin.ErrDevicePending},
	} {
		f.now = f.now.Add(tt.after)
		if _, err := f.poll(codes); !errors.Is(err, tt.want) {
			t.Errorf("request %d = %v, want %v", i, err, tt.want)
		}
	}
	f.now = f.now.Add(15 * time.Second)
	var waited atomic.Int32
	raceAll(100, func() {
		if _, err := f.poll(codes); errors.Is(err, signin.ErrDevicePending) {
			waited.Add(1)
		}
	})
	d, err := f.FoundDevice(t.Context(), f.pool, codes.User)
	if err != nil || waited.Load() != 1 || d.Interval != 15*time.Second+99*5*time.Second {
		t.Errorf("of 100 racing requests %d had waited, and the interval is %s, %v", waited.Load(), d.Interval, err)
	}
}

// Of racing exchanges one gets tokens, and the others end them: two programs have the code.
func TestRacingDeviceExchanges(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	codes := f.mustStartDevice()
	f.mustApprove(codes, f.mustSignInOnPage())
	var won atomic.Int32
	raceAll(100, func() {
		if _, err := f.poll(codes); err == nil {
			won.Add(1)
		} else if !errors.Is(err, signin.ErrInvalidCode) {
			t.Errorf("ExchangeDevice() = %v, want %v", err, signin.ErrInvalidCode)
		}
	})
	if n := f.liveGrants(); won.Load() != 1 || n != 0 {
		t.Errorf("%d of 100 exchanges got tokens, and %d grants are left, want 1 and 0", won.Load(), n)
	}
}

// Browsers at one address can enter few wrong codes. Then right ones do not count either.
func TestUserCodeGuesses(t *testing.T) {
	t.Parallel()
	f := newDeviceGrant(t)
	f.Limits.WrongUserCodesPerHour = 3
	codes := f.mustStartDevice()
	from := func(address string) context.Context {
		return cognate.WithOrigin(t.Context(), cognate.Origin{IPAddress: address})
	}
	for i, tt := range []struct {
		address, code string
		after         time.Duration
		want          error
	}{
		{"192.0.2.1", "BBBB-BBBB", 0, signin.ErrUserCode},
		{"192.0.2.1", codes.User, 0, nil},
		{"192.0.2.1", "BBBB-BBBC", 0, signin.ErrUserCode},
		{"192.0.2.1", "BBBB-BBBD", 0, signin.ErrUserCode},
		{"192.0.2.1", codes.User, 0, throttle.ErrExceeded},
		{"192.0.2.2", codes.User, 0, nil},
		{"192.0.2.1", codes.User, time.Hour, signin.ErrUserCode}, // it has expired
	} {
		f.now = f.now.Add(tt.after)
		if _, err := f.FindDevice(from(tt.address), f.pool, tt.code); !errors.Is(err, tt.want) {
			t.Errorf("request %d: FindDevice(%s) from %s = %v, want %v", i, tt.code, tt.address, err, tt.want)
		}
	}
	f.Limits.DevicesPerHour = 1
	start := func(request *signin.DeviceRequest) error {
		_, err := f.StartDevice(from("192.0.2.3"), request)
		return err
	}
	request := &signin.DeviceRequest{ClientRequest: f.request(), Scopes: []string{"openid"}}
	if err := start(request); err != nil {
		t.Errorf("StartDevice() = %v", err)
	}
	if err := start(request); !errors.Is(err, throttle.ErrExceeded) {
		t.Errorf("StartDevice() beyond the limit = %v, want %v", err, throttle.ErrExceeded)
	}
	for _, scopes := range [][]string{nil, {"openid", "orders/write"}} {
		request.Scopes = scopes
		if err := start(request); !errors.Is(err, signin.ErrInvalidScope) {
			t.Errorf("StartDevice(scopes %q) = %v, want %v", scopes, err, signin.ErrInvalidScope)
		}
	}
}
