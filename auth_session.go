package cognate

import (
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// Step is the point in a sign-in that a Session continues. A Session is valid for its own step only.
type Step string

// The steps, named by the challenge that they wait for. The setup of a software token has three, because each call returns a
// new Session (docs/behaviour.md §1.9).
const (
	StepNewPassword     Step = "NEW_PASSWORD_REQUIRED"
	StepSoftwareToken   Step = "SOFTWARE_TOKEN_MFA"
	StepSMS             Step = "SMS_MFA"
	StepEmail           Step = "EMAIL_OTP"
	StepSelectMFA       Step = "SELECT_MFA_TYPE"
	StepSetup           Step = "MFA_SETUP"            // waits for AssociateSoftwareToken
	StepSetupAssociated Step = "MFA_SETUP/associated" // waits for VerifySoftwareToken
	StepSetupVerified   Step = "MFA_SETUP/verified"   // waits for RespondToAuthChallenge
	StepSetupEmail      Step = "EMAIL_OTP/setup"      // of an address that is not yet an attribute of the user
	StepSetupSMS        Step = "SMS_MFA/setup"        // of a phone number that is not yet an attribute of the user
	StepPasswordSRP     Step = "PASSWORD_VERIFIER"    // sent as SECRET_BLOCK
)

// The steps of the challenges of a remembered device (docs/behaviour.md §1.7).
const (
	StepDeviceSRP   Step = "DEVICE_SRP_AUTH" // waits for the device's SRP_A
	StepDeviceProof Step = "DEVICE_PASSWORD_VERIFIER"
	StepDeviceBlock Step = "DEVICE_PASSWORD_VERIFIER/block" // sent as SECRET_BLOCK with the Session of the same ID
)

// The steps of a choice-based sign-in before the first factor is verified (docs/behaviour.md §2.5).
const (
	StepSelectChallenge  Step = "SELECT_CHALLENGE"
	StepFirstPassword    Step = "PASSWORD"
	StepFirstPasswordSRP Step = "PASSWORD_SRP" // waits for the client's SRP_A
	StepFirstEmail       Step = "EMAIL_OTP/first"
	StepFirstSMS         Step = "SMS_OTP"
	StepFirstPasskey     Step = "WEB_AUTHN"
	StepAnyPasskey       Step = "WEB_AUTHN/any" // of any user: the passkey names the user
)

// StepCustom waits for the answer to a challenge from the pool's functions.
const StepCustom Step = "CUSTOM_CHALLENGE"

// The steps of a sign-up that a choice-based sign-in continues.
const (
	StepSigningUp Step = "SIGN_UP"         // waits for ConfirmSignUp
	StepSignedUp  Step = "CONFIRM_SIGN_UP" // waits for InitiateAuth
)

// Challenge returns the name of the challenge that the step waits for.
func (s Step) Challenge() api.ChallengeNameType {
	name, _, _ := strings.Cut(string(s), "/")
	return api.ChallengeNameType(name)
}

// IsFirst reports whether no factor is verified at the step. The user may be a decoy, and the answer must not show that.
func (s Step) IsFirst() bool {
	switch s {
	case StepPasswordSRP, StepSelectChallenge, StepFirstPassword, StepFirstPasswordSRP, StepFirstEmail, StepFirstSMS,
		StepFirstPasskey, StepAnyPasskey, StepCustom:
		return true
	default:
		return false
	}
}

// AuthSession is the content of the opaque Session string of an unfinished sign-in.
type AuthSession struct {
	ID       string // random; can be spent once
	PoolID   string
	ClientID string
	Sub      string // of the user or the decoy
	Username string // of the user or the decoy
	Step     Step
	Stamp    int64     // the user's Stamp when the Session was created
	Expires  time.Time // of the step
	// Login is the username as the user typed it, at the steps where no factor is verified.
	Login string
	// DeviceKey is the device that must prove itself, at the steps of the device challenges. At the other steps it has no effect:
	// earlier builds stored there what the client had sent.
	DeviceKey string
	// FactorsProven says that the sign-in misses only the proof of its device, at the steps of the device challenges. Otherwise
	// the device replaces the second factor.
	FactorsProven bool
	// SecondFactor says that an earlier step proved a second factor.
	SecondFactor bool
	// Passwordless says that the pool's functions have ended the sign-in, and that it proved no password.
	Passwordless bool
	// Methods are what the sign-in has proven at the steps before, and by the access token or the SSO session of a step-up. A
	// custom sign-in has them in its history instead.
	Methods Methods
	// Levels are those that a step-up asks for, the preferred one first. They are empty in other sign-ins.
	Levels []Level
	// Grant is the ID of the grant whose access token counts in a step-up; empty if none does.
	Grant string
	// SSOSession is the ID of the SSO session whose methods count in a step-up; empty if none does. Page says that the sign-in is
	// on a page: no operation of the API continues it, and no page continues one of the API.
	SSOSession string
	Page       bool
	// EventID is the event of the sign-in; empty if the pool records none.
	EventID string
	// TokenID is the association of a software token that a Session of the setup can verify.
	TokenID string
	// Challenge is the WebAuthn challenge that an authenticator must sign.
	Challenge []byte
	// SRP is the server's half of an SRP exchange.
	SRP *SRPState
	// IsCustom says that the pool's functions choose the next step. The store has the state of the sign-in, as Custom.
	IsCustom bool
	Custom   *CustomSignIn
}

// CustomSignIn is the state of a sign-in whose challenges the pool's functions define (docs/behaviour.md §2.6).
type CustomSignIn struct {
	History []ChallengeResult // the completed steps
	SRPA    string            // SRP_A of the client; hex
	// Private has the PrivateChallengeParameters of the challenge, which verify its answer. Metadata is for the history.
	Private  map[string]string
	Metadata string
}

// WithResult returns the sign-in with the result of one more step.
func (c *CustomSignIn) WithResult(challenge api.ChallengeNameType, right bool, metadata string) *CustomSignIn {
	step := ChallengeResult{ChallengeName: string(challenge), ChallengeResult: right, ChallengeMetadata: metadata}
	return &CustomSignIn{History: append(slices.Clip(c.History), step), SRPA: c.SRPA}
}

// HasPassword reports whether a completed step verified the password.
func (c *CustomSignIn) HasPassword() bool {
	return slices.ContainsFunc(c.History, func(r ChallengeResult) bool {
		return r.ChallengeResult && r.ChallengeName == string(api.ChallengeNameTypePasswordVerifier)
	})
}

// HasSecondFactor reports whether a completed step verified a second factor.
func (c *CustomSignIn) HasSecondFactor() bool {
	return slices.ContainsFunc(c.History, func(r ChallengeResult) bool {
		return r.ChallengeResult && slices.Contains(factors[:], Factor(r.ChallengeName))
	})
}

// SRPState is the server's half of an SRP exchange between its two calls (RFC 5054 section 2.5.3).
type SRPState struct {
	A, B   []byte // public ephemeral values
	Secret []byte // b
}
