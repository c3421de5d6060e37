package cognate

// SecurityChange is a change of what protects an account, as security notices name it. The values are stored in the counts
// of notices.
type SecurityChange string

// The changes.
const (
	ChangedPassword      SecurityChange = "password"
	ChangedEmail         SecurityChange = "email address"
	ChangedPhone         SecurityChange = "phone number"
	ChangedSoftwareToken SecurityChange = "authenticator app"
	ChangedPasskeys      SecurityChange = "passkeys"
	ChangedDevices       SecurityChange = "devices"
)

// SecurityChanges returns all changes.
func SecurityChanges() []SecurityChange {
	return []SecurityChange{ChangedPassword, ChangedEmail, ChangedPhone, ChangedSoftwareToken, ChangedPasskeys, ChangedDevices}
}
