package device_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

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

// attribute returns the value of an attribute, or "".
func attribute(d *api.DeviceType, name string) string {
	for _, a := range d.DeviceAttributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

func TestConfirmedDevice(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p, tokens := tracking(t, s)
		signedIn := s.Clock.Now()
		s.Clock.Advance(time.Minute)
		d := p.MustConfirmDevice(tokens)
		owner := "ann." + p.PoolID
		want := &api.DeviceType{
			DeviceKey: d.Key,
			DeviceAttributes: []api.AttributeType{
				{Name: "device_status", Value: "valid"},
				{Name: "device_name", Value: "a laptop"},
				{Name: "dev:device_arn", Value: "arn:aws:cognito-idp:us-east-1:123456789012:owner/" + owner + "/device/" + d.Key},
				{Name: "dev:device_owner", Value: owner},
				{Name: "last_ip_used", Value: "127.0.0.1"},
				{Name: "dev:device_remembered_status", Value: "remembered"},
				{Name: "dev:device_sdk", Value: "aws-sdk-unknown-unknown"},
			},
			DeviceCreateDate: api.EpochOf(s.Clock.Now()), DeviceLastModifiedDate: api.EpochOf(s.Clock.Now()),
			DeviceLastAuthenticatedDate: api.EpochOf(signedIn),
		}
		if diff := cmp.Diff(want, cognatetest.Try(getDevice(t, p, tokens.AccessToken, d.Key)).Of(t)); diff != "" {
			t.Errorf("GetDevice() differs (-want +got):\n%s", diff)
		}
		admin := p.Must(t).AdminGetDevice(&api.AdminGetDeviceInput{
			UserPoolId: p.PoolID, Username: "ann", DeviceKey: d.Key,
		})
		if diff := cmp.Diff(want, admin.Device); diff != "" {
			t.Errorf("AdminGetDevice() differs (-want +got):\n%s", diff)
		}

		s.Clock.Advance(time.Minute)
		p.MustSignInOn("ann", d)
		got := cognatetest.Try(getDevice(t, p, tokens.AccessToken, d.Key)).Of(t)
		if got.DeviceLastAuthenticatedDate != api.EpochOf(s.Clock.Now()) || got.DeviceLastModifiedDate != want.DeviceLastModifiedDate {
			t.Errorf("after a sign-in: authenticated %v, modified %v", got.DeviceLastAuthenticatedDate, got.DeviceLastModifiedDate)
		}
	})
}

func TestListDevices(t *testing.T) {
	t.Parallel()
	p, tokens := tracking(t, cognatetest.Start(t))
	want := map[string]bool{}
	for range 5 {
		want[p.MustConfirmDevice(p.MustSignIn("ann", "").AuthenticationResult).Key] = true
	}
	p.MustUser("bob")
	p.MustConfirmDevice(p.MustSignIn("bob", "").AuthenticationResult)

	seen, token := map[string]bool{}, ""
	for page := 1; ; page++ {
		out := p.Must(t).ListDevices(&api.ListDevicesInput{
			AccessToken: tokens.AccessToken, Limit: new(2), PaginationToken: token,
		})
		for _, d := range out.Devices {
			seen[d.DeviceKey] = true
			if n := len(d.DeviceAttributes); n != 3 || attribute(&d, "dev:device_owner") != "" {
				t.Errorf("ListDevices() shows %v, want no attribute for developers", d.DeviceAttributes)
			}
		}
		if token = out.PaginationToken; token == "" {
			if page != 3 {
				t.Errorf("ListDevices() ends with page %d, want 3", page)
			}
			break
		}
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("ListDevices() differs (-want +got):\n%s", diff)
	}
	all := p.Must(t).AdminListDevices(&api.AdminListDevicesInput{UserPoolId: p.PoolID, Username: "ann"})
	if len(all.Devices) != len(want) || all.PaginationToken != "" || len(all.Devices[0].DeviceAttributes) != 7 {
		t.Errorf("AdminListDevices() = %+v, want %d devices with 7 attributes each", all, len(want))
	}
	_, err := p.Client.ListDevices(t.Context(), &api.ListDevicesInput{AccessToken: tokens.AccessToken, PaginationToken: "made-up"})
	cognatetest.WantCode(t, "ListDevices(made-up token)", err, api.CodeInvalidParameterException)
}
