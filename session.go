package cognate

import "time"

// Step is the point in a sign-in at which a Session continues it. A Session is good for its own step only.
type Step string

// The steps. They are named by the challenge they wait on; a software token's enrolment has three, because each call
// hands on a Session of its own (behaviour §1.9).
const (
	StepNewPassword     Step = "NEW_PASSWORD_REQUIRED"
	StepSoftwareToken   Step = "SOFTWARE_TOKEN_MFA"
	StepSMS             Step = "SMS_MFA"
	StepEmail           Step = "EMAIL_OTP"
	StepSelectMFA       Step = "SELECT_MFA_TYPE"
	StepSetup           Step = "MFA_SETUP"            // waits for AssociateSoftwareToken
	StepSetupAssociated Step = "MFA_SETUP/associated" // waits for VerifySoftwareToken
	StepSetupVerified   Step = "MFA_SETUP/verified"   // waits for RespondToAuthChallenge
	StepPasswordSRP     Step = "PASSWORD_VERIFIER"    // travels as SECRET_BLOCK
)

// Session is what the opaque Session string of an unfinished sign-in says, once opened.
type Session struct {
	ID       string // random; spent once
	PoolID   string
	ClientID string
	Sub      string // of the user; nobody's when the user is simulated
	Username string // stored username, or a made-up one when the user is simulated
	Step     Step
	Stamp    int64     // the user's Stamp when the Session was made
	Expires  time.Time // of the whole sign-in step
	// TokenID is the association that an enrolment Session may verify.
	TokenID string `json:",omitzero"`
	// SRP is the server's half of an SRP exchange.
	SRP *SRPState `json:",omitzero"`
}

// SRPState is the server's half of an SRP exchange between its two calls (RFC 5054 section 2.5.3).
type SRPState struct {
	Login  string // the name as typed
	A, B   []byte // public ephemeral values
	Secret []byte // b
}
