package cognate

import (
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// Step is the point in a sign-in at which a Session continues it. A Session is good for its own step only.
type Step string

// The steps. They are named by the challenge they wait on; a software token's enrolment has three, because each call
// hands on a Session of its own (docs/behaviour.md §1.9).
const (
	StepNewPassword     Step = "NEW_PASSWORD_REQUIRED"
	StepSoftwareToken   Step = "SOFTWARE_TOKEN_MFA"
	StepSMS             Step = "SMS_MFA"
	StepEmail           Step = "EMAIL_OTP"
	StepSelectMFA       Step = "SELECT_MFA_TYPE"
	StepSetup           Step = "MFA_SETUP"            // waits for AssociateSoftwareToken
	StepSetupAssociated Step = "MFA_SETUP/associated" // waits for VerifySoftwareToken
	StepSetupVerified   Step = "MFA_SETUP/verified"   // waits for RespondToAuthChallenge
	StepSetupEmail      Step = "EMAIL_OTP/setup"      // of an address that isn't the user's yet
	StepPasswordSRP     Step = "PASSWORD_VERIFIER"    // travels as SECRET_BLOCK
)

// The steps of a remembered device's proof (docs/behaviour.md §1.7).
const (
	StepDeviceSRP   Step = "DEVICE_SRP_AUTH" // waits for the device's half of the exchange
	StepDeviceProof Step = "DEVICE_PASSWORD_VERIFIER"
	StepDeviceBlock Step = "DEVICE_PASSWORD_VERIFIER/block" // travels as SECRET_BLOCK, beside the Session of the same ID
)

// The steps of a choice-based sign-in before its first factor is proven (docs/behaviour.md §2.5).
const (
	StepSelectChallenge  Step = "SELECT_CHALLENGE"
	StepFirstPassword    Step = "PASSWORD"
	StepFirstPasswordSRP Step = "PASSWORD_SRP" // waits for the client's half of the exchange
	StepFirstEmail       Step = "EMAIL_OTP/first"
	StepFirstSMS         Step = "SMS_OTP"
	StepFirstPasskey     Step = "WEB_AUTHN"
)

// StepCustom waits for the answer to a challenge that the pool's functions made.
const StepCustom Step = "CUSTOM_CHALLENGE"

// The steps of a sign-up that a choice-based sign-in continues.
const (
	StepSigningUp Step = "SIGN_UP"         // waits for ConfirmSignUp
	StepSignedUp  Step = "CONFIRM_SIGN_UP" // waits for InitiateAuth
)

// Challenge returns the name of the challenge that waits at the step.
func (s Step) Challenge() api.ChallengeNameType {
	name, _, _ := strings.Cut(string(s), "/")
	return api.ChallengeNameType(name)
}

// IsFirst reports whether nothing is proven yet at the step: whoever holds its Session may be anybody, its user may not
// exist, and what becomes of it must not tell.
func (s Step) IsFirst() bool {
	switch s {
	case StepPasswordSRP, StepSelectChallenge, StepFirstPassword, StepFirstPasswordSRP, StepFirstEmail, StepFirstSMS,
		StepFirstPasskey, StepCustom:
		return true
	default:
		return false
	}
}

// AuthSession is what the opaque Session string of an unfinished sign-in says, once opened.
type AuthSession struct {
	ID       string // random; spent once
	PoolID   string
	ClientID string
	Sub      string // of the user; nobody's when the user is simulated
	Username string // stored username, or a made-up one when the user is simulated
	Step     Step
	Stamp    int64     // the user's Stamp when the Session was made
	Expires  time.Time // of the whole sign-in step
	// Login is the name as it was typed, at the steps where nothing is proven yet.
	Login string
	// DeviceKey names the device that the sign-in is made on, as the client has said. What that is worth is decided where
	// it is used; at the steps of a device's proof it is one of the user's.
	DeviceKey string
	// TokenID is the association that an enrolment Session may verify.
	TokenID string
	// Challenge is what an authenticator must sign.
	Challenge []byte
	// SRP is the server's half of an SRP exchange.
	SRP *SRPState
	// IsCustom says that the pool's functions decide what comes next; how far they are is kept in the store, as Custom.
	IsCustom bool
	Custom   *CustomSignIn
}

// CustomSignIn is how far a sign-in has come whose challenges the pool's functions define (docs/behaviour.md §2.6).
type CustomSignIn struct {
	History []ChallengeResult // the steps so far
	SRPA    string            // the client's half of an SRP exchange; hex
	// Private is what the function that made the challenge wants its answer judged by; Metadata is for the history.
	Private  map[string]string
	Metadata string
}

// Then returns the sign-in with one step more behind it.
func (c *CustomSignIn) WithResult(challenge api.ChallengeNameType, right bool, metadata string) *CustomSignIn {
	step := ChallengeResult{ChallengeName: string(challenge), ChallengeResult: right, ChallengeMetadata: metadata}
	return &CustomSignIn{History: append(slices.Clip(c.History), step), SRPA: c.SRPA}
}

// HasSecondFactor reports whether a second factor was proven on the way.
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
