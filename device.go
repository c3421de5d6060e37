package cognate

import "time"

// Device is a machine that a user signs in from, once its application has confirmed it. A remembered one can take the
// place of the second factor: it proves by SRP that it holds the secret that it made when it was confirmed.
// Source: Developer Guide, working with user devices.
type Device struct {
	PoolID, Sub string
	DeviceID
	Name       string // empty when the application gave none
	Verifier   DeviceVerifier
	Remembered bool
	// Trusted says that a second factor was shown at a sign-in on it. Before that it can't take the place of one: whoever
	// only had the password could have left it behind, for the day when the user sets up MFA.
	Trusted  bool
	LastIP   string    // where the last sign-in on it came from; empty when not known
	Created  time.Time // when it was confirmed
	Modified time.Time
	// Authenticated is the time of the last sign-in on it.
	Authenticated time.Time
}

// DeviceID is what a device is known by to its application. The zero value is no device.
type DeviceID struct {
	Key      string // "<region>_<uuid>"
	GroupKey string // "-" and eight letters or digits; SRP mixes it in where a user's exchange has the pool's name
}

// DeviceVerifier is what is kept of a device's secret: an SRP verifier (RFC 5054, 3072 bits).
type DeviceVerifier struct {
	Salt, V []byte
}

// TracksDevices reports whether the pool gives devices their keys. A pool that was sent either setting does.
// Source: API reference, DeviceConfigurationType.
func (p *UserPool) TracksDevices() bool {
	c := p.DeviceTracking
	return c != nil && (c.ChallengeRequiredOnNewDevice != nil || c.DeviceOnlyRememberedOnUserPrompt != nil)
}

// DevicesReplaceMFA reports whether remembered devices are asked for their proof instead of the second factor.
func (p *UserPool) DevicesReplaceMFA() bool {
	return p.TracksDevices() && p.DeviceTracking.ChallengeRequiredOnNewDevice != nil && *p.DeviceTracking.ChallengeRequiredOnNewDevice
}

// ReplacesMFA reports whether the device is asked for its proof instead of the second factor.
func (d *Device) ReplacesMFA(p *UserPool) bool {
	return d.Remembered && d.Trusted && p.DevicesReplaceMFA()
}

// RemembersOnPrompt reports whether a confirmed device is remembered only once its user says so.
func (p *UserPool) RemembersOnPrompt() bool {
	return p.TracksDevices() && p.DeviceTracking.DeviceOnlyRememberedOnUserPrompt != nil && *p.DeviceTracking.DeviceOnlyRememberedOnUserPrompt
}
