package cognatetest

import (
	"crypto/rand"
	"encoding/base64"

	"cognate/api"
	"cognate/authn/srp"
)

// Device is an application's part of a device: the keys that a sign-in returned, and the secret that the application made.
type Device struct {
	Key, GroupKey string
	Secret        string
}

func (d *Device) identity() srp.Identity { return srp.Identity{PoolName: d.GroupKey, Username: d.Key} }

// MustTrackDevices makes the pool track devices. If replaceMFA, a remembered device replaces the second factor. If
// onPrompt, users choose whether a device is remembered; otherwise devices are remembered immediately.
func (p *UserPool) MustTrackDevices(replaceMFA, onPrompt bool) {
	p.t.Helper()
	p.Must(p.t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, DeviceConfiguration: &api.DeviceConfigurationType{
			ChallengeRequiredOnNewDevice: new(replaceMFA), DeviceOnlyRememberedOnUserPrompt: new(onPrompt),
		},
	})
}

// NewDevice returns a device with the keys of a sign-in's tokens and a new secret, and the input of ConfirmDevice.
func (p *UserPool) NewDevice(result *api.AuthenticationResultType) (*Device, *api.ConfirmDeviceInput) {
	p.t.Helper()
	if result == nil || result.NewDeviceMetadata == nil {
		p.t.Fatalf("sign-in = %+v, want NewDeviceMetadata", result)
	}
	d := &Device{Key: result.NewDeviceMetadata.DeviceKey, GroupKey: result.NewDeviceMetadata.DeviceGroupKey, Secret: rand.Text()}
	verifier := Try(srp.NewVerifier(d.identity(), d.Secret, rand.Reader)).Of(p.t)
	return d, &api.ConfirmDeviceInput{
		AccessToken: result.AccessToken, DeviceKey: d.Key, DeviceName: "a laptop",
		DeviceSecretVerifierConfig: &api.DeviceSecretVerifierConfigType{
			PasswordVerifier: base64.StdEncoding.EncodeToString(verifier.V), Salt: base64.StdEncoding.EncodeToString(verifier.Salt),
		},
	}
}

// MustConfirmDevice confirms the device with the keys of a sign-in's tokens.
func (p *UserPool) MustConfirmDevice(result *api.AuthenticationResultType) *Device {
	p.t.Helper()
	d, in := p.NewDevice(result)
	p.Must(p.t).ConfirmDevice(in)
	return d
}

// SignInOn starts a sign-in with Password on a device.
func (p *UserPool) SignInOn(username, deviceKey string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(p.t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": Password, "DEVICE_KEY": deviceKey},
	})
}

// MustSignInOn signs in with Password and nothing else on a remembered device, which proves itself. It returns the tokens.
func (p *UserPool) MustSignInOn(username string, d *Device) *api.AuthenticationResultType {
	p.t.Helper()
	x := p.MustBeginDevice(username, Try(p.SignInOn(username, d.Key)).Of(p.t).Session, d)
	return Try(p.ProveDevice(x, p.Proof(x))).Of(p.t).AuthenticationResult
}

// DeviceExchange is the state of a device's proof between DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER.
type DeviceExchange struct {
	Session   string            // for the answer
	Challenge map[string]string // ChallengeParameters
	device    *Device
	username  string
	client    *srp.Client
}

// BeginDevice answers a DEVICE_SRP_AUTH challenge.
func (p *UserPool) BeginDevice(username, session string, d *Device) (*DeviceExchange, error) {
	p.t.Helper()
	client := Try(srp.NewClient(rand.Reader)).Of(p.t)
	out, err := p.Answer(api.ChallengeNameTypeDeviceSrpAuth, session, map[string]string{
		"USERNAME": username, "DEVICE_KEY": d.Key, "SRP_A": client.A(),
	})
	if err != nil {
		return nil, err
	}
	if out.ChallengeName != api.ChallengeNameTypeDevicePasswordVerifier || out.AuthenticationResult != nil {
		p.t.Fatalf("DEVICE_SRP_AUTH = %+v, want DEVICE_PASSWORD_VERIFIER", out)
	}
	return &DeviceExchange{out.Session, out.ChallengeParameters, d, username, client}, nil
}

// MustBeginDevice calls BeginDevice, which must succeed.
func (p *UserPool) MustBeginDevice(username, session string, d *Device) *DeviceExchange {
	p.t.Helper()
	return Try(p.BeginDevice(username, session, d)).Of(p.t)
}

// Proof returns the responses to DEVICE_PASSWORD_VERIFIER that prove the device's secret.
func (p *UserPool) Proof(x *DeviceExchange) map[string]string {
	p.t.Helper()
	challenge := srp.Challenge{Salt: x.Challenge["SALT"], B: x.Challenge["SRP_B"], SecretBlock: x.Challenge["SECRET_BLOCK"]}
	signature, timestamp, err := x.client.Respond(x.device.identity(), x.device.Secret, challenge, p.Clock.Now())
	if err != nil {
		p.t.Fatalf("Respond() = %v", err)
	}
	return map[string]string{
		"USERNAME": x.username, "DEVICE_KEY": x.device.Key, "PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock,
		"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
	}
}

// ProveDevice answers DEVICE_PASSWORD_VERIFIER.
func (p *UserPool) ProveDevice(x *DeviceExchange, responses map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Answer(api.ChallengeNameTypeDevicePasswordVerifier, x.Session, responses)
}
