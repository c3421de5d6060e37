package cognate

import "time"

// Device is a device that a user signs in from and that the application has confirmed. A remembered device can replace the
// second factor: it proves by SRP that it has the secret that it created for ConfirmDevice.
// Source: Developer Guide, working with user devices.
type Device struct {
	PoolID, Sub string
	DeviceID
	Name       string // empty if the application sent none
	Verifier   DeviceVerifier
	Remembered bool
	// Trusted says that a sign-in on the device had a second factor. Before that, the device cannot replace the second
	// factor: an attacker who had only the password could confirm a device before the user sets up MFA.
	Trusted  bool
	LastIP   string    // of the last sign-in on the device; empty if not known
	Created  time.Time // the time of ConfirmDevice
	Modified time.Time
	// Authenticated is the time of the last sign-in on the device.
	Authenticated time.Time
}

// DeviceID identifies a device to its application. The zero value is no device.
type DeviceID struct {
	Key      string // "<region>_<uuid>"
	GroupKey string // "-" and eight letters or digits; it replaces the pool's name in the SRP exchange of a device
}

// DeviceVerifier is the stored form of a device's secret: an SRP verifier (RFC 5054, 3072 bits).
type DeviceVerifier struct {
	Salt, V []byte
}

// TracksDevices reports whether the pool issues device keys: a request has sent at least one of the two settings.
// Source: API reference, DeviceConfigurationType.
func (p *UserPool) TracksDevices() bool {
	c := p.DeviceTracking
	return c != nil && (c.ChallengeRequiredOnNewDevice != nil || c.DeviceOnlyRememberedOnUserPrompt != nil)
}

// DevicesReplaceMFA reports whether remembered devices of the pool can replace the second factor.
func (p *UserPool) DevicesReplaceMFA() bool {
	return p.TracksDevices() && p.DeviceTracking.ChallengeRequiredOnNewDevice != nil && *p.DeviceTracking.ChallengeRequiredOnNewDevice
}

// ReplacesMFA reports whether the device replaces the second factor: a sign-in on it has the device challenge instead.
func (d *Device) ReplacesMFA(p *UserPool) bool {
	return d.Remembered && d.Trusted && p.DevicesReplaceMFA()
}

// RemembersOnPrompt reports whether a confirmed device is remembered only after its user agrees.
func (p *UserPool) RemembersOnPrompt() bool {
	return p.TracksDevices() && p.DeviceTracking.DeviceOnlyRememberedOnUserPrompt != nil && *p.DeviceTracking.DeviceOnlyRememberedOnUserPrompt
}
