package account_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

var errNoTracking = api.InvalidUserPoolConfigurationException("Device tracking not currently enabled for this pool.")

// tracking returns a pool without MFA that tracks devices and whose user ann is signed in on a new device.
func tracking(t *testing.T, s *cognatetest.Server) (*cognatetest.UserPool, *api.AuthenticationResultType) {
	t.Helper()
	p := s.Pool(t, cognatetest.TrackDevices(true, false))
	p.MustUser("ann")
	return p, p.MustSignIn("ann", "").AuthenticationResult
}

func getDevice(t *testing.T, p *cognatetest.UserPool, access, key string) (*api.DeviceType, error) {
	t.Helper()
	out, err := p.Client.GetDevice(t.Context(), &api.GetDeviceInput{AccessToken: access, DeviceKey: key})
	if err != nil {
		return nil, err
	}
	return out.Device, nil
}

func updateDevice(t *testing.T, p *cognatetest.UserPool, access, key string, status api.DeviceRememberedStatusType) error {
	t.Helper()
	_, err := p.Client.UpdateDeviceStatus(t.Context(), &api.UpdateDeviceStatusInput{
		AccessToken: access, DeviceKey: key, DeviceRememberedStatus: status,
	})
	return err
}

func forgetDevice(t *testing.T, p *cognatetest.UserPool, access, key string) error {
	t.Helper()
	_, err := p.Client.ForgetDevice(t.Context(), &api.ForgetDeviceInput{AccessToken: access, DeviceKey: key})
	return err
}

// attribute returns the value of an attribute, or "".
func attribute(d *api.DeviceType, name string) string {
	for _, a := range d.DeviceAttributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

func TestUpdateDeviceStatus(t *testing.T) {
	t.Parallel()
	p, tokens := tracking(t, cognatetest.Start(t))
	d := p.MustConfirmDevice(tokens)
	p.Clock.Advance(time.Minute)
	for _, status := range []api.DeviceRememberedStatusType{"not_remembered", "remembered", ""} {
		if err := updateDevice(t, p, tokens.AccessToken, d.Key, status); err != nil {
			t.Fatalf("UpdateDeviceStatus(%q) = %v", status, err)
		}
		want := status
		if want == "" { // no change
			want = "remembered"
		}
		got := cognatetest.Try(getDevice(t, p, tokens.AccessToken, d.Key)).Of(t)
		if attribute(got, "dev:device_remembered_status") != string(want) || got.DeviceLastModifiedDate != api.EpochOf(p.Clock.Now()) {
			t.Errorf("after %q: %+v", status, got)
		}
	}
	p.Must(t).AdminUpdateDeviceStatus(&api.AdminUpdateDeviceStatusInput{
		UserPoolId: p.PoolID, Username: "ann", DeviceKey: d.Key, DeviceRememberedStatus: "not_remembered",
	})
	got := cognatetest.Try(getDevice(t, p, tokens.AccessToken, d.Key)).Of(t)
	if status := attribute(got, "dev:device_remembered_status"); status != "not_remembered" {
		t.Errorf("after AdminUpdateDeviceStatus: %q, want not_remembered", status)
	}
}

func TestUserIsAskedToRemember(t *testing.T) {
	t.Parallel()
	p, _ := tracking(t, cognatetest.Start(t))
	for onPrompt, status := range map[bool]string{true: "not_remembered", false: "remembered"} {
		p.MustTrackDevices(true, onPrompt)
		tokens := p.MustSignIn("ann", "").AuthenticationResult
		d, in := p.NewDevice(tokens)
		out := p.Must(t).ConfirmDevice(in)
		if out.UserConfirmationNecessary == nil || *out.UserConfirmationNecessary != onPrompt {
			t.Errorf("on prompt %v: UserConfirmationNecessary = %v", onPrompt, out.UserConfirmationNecessary)
		}
		got := cognatetest.Try(getDevice(t, p, tokens.AccessToken, d.Key)).Of(t)
		if attribute(got, "dev:device_remembered_status") != status {
			t.Errorf("on prompt %v: %+v, want %s", onPrompt, got, status)
		}
	}
}

// A sign-in confirms only the device whose keys it got, and only once.
func TestConfirmDeviceRefuses(t *testing.T) {
	t.Parallel()
	p, tokens := tracking(t, cognatetest.Start(t))
	p.MustUser("bob")
	bobs := p.MustSignIn("bob", "").AuthenticationResult
	again := p.MustSignIn("ann", "").AuthenticationResult
	errKey := api.InvalidParameterException("Invalid device key given.")
	d, in := p.NewDevice(tokens)
	confirm := func(access, key string) error {
		other := *in
		other.AccessToken, other.DeviceKey = access, key
		_, err := p.Client.ConfirmDevice(t.Context(), &other)
		return err
	}
	cognatetest.WantError(t, "a key made up", confirm(tokens.AccessToken, "us-east-1_0"), errKey)
	cognatetest.WantError(t, "another sign-in's key", confirm(tokens.AccessToken, again.NewDeviceMetadata.DeviceKey), errKey)
	cognatetest.WantError(t, "another user's key", confirm(tokens.AccessToken, bobs.NewDeviceMetadata.DeviceKey), errKey)
	cognatetest.WantError(t, "another user's token", confirm(bobs.AccessToken, in.DeviceKey), errKey)
	cognatetest.WantError(t, "no token", confirm("x.y.z", in.DeviceKey), api.ErrInvalidAccessToken)
	if err := confirm(tokens.AccessToken, in.DeviceKey); err != nil {
		t.Fatalf("ConfirmDevice() = %v", err)
	}
	cognatetest.WantCode(t, "ConfirmDevice(again)", confirm(tokens.AccessToken, in.DeviceKey), api.CodeDeviceKeyExistsException)
	onIt := p.MustSignInOn("ann", d)
	cognatetest.WantCode(t, "ConfirmDevice(a known one)", confirm(onIt.AccessToken, in.DeviceKey), api.CodeDeviceKeyExistsException)
	if err := forgetDevice(t, p, onIt.AccessToken, in.DeviceKey); err != nil {
		t.Fatalf("ForgetDevice() = %v", err)
	}
	cognatetest.WantError(t, "ConfirmDevice(forgotten)", confirm(tokens.AccessToken, in.DeviceKey), errKey)
}

func TestConfirmDeviceRefusesVerifiers(t *testing.T) {
	t.Parallel()
	p, tokens := tracking(t, cognatetest.Start(t))
	_, in := p.NewDevice(tokens)
	good := *in.DeviceSecretVerifierConfig
	text := base64.StdEncoding.EncodeToString
	bad := map[string]*api.DeviceSecretVerifierConfigType{
		"nothing":             nil,
		"an empty one":        {},
		"no salt":             {PasswordVerifier: good.PasswordVerifier},
		"no verifier":         {Salt: good.Salt},
		"a short salt":        {Salt: text([]byte("salt")), PasswordVerifier: good.PasswordVerifier},
		"a long salt":         {Salt: text([]byte(strings.Repeat("x", 100))), PasswordVerifier: good.PasswordVerifier},
		"salt not in base64":  {Salt: "%", PasswordVerifier: good.PasswordVerifier},
		"v not in base64":     {Salt: good.Salt, PasswordVerifier: "no base64"},
		"v of 0":              {Salt: good.Salt, PasswordVerifier: text(make([]byte, 384))},
		"v of 1":              {Salt: good.Salt, PasswordVerifier: text([]byte{1})},
		"v above N":           {Salt: good.Salt, PasswordVerifier: text(bytes.Repeat([]byte{0xff}, 384))},
		"v as long as a film": {Salt: good.Salt, PasswordVerifier: text([]byte(strings.Repeat("x", 1<<15)))},
	}
	for what, verifier := range bad {
		in.DeviceSecretVerifierConfig = verifier
		_, err := p.Client.ConfirmDevice(t.Context(), in)
		cognatetest.WantCode(t, "ConfirmDevice with "+what, err, api.CodeInvalidParameterException)
	}
	in.DeviceSecretVerifierConfig = &good
	p.Must(t).ConfirmDevice(in)
}

// Every operation in a pool that does not track devices, and with devices that do not exist or belong to another user.
func TestDeviceOperationsRefuse(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, ann := tracking(t, s)
	p.MustUser("bob")
	bob := p.MustSignIn("bob", "").AuthenticationResult
	bobs := p.MustConfirmDevice(bob)
	untracked := s.Pool(t)
	untracked.MustUser("ann")
	elsewhere := untracked.MustSignIn("ann", "").AuthenticationResult

	for name, call := range map[string]func(p *cognatetest.UserPool, access, username, key string) error{
		"GetDevice": func(p *cognatetest.UserPool, access, _, key string) error {
			_, err := getDevice(t, p, access, key)
			return err
		},
		"UpdateDeviceStatus": func(p *cognatetest.UserPool, access, _, key string) error {
			return updateDevice(t, p, access, key, api.DeviceRememberedStatusTypeRemembered)
		},
		"UpdateDeviceStatus without a status": func(p *cognatetest.UserPool, access, _, key string) error {
			return updateDevice(t, p, access, key, "")
		},
		"ForgetDevice": func(p *cognatetest.UserPool, access, _, key string) error { return forgetDevice(t, p, access, key) },
		"AdminGetDevice": func(p *cognatetest.UserPool, _, username, key string) error {
			_, err := p.Client.AdminGetDevice(t.Context(), &api.AdminGetDeviceInput{UserPoolId: p.PoolID, Username: username, DeviceKey: key})
			return err
		},
		"AdminUpdateDeviceStatus": func(p *cognatetest.UserPool, _, username, key string) error {
			_, err := p.Client.AdminUpdateDeviceStatus(t.Context(), &api.AdminUpdateDeviceStatusInput{
				UserPoolId: p.PoolID, Username: username, DeviceKey: key, DeviceRememberedStatus: "remembered",
			})
			return err
		},
		"AdminForgetDevice": func(p *cognatetest.UserPool, _, username, key string) error {
			_, err := p.Client.AdminForgetDevice(t.Context(), &api.AdminForgetDeviceInput{UserPoolId: p.PoolID, Username: username, DeviceKey: key})
			return err
		},
	} {
		cognatetest.WantError(t, name+"(no tracking)", call(untracked, elsewhere.AccessToken, "ann", bobs.Key), errNoTracking)
		cognatetest.WantError(t, name+"(unknown device)", call(p, ann.AccessToken, "ann", "us-east-1_0"), api.ErrNoDevice)
		cognatetest.WantError(t, name+"(another user's)", call(p, ann.AccessToken, "ann", bobs.Key), api.ErrNoDevice)
		cognatetest.WantError(t, name+"(not confirmed)", call(p, ann.AccessToken, "ann", ann.NewDeviceMetadata.DeviceKey), api.ErrNoDevice)
		if !strings.HasPrefix(name, "Admin") {
			continue
		}
		want := api.ErrUserDoesNotExist
		if name == "AdminGetDevice" {
			want = api.ResourceNotFoundException(want.Message)
		}
		cognatetest.WantError(t, name+"(unknown user)", call(p, "", "eve", bobs.Key), want)
	}
	_, err := untracked.Client.ListDevices(t.Context(), &api.ListDevicesInput{AccessToken: elsewhere.AccessToken})
	cognatetest.WantError(t, "ListDevices(no tracking)", err, errNoTracking)
	_, err = untracked.Client.AdminListDevices(t.Context(), &api.AdminListDevicesInput{UserPoolId: untracked.PoolID, Username: "ann"})
	cognatetest.WantError(t, "AdminListDevices(no tracking)", err, errNoTracking)
	_, err = p.Client.AdminListDevices(t.Context(), &api.AdminListDevicesInput{UserPoolId: p.PoolID, Username: "eve"})
	cognatetest.WantCode(t, "AdminListDevices(unknown user)", err, api.CodeResourceNotFoundException)
	_, err = untracked.Client.ConfirmDevice(t.Context(), &api.ConfirmDeviceInput{AccessToken: elsewhere.AccessToken, DeviceKey: "us-east-1_0"})
	cognatetest.WantError(t, "ConfirmDevice(no tracking)", err, errNoTracking)
	if _, err := getDevice(t, p, bob.AccessToken, bobs.Key); err != nil {
		t.Errorf("GetDevice(bob's, after the refused calls) = %v", err)
	}
}

func TestDevicesGoWithTheirUser(t *testing.T) {
	t.Parallel()
	p, tokens := tracking(t, cognatetest.Start(t))
	d := p.MustConfirmDevice(tokens)
	p.Must(t).DeleteUser(&api.DeleteUserInput{AccessToken: tokens.AccessToken})
	p.MustUser("ann")
	_, err := p.SignInOn("ann", d.Key)
	cognatetest.WantError(t, "another ann's sign-in on it", err, api.ErrNoDevice)
}

// Of racing confirmations of one device, exactly one succeeds.
func TestRacingConfirmations(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, tokens := tracking(t, s)
		_, in := p.NewDevice(tokens)
		var wg sync.WaitGroup
		wins := make(chan struct{}, 20)
		for range cap(wins) {
			wg.Go(func() {
				_, err := p.Client.ConfirmDevice(t.Context(), in)
				if err == nil {
					wins <- struct{}{}
					return
				}
				cognatetest.WantCode(t, "a racing ConfirmDevice", err, api.CodeDeviceKeyExistsException)
			})
		}
		wg.Wait()
		if len(wins) != 1 {
			t.Errorf("%d of %d racing confirmations succeeded, want 1", len(wins), cap(wins))
		}
	})
}

func TestConfirmationRacesDeletion(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, _ := tracking(t, s)
		for range 10 {
			p.MustUser("bob")
			tokens := p.MustSignIn("bob", "").AuthenticationResult
			sub := p.Must(t).GetUser(&api.GetUserInput{AccessToken: tokens.AccessToken}).UserAttributes[0].Value
			d, in := p.NewDevice(tokens)
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = p.Client.ConfirmDevice(t.Context(), in) }) // succeeds before the deletion, and fails after it
			wg.Go(func() {
				_, err := p.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "bob"})
				if err != nil {
					t.Errorf("AdminDeleteUser() = %v", err)
				}
			})
			wg.Wait()
			if _, err := s.Store.Device(t.Context(), p.PoolID, sub, d.Key); err == nil {
				t.Error("the device of a deleted user is still there")
			}
		}
	})
}
